"""Texture strokes of mountains (皴): hemp fibres, axe cuts, Mi dots, outlines and moss."""

from dataclasses import dataclass

import cv2
import numpy as np

from conclvd.paint.draw.canvas import Floats
from conclvd.paint.draw.folds import Fold
from conclvd.paint.draw.ink import Ink, dabs, pressure, ribbons
from conclvd.paint.draw.manners import Manner
from conclvd.paint.draw.relief import Relief, seeds, trace
from conclvd.paint.noise import FloatArray, mix, smoothstep


@dataclass(frozen=True)
class Planes:
    """Where ink goes: with a wet brush, with a dry one (it skips the paper's valleys), as tint."""

    wet: Ink
    dry: Ink
    tint: Ink


@dataclass(frozen=True)
class _Tone:
    """One of the inks strokes are laid in, from pale and broad to dark and fine.

    `share` of the strokes, opacity `alpha`, factors of width and length, share of dry strokes, and
    the exponent of the density they are drawn from.
    """

    share: float
    alpha: float
    wide: float
    long: float
    dryness: float
    power: float


_HEMP = (
    _Tone(0.10, 0.11, 5.0, 1.0, 0.3, 1.2),
    _Tone(0.20, 0.11, 2.4, 1.2, 0.1, 0.9),
    _Tone(0.36, 0.25, 1.05, 1.15, 0.55, 1.0),
    _Tone(0.24, 0.44, 0.9, 0.95, 0.75, 1.3),
    _Tone(0.10, 0.74, 0.85, 0.7, 0.6, 2.0),
)
_AXE = (
    _Tone(0.10, 0.16, 3.0, 1.6, 0.5, 1.4),
    _Tone(0.22, 0.16, 1.7, 1.3, 0.3, 0.9),
    _Tone(0.40, 0.36, 1.0, 1.0, 0.7, 1.1),
    _Tone(0.28, 0.68, 0.6, 0.85, 0.7, 1.8),
)
_MI = (
    _Tone(0.22, 0.10, 2.6, 2.4, 0, 0.7),
    _Tone(0.34, 0.17, 1.25, 1.3, 0, 1.0),
    _Tone(0.28, 0.36, 0.8, 0.8, 0, 1.7),
    _Tone(0.16, 0.66, 0.5, 0.5, 0, 2.8),
)


def _scattered(
    rng: np.random.Generator, field: Relief, weight: FloatArray, n: int, tones: tuple[_Tone, ...]
) -> tuple[FloatArray, FloatArray]:
    """Points [m 2] of all tones in turn, and for each its tone's numbers [m 6]."""
    points, rows = [], []
    for tone in tones:
        at = seeds(rng, field, weight**tone.power, int(n * tone.share))
        row = (tone.share, tone.alpha, tone.wide, tone.long, tone.dryness, tone.power)
        points.append(at)
        rows.append(np.tile(np.array(row, np.float32), (len(at), 1)))
    return np.concatenate(points), np.concatenate(rows)


def _lay(
    rng: np.random.Generator,
    planes: Planes,
    outlines: FloatArray,
    alpha: Floats,
    dry: Floats,
) -> None:
    """Lay outlines with a wet or, with the probability `dry` [n], a dry brush."""
    parched = rng.random(len(outlines)) < dry
    planes.wet.polygons(outlines[~parched], alpha[~parched])
    planes.dry.polygons(outlines[parched], np.minimum(alpha[parched] * 1.45, 0.95))


def hemp(
    rng: np.random.Generator, field: Relief, fold: Fold, manner: Manner, planes: Planes, n: int,
    ink: float,
) -> None:  # fmt: skip
    """Long, loosely parallel fibres down the slopes (披麻皴)."""
    fade = 1 - smoothstep(field.level, 0.35 if manner.mist > 0.6 else 0.5, 0.98)
    grouped = np.clip(0.7 + 0.9 * field.noise(rng, 22), 0.05, 2)
    near_rib = np.exp(-field.dist / 0.014)
    base = 0.14 + field.shade**1.4 + 0.35 * field.crease + 0.7 * near_rib * field.shade
    at, tone = _scattered(rng, field, base * fade * grouped, n, _HEMP)
    m, k = len(at), 8
    if m == 0:
        return
    length = rng.uniform(*manner.length, m) * tone[:, 3] * (0.6 + 0.5 * (fold.foot - fold.top))
    points = trace(field, at, length, k, rng.normal(0, 0.07, m), 0.55)
    points += np.cumsum(rng.normal(0, 0.0011, (m, k, 2)), 1).astype(np.float32)
    width = (rng.uniform(*manner.width, m) * tone[:, 2]).astype(np.float32)
    outlines = ribbons(points, pressure(rng, m, k) * width[:, None])
    alpha = (
        ink * tone[:, 1] * rng.uniform(0.6, 1.25, m) * (1.1 - 0.75 * field.look(field.level, at))
    )
    _lay(rng, planes, outlines, alpha, tone[:, 4] * manner.dry * 1.3)


def axe(
    rng: np.random.Generator, field: Relief, manner: Manner, planes: Planes, n: int, ink: float,
    light: float,
) -> None:  # fmt: skip
    """Wedges of a brush that lands on its side and is dragged away (斧劈皴)."""
    fade = 1 - smoothstep(field.level, 0.45, 0.98)
    patch = np.clip(0.6 + 1.1 * field.noise(rng, 16), 0.03, 2)
    weight = (0.05 + 1.1 * field.shade**2 + 0.7 * field.crease) * fade * patch
    at, tone = _scattered(rng, field, weight, n, _AXE)
    m = len(at)
    if m == 0:
        return
    length = rng.uniform(*manner.length, m) * tone[:, 3]
    points = trace(field, at, length, 4, rng.normal(0, 0.12, m) + 0.18 * light, 0.0)
    width = (rng.uniform(*manner.width, m) * tone[:, 2]).astype(np.float32)
    taper = np.array([1.0, 0.85, 0.5, 0.08], np.float32)
    taper = taper * (1 + 0.12 * rng.standard_normal((m, 4), dtype=np.float32))
    wedge = ribbons(points, taper * width[:, None])
    head = wedge[:, [0, -1]].mean(1) - (points[:, 1] - points[:, 0]) * np.float32(0.25)
    wedge[:, 0] = wedge[:, 0] * np.float32(0.4) + head * np.float32(0.6)
    _lay(rng, planes, wedge, ink * tone[:, 1] * rng.uniform(0.6, 1.2, m), tone[:, 4] * manner.dry)


def mi_dots(
    rng: np.random.Generator, field: Relief, manner: Manner, planes: Planes, n: int, ink: float
) -> None:
    """Wet level touches (米点) that crowd along the ridges and in clumps, and thin out below."""
    ridge = np.exp(-field.level * 3.0) + 0.55 * np.exp(-field.dist / 0.016) * (1 - field.level)
    body = ridge + 0.12 * (1 - smoothstep(field.level, 0.3, 0.85))
    clumps = smoothstep(field.noise(rng, 26) + 0.6 * field.noise(rng, 9), -0.55, 0.75)
    weight = body * (0.25 + 0.75 * field.shade + 0.6 * field.crease) * (0.04 + clumps**1.5)
    at, tone = _scattered(rng, field, weight, n, _MI)
    m = len(at)
    if m == 0:
        return
    size = tone[:, 2] * rng.lognormal(0, 0.32, m)
    long = rng.uniform(*manner.length, m) * size
    wide = rng.uniform(*manner.width, m) * size
    shapes = dabs(rng, at, long, wide, rng.normal(0, 0.16, m))
    planes.wet.polygons(shapes, ink * tone[:, 1] * rng.uniform(0.55, 1.35, m))


def _uneven(rng: np.random.Generator, n: int, k: int, knots: int) -> FloatArray:
    """Smooth noise [n k] in about [-1, 1], every row its own, with so many knots along it."""
    rough = rng.random((n, knots), dtype=np.float32) * 2 - 1
    return np.asarray(cv2.resize(rough, (k, n), interpolation=cv2.INTER_CUBIC), np.float32)


def _lines(
    rng: np.random.Generator, planes: Planes, lines: FloatArray, weight: Floats,
    alpha: Floats, gap: float,
) -> None:  # fmt: skip
    """Lines [n k 2] of changing weight, lifted from the paper where their noise is below `gap`."""
    n, k, _ = lines.shape
    pressed = np.clip(0.75 + 0.75 * _uneven(rng, n, k, 8), 0.12, 1.8)
    held = smoothstep(_uneven(rng, n, k, 7), gap - 0.12, gap + 0.12)
    q = np.linspace(0, 1, k, dtype=np.float32)
    ends = np.minimum(1, np.minimum(q * 8 + 0.2, (1 - q) * 5 + 0.05))
    wobble = np.stack([_uneven(rng, n, k, 21), _uneven(rng, n, k, 21)], -1) * np.float32(0.0013)
    width = weight[:, None] * pressed * held * ends
    shapes = ribbons(lines + wobble, width.astype(np.float32))
    _lay(rng, planes, shapes, np.minimum(alpha, 0.95), np.full(n, 0.35, np.float32))


def contours(
    rng: np.random.Generator, fold: Fold, ribs: FloatArray, planes: Planes, strength: float,
    ink: float, thick: float,
) -> None:  # fmt: skip
    """The skyline, once or twice, and the upper parts of ribs, broken in places."""
    inner = np.flatnonzero(fold.y < fold.top + 0.80 * (fold.foot - fold.top))
    if len(inner) < 8 or strength <= 0:
        return
    at = np.linspace(inner[0], inner[-1], 81)
    index = np.arange(len(fold.x))
    sky = np.stack([np.interp(at, index, fold.x), np.interp(at, index, fold.y)], -1)
    firm = ink * min(strength, 1.0)
    twice = np.stack([sky, sky + np.array([0.0, 0.004])]).astype(np.float32)
    weights = 0.0031 * thick * np.array([strength**0.5, 0.7])
    shown = slice(0, 2 if rng.random() < 0.6 else 1)
    _lines(rng, planes, twice[shown], weights[shown], np.array([0.72, 0.38])[shown] * firm, -0.35)
    kept = np.flatnonzero(rng.random(len(ribs)) < 0.55)
    if strength < 0.25 or len(kept) == 0:
        return
    until = rng.uniform(0.35, 0.85, len(kept))
    knots = until[:, None] * np.linspace(0, 1, 17) * (ribs.shape[1] - 1)
    low = np.minimum(knots.astype(int), ribs.shape[1] - 2)
    part = (knots - low)[..., None].astype(np.float32)
    fine = mix(ribs[kept[:, None], low], ribs[kept[:, None], low + 1], part)
    weight = 0.0031 * thick * np.where(kept < 6, 0.7, 0.5)
    _lines(rng, planes, fine, weight, np.full(len(kept), 0.55 * firm), -0.05)


def moss(
    rng: np.random.Generator, field: Relief, fold: Fold, planes: Planes, amount: float, ink: float,
    size: float,
) -> None:  # fmt: skip
    """Dark dots in creases and along the crest (点苔), some over a tint of green."""
    patch = np.clip(field.noise(rng, 12), 0, 1) ** 1.5
    weight = (field.crease**2 + 0.9 * np.exp(-field.level / 0.05)) * patch
    weight = weight * (1 - smoothstep(field.level, 0.6, 1.0))
    at = seeds(rng, field, weight, int(amount * 240 * fold.half * (0.5 + fold.near)))
    m = len(at)
    if m < 3:
        return
    wide = rng.uniform(0.0035, 0.0072, m) * size
    shapes = dabs(rng, at, wide * 1.25, wide, rng.normal(0.3, 0.5, m))
    planes.wet.polygons(shapes, ink * rng.uniform(0.45, 0.9, m))
    few = m // 3
    beside = at[:few] + rng.normal(0, 0.003, (few, 2)).astype(np.float32)
    planes.tint.polygons(
        dabs(rng, beside, wide[:few] * 1.6, wide[:few] * 1.3, rng.normal(0, 1, few)), 0.5
    )
