"""The form of a mountain: overlapping folds, from the back to the front, each with its skyline.

Lengths are in heights of the mountain's sheet: its box is 1 high and `aspect` wide.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from conclvd.paint.noise import FloatArray, fbm_line, mix

# For every shape of a fold: its narrowest half width (of its height), how much its steps show,
# how rough its outline is and over how many of 161 samples the summit is rounded.
_SHAPES = {
    "lobe": (0.44, 0.55, 0.016, 4),
    "crag": (0.36, 0.62, 0.030, 0),
    "dome": (0.56, 0.35, 0.011, 12),
    "swell": (0.60, 0.34, 0.020, 3),
    "column": (0.20, 0.50, 0.013, 5),
}
_SAMPLES = 161


@dataclass(frozen=True)
class Fold:
    """One fold: its skyline y [n] over x [n], from `top` down to `foot`.

    `half` is half its width, `near` 0 at the back of the mountain and 1 in front.
    """

    x: FloatArray
    y: FloatArray
    centre: float
    top: float
    foot: float
    half: float
    near: float

    def height_at(self, x: FloatArray) -> FloatArray:
        """The skyline's y at x."""
        return np.interp(x, self.x, self.y).astype(np.float32)


def _drop(rng: np.random.Generator, shape: str, t: FloatArray) -> FloatArray:
    """How far a flank has dropped, 0 at the summit to 1 at the foot, over t from 0 to 1."""
    steps = int(rng.integers(2, 6))
    at = np.sort(rng.random(5))[:steps] * 0.75
    at[0] *= 0.3
    share = rng.uniform(0.5, 1.5, 5)[:steps]
    share /= share.sum()
    run = rng.uniform(0.14, 0.42, 5)[:steps]
    power = rng.uniform(0.85, 1.35)
    if shape == "crag":
        run *= rng.choice([0.18, 0.6, 1.0], 5)[:steps]
    stepped = np.zeros_like(t)
    for a, s, r in zip(at, share, run, strict=True):
        q = np.clip((t - a) / r, 0, 1)
        if shape in ("lobe", "column"):
            q = 1 - np.sqrt(np.maximum(1 - q * q, 0))
        elif shape == "dome":
            q = q * q * (3 - 2 * q)
        stepped += s * q
    if shape == "dome":
        plain = (1 - np.exp(-1.6 * t**2)) / 0.8
    elif shape == "column":
        plain = np.clip(t, 0, 1.2) ** 2.6
    else:
        plain = np.minimum(t, 1.2) ** power
    whole = mix(plain, stepped, _SHAPES[shape][1])
    order = np.argsort(t)
    return np.asarray(whole / np.interp(1.0, t[order], whole[order]), np.float32)


def make_fold(
    rng: np.random.Generator,
    shape: str,
    centre: float,
    top: float,
    half: float,
    foot: float,
    near: float,
    flat: float = 0.0,
) -> Fold:
    """A fold of a shape; `flat` 0 to 1 cuts the summit to a plateau."""
    narrowest, _, rough, rounding = _SHAPES[shape]
    tall = foot - top
    half = max(half, tall * narrowest)
    t = np.linspace(-1, 1, _SAMPLES, dtype=np.float32)
    skew = float(rng.uniform(-0.42, 0.42))
    run = np.clip((np.abs(t) - 0.45 * flat) / (1 - 0.45 * flat), 0, 1).astype(np.float32)
    drop = np.where(t < 0, _drop(rng, shape, run), _drop(rng, shape, run))
    if rounding:
        pad = np.pad(drop, rounding * 3, mode="edge")
        taps = np.exp(-0.5 * (np.arange(-rounding * 2, rounding * 2 + 1) / (rounding * 0.6)) ** 2)
        smooth = np.convolve(pad, taps / taps.sum(), mode="same")
        drop = smooth[rounding * 3 : -rounding * 3]
    noise = fbm_line(rng, _SAMPLES, 8, 4, 0.62) * rough * (0.4 + min(tall, 0.6))
    x = centre + t * half * (1 + skew * np.sign(t))
    y = top + np.clip(drop, 0, 1.1) * tall + noise * np.clip(1.6 - np.abs(t) * 0.8, 0, 1)
    return Fold(x.astype(np.float32), y.astype(np.float32), centre, top, foot, half, near)


def _vein(
    rng: np.random.Generator,
    shape: str,
    count: int,
    way: Callable[[float], tuple[float, float]],
    wide: float,
    top: float,
) -> list[Fold]:
    """Lesser folds along a way from the summit to the foot, the higher ones behind."""
    folds = []
    for i in range(count):
        q = (i + float(rng.uniform(0.3, 1.0))) / count
        x, y = way(q)
        x += float(rng.normal(0, 0.14)) * wide
        y = max(y + float(rng.normal(0, 0.03)), top + 0.08)
        half = wide * (0.26 + 0.50 * q) * float(rng.uniform(0.75, 1.4))
        tall = (0.20 + 0.16 * q) * float(rng.uniform(0.75, 1.35))
        folds.append(make_fold(rng, shape, x, y, half, min(y + tall, 1.06), 0.35 + 0.65 * q))
    return sorted(folds, key=lambda fold: fold.top)


def build(rng: np.random.Generator, plan: str, shape: str, count: int, aspect: float) -> list[Fold]:
    """The folds of a mountain, from the back to the front.

    `plan` is host (one summit and its guests), cliff (a wall), lean (a summit to one side),
    plateau (a flat top), range (a row of summits over the whole width), columns (karst towers) or
    slope (long low hills); `count` is about the number of lesser folds.
    """
    turn = int(rng.choice([-1, 1]))
    if plan in ("range", "columns"):
        return _row(rng, plan, shape, count, aspect)
    if plan == "slope":
        return _slope(rng, shape, aspect)
    wide = min(aspect, 1.8) * {"host": 0.40, "cliff": 0.31, "lean": 0.42, "plateau": 0.40}[plan]
    wide *= float(rng.uniform(0.85, 1.12))
    off = {"host": 0.05, "cliff": 0.10, "lean": 0.14, "plateau": 0.06}[plan]
    centre = aspect * (0.5 + turn * off)
    top = float(rng.uniform(0.05, 0.10))
    folds = []
    for i in range({"host": 1, "cliff": 2, "lean": 2, "plateau": 1}[plan] + int(count > 4)):
        side = -turn if i % 2 == 0 else turn
        x = centre + side * wide * float(rng.uniform(0.5, 1.1))
        high = top + float(rng.uniform(0.08, 0.38))
        folds.append(make_fold(rng, shape, x, high, wide * rng.uniform(0.35, 0.6), 0.95, 0.0))
    folds.sort(key=lambda fold: fold.top)
    flat = float(rng.uniform(0.7, 1.0)) if plan == "plateau" else 0.0
    host = "crag" if plan == "plateau" else shape
    folds.append(make_fold(rng, host, centre, top, wide, 1.0, 0.3, flat))
    # The dragon vein: lesser folds swing to the left and right of a line that winds to the foot.
    swing = float(rng.uniform(4.0, 6.5))

    def way(q: float) -> tuple[float, float]:
        sway = turn * np.sin(q * swing) * wide * (0.10 + 0.75 * q)
        return centre + float(sway), float(mix(top + (0.12 if flat else 0), 0.84, q**0.8))

    folds += _vein(rng, shape, count, way, wide, top)
    folds += _skirt(rng, shape, centre, wide, 2 + int(count > 4))
    return [_within(fold, aspect) for fold in folds]


def _skirt(
    rng: np.random.Generator, shape: str, centre: float, wide: float, count: int
) -> list[Fold]:
    """Low, broad hills at the foot, so that the mountain spreads out where it stands."""
    gentle = "dome" if shape in ("dome", "column") else "swell"
    folds = []
    for i in range(count):
        x = centre + wide * (((i + 0.5) / count - 0.5) * 1.9 + float(rng.normal(0, 0.15)))
        top = float(rng.uniform(0.80, 0.90))
        half = wide * float(rng.uniform(0.45, 0.8))
        folds.append(make_fold(rng, gentle, x, top, half, 1.06, 1.0))
    return sorted(folds, key=lambda fold: fold.top)


def _row(rng: np.random.Generator, plan: str, shape: str, count: int, aspect: float) -> list[Fold]:
    """Summits side by side over the whole width, the tallest on a third, lower ones in front."""
    folds = []
    towers = plan == "columns"
    peak = aspect * float(rng.choice([0.34, 0.66]))
    rows = ((0.0, 0.0), (0.22, 0.4), (0.46, 0.8)) if towers else ((0.0, 0.1), (0.30, 0.6))
    for low, near in rows:
        number = max(2, round(count * (0.55 if towers else 0.5) * min(aspect, 2.5) / 1.4))
        for i in range(number):
            x = aspect * (i + float(rng.uniform(0.2, 0.8))) / number
            away = min(abs(x - peak) / (0.62 * aspect), 1.0)
            top = 0.06 + low + (0.34 if towers else 0.42) * away**1.2 + float(rng.uniform(0, 0.12))
            if low == 0 and i == round(peak / aspect * number - 0.5):
                top = 0.06
            top = min(top, 0.80)
            spread = 0.14 if towers else 0.42
            half = (1.02 - top) * spread * float(rng.uniform(0.8, 1.5))
            if not towers:  # no gaps: it is one ridge
                half = max(half, aspect / number * float(rng.uniform(0.6, 0.9)))
            folds.append(make_fold(rng, shape, x, top, half, 1.02, near))
    folds.sort(key=lambda fold: (round(fold.near, 1), fold.top))
    folds += _skirt(rng, shape, aspect / 2, 0.42 * aspect, max(2, round(1.6 * aspect)))
    return [_within(fold, aspect) for fold in folds]


def _slope(rng: np.random.Generator, shape: str, aspect: float) -> list[Fold]:
    """Long low hills that overlap, highest about the middle."""
    soft = "dome" if shape == "dome" else "swell"
    folds = []
    for i in range(5):
        x = aspect * (0.16 + 0.17 * i + float(rng.uniform(-0.06, 0.06)))
        away = abs(x / aspect - 0.5) * 2
        top = 0.08 + 0.55 * away + 0.3 * float(rng.random())
        half = aspect * float(rng.uniform(0.16, 0.30))
        folds.append(make_fold(rng, soft, x, min(top, 0.8), half, 1.04, 0.3 + 0.5 * top))
    return [_within(fold, aspect) for fold in sorted(folds, key=lambda fold: fold.top)]


def framed(folds: list[Fold]) -> tuple[list[Fold], float, float]:
    """Folds moved so that they begin at 0, where they began before, and how wide they are in all.

    A sheet of that width cuts none of them.
    """
    room = 0.03
    start = min(float(fold.x[0]) for fold in folds) - room
    end = max(float(fold.x[-1]) for fold in folds) + room
    moved = [
        replace(fold, x=fold.x - np.float32(start), centre=fold.centre - start) for fold in folds
    ]
    return moved, start, end - start


def _within(fold: Fold, aspect: float) -> Fold:
    """The fold moved into the sheet as far as it will go."""
    left, right = float(fold.x[0]), float(fold.x[-1])
    move = 0.9 * (max(0.0, -0.02 - left) - max(0.0, right - aspect - 0.02))
    if left < -0.02 and right > aspect + 0.02:
        move = 0.0
    return replace(fold, x=fold.x + np.float32(move), centre=fold.centre + move)
