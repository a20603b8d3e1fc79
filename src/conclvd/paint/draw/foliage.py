"""The parts that trees share: forking limbs and clumps of leaf dabs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from conclvd.paint.draw.canvas import Canvas
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.scene.palette import Palette

UP = -np.pi / 2  # angles are in radians, from the x axis towards y, which points down
KNOTS = 7  # points along one limb


@dataclass(frozen=True)
class Growth:
    """How limbs fork: all that makes one kind of tree differ from another.

    wander: how much a limb changes direction along the way (radians, standard deviation), the
    first one, the trunk, by `steady` of that;
    spread: how far a fork turns away; lift: pull towards the sky (negative: droop);
    shrink: length of a fork as a range of fractions of its parent's.
    """

    wander: float = 0.21
    spread: float = 0.8
    lift: float = 0.0
    shrink: tuple[float, float] = (0.5, 0.8)
    steady: float = 1.0


@dataclass(frozen=True)
class Limbs:
    """points float32 [n KNOTS 2]; width_start, width_end [n]; tips [m 3]: x, y, angle."""

    points: FloatArray
    width_start: FloatArray
    width_end: FloatArray
    tips: FloatArray

    def widened(self, factor: float) -> Limbs:
        """The same limbs with their x coordinates, around the foot, multiplied by `factor`."""
        stretch = np.array([factor, 1], np.float32)
        tips = self.tips * np.array([factor, 1, 1], np.float32)
        return Limbs(self.points * stretch, self.width_start, self.width_end, tips)

    def draw(
        self,
        canvas: Canvas,
        rng: np.random.Generator,
        color: npt.ArrayLike,
        light: npt.ArrayLike | None = None,
        alpha: float = 0.97,
    ) -> None:
        """Draw the limbs, thick ones with a rim of `light` along their upper left side."""
        canvas.strokes(
            self.points, self.width_start, self.width_end, color, alpha, rng=rng, jitter=0.11
        )
        thick = self.width_start * canvas.texels > 3.5
        if light is None or not thick.any():
            return
        width = self.width_start[thick]
        shift = np.stack([-0.22 * width, -0.12 * width], -1)[:, None]
        rim = mix(light, color, 0.35)
        canvas.strokes(
            self.points[thick] + shift, 0.3 * width, 0.1 * width, rim, 0.5 * alpha,
            rng=rng, jitter=0.9,
        )  # fmt: skip


def grow(
    rng: np.random.Generator,
    start: tuple[float, float],
    angle: float,
    length: float,
    width: float,
    forks: int,
    growth: Growth,
) -> Limbs:
    """Grow a limb from `start` towards `angle` that forks `forks` times, to a fine tip."""
    lines: list[FloatArray] = []
    widths: list[tuple[float, float]] = []
    tips: list[tuple[float, float, float]] = []
    waiting = [(start[0], start[1], angle, length, width, forks)]
    while waiting:
        x, y, heading, reach, thick, left = waiting.pop()
        steady = growth.steady if left == forks else 1.0
        turns = rng.normal(0, growth.wander * steady, KNOTS - 1)
        headings, xs, ys = [heading], [x], [y]
        for turn in turns:
            heading += turn + growth.lift * 0.25 * np.sin(UP - heading)
            headings.append(heading)
            xs.append(xs[-1] + np.cos(heading) * reach / (KNOTS - 1))
            ys.append(ys[-1] + np.sin(heading) * reach / (KNOTS - 1))
        lines.append(np.stack([xs, ys], -1).astype(np.float32))
        widths.append((thick, thick * (0.42 if left else 0.15)))
        if left <= 2:
            tips.append((xs[-1], ys[-1], heading))
        if left == 0:
            continue
        first = int(rng.choice([-1, 1]))  # forks leave to both sides in turn
        for fork in range(int(rng.integers(2, 4))):
            at = KNOTS - 1 if fork == 0 else int(rng.integers(1, KNOTS - 1))
            turn = rng.uniform(0.05, 0.35) if fork == 0 else rng.uniform(0.4, 1.05)
            side = first * (-1) ** fork * 1.3 * growth.spread
            here = thick * (1 - 0.58 * at / (KNOTS - 1)) * (0.95 if fork == 0 else 0.55)
            longer = reach * rng.uniform(*growth.shrink)
            waiting.append((xs[at], ys[at], headings[at] + side * turn, longer, here, left - 1))
    ends = np.array(widths, np.float32)
    return Limbs(np.stack(lines), ends[:, 0], ends[:, 1], np.array(tips, np.float32))


def draw_dabs(
    canvas: Canvas,
    rng: np.random.Generator,
    centres: npt.ArrayLike,
    radii: npt.ArrayLike,
    each: int,
    light: npt.ArrayLike,
    dark: npt.ArrayLike,
    dab: float,
    *,
    flat: float = 0.6,
    alpha: float = 0.75,
) -> None:
    """Clumps of leaf dabs, light above and dark below.

    centres [m 2] and radii (scalar or [m]) of the clumps, `each` dabs of about `dab` half length
    in each; `flat` is the height of a clump as a fraction of its width.
    """
    middle = np.asarray(centres, np.float32)
    clumps = len(middle)
    reach = np.broadcast_to(np.asarray(radii, np.float32), (clumps,))[:, None]
    turn = rng.random((clumps, each)) * 2 * np.pi
    out = np.sqrt(rng.random((clumps, each)))
    x = middle[:, :1] + np.cos(turn) * out * reach
    y = middle[:, 1:] + np.sin(turn) * out * reach * flat
    shade = np.sin(turn) * out * 0.5 + 0.5 + rng.normal(0, 0.18, (clumps, each))
    colour = mix(light, dark, np.clip(shade, 0, 1)[..., None])
    order = np.argsort(-y, axis=None)  # the lower ones first, so that the light tops stay on top
    size = (clumps, each)
    canvas.ellipses(
        x.ravel()[order],
        y.ravel()[order],
        (dab * rng.uniform(0.6, 1.4, size)).ravel()[order],
        (dab * rng.uniform(0.35, 0.8, size)).ravel()[order],
        colour.reshape(-1, 3)[order],
        (alpha * rng.uniform(0.6, 1.0, size)).ravel()[order],
        rng.uniform(-50, 50, size).ravel()[order],
    )


def draw_haze(
    canvas: Canvas,
    rng: np.random.Generator,
    centres: npt.ArrayLike,
    radii: npt.ArrayLike,
    color: npt.ArrayLike,
    alpha: float,
    *,
    flat: float = 0.7,
    layers: int = 4,
) -> None:
    """Soft washes of colour around centres [m 2]: `layers` irregular pools of low alpha each."""
    middle = np.asarray(centres, np.float32)
    reach = np.broadcast_to(np.asarray(radii, np.float32), (len(middle),))
    sizes = np.outer(reach, np.linspace(1.0, 0.5, layers)).ravel()
    at = np.repeat(middle, layers, 0) + rng.normal(0, 0.16, (len(sizes), 2)) * sizes[:, None]
    t = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    bulge = np.ones((len(sizes), 18))
    for waves in (2, 3, 5):
        turn = rng.uniform(0, 2 * np.pi, (len(sizes), 1))
        bulge += rng.normal(0, 0.14, (len(sizes), 1)) * np.sin(waves * t + turn)
    reached = bulge * sizes[:, None]
    outlines = np.stack(
        [at[:, :1] + np.cos(t) * reached, at[:, 1:] + np.sin(t) * reached * flat], -1
    )
    each = 1 - (1 - min(alpha, 0.99)) ** (1 / layers)
    canvas.polygons(outlines, color, each)


def bark(palette: Palette) -> FloatArray:
    """The tone of trunks and boughs."""
    return mix(palette.ink, palette.near, 0.1)


def green(palette: Palette) -> FloatArray:
    """The palette's foliage where that is a leaf's colour; pine green where it is warm."""
    warm = palette.foliage[0] > 1.1 * palette.foliage[1]
    evergreen = np.array([0.29, 0.42, 0.32], np.float32)
    return mix(palette.foliage, evergreen, 0.6) if warm else palette.foliage
