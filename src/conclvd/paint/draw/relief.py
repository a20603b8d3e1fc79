"""The relief of a fold: a skeleton of ribs, distance to it, and from that fall lines and shade.

A coarse grid serves: strokes are traced on it, washes are enlarged from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from conclvd.paint.draw.canvas import Floats
from conclvd.paint.draw.folds import Fold
from conclvd.paint.draw.manners import Manner
from conclvd.paint.noise import FloatArray, mix, smoothstep, value_noise


def cells(height: float) -> int:
    """Cells of a relief's grid in one sheet height, for a mountain of this share of the picture."""
    return int(np.clip(176 * (height / 0.62) ** 0.65, 64, 176))


def _walks(
    rng: np.random.Generator, start: FloatArray, heading: Floats, length: Floats
) -> FloatArray:
    """Winding lines [n 9 2] from start [n 2] in a direction [n], radians, of a length [n]."""
    n, steps = len(start), 8
    turn = np.cumsum(rng.normal(0, 0.35, (n, steps)), 1) * 0.55 + rng.normal(0, 0.35, (n, steps))
    angle = heading[:, None] + turn
    move = np.stack([np.cos(angle), np.sin(angle)], -1) * (length / steps)[:, None, None]
    lines = np.concatenate([start[:, None], start[:, None] + np.cumsum(move, 1)], 1)
    return lines.astype(np.float32)


def skeleton(rng: np.random.Generator, fold: Fold, amount: float) -> FloatArray:
    """The ribs of a fold as lines [n 9 2]: the spine, those beside it, and their side ribs."""
    tall = fold.foot - fold.top
    number = round(amount * (2 + 4.5 * min(tall, 0.7) + 5 * fold.half))
    t = np.clip(rng.normal(0, 0.42, number), -0.85, 0.85)
    x = np.append(fold.centre, fold.centre + t * fold.half)
    y = np.interp(x, fold.x, fold.y)
    heading = np.pi / 2 - np.append(0, t) * 0.75 + rng.normal(0, 0.2, number + 1)
    length = (fold.foot - y) * np.append(0.85, rng.uniform(0.4, 0.85, number))
    ribs = _walks(rng, np.stack([x, y], -1).astype(np.float32), heading, length)
    parents = np.repeat(np.arange(len(ribs)), 2 if number < 13 else 1)
    k = rng.integers(2, 7, len(parents))
    side = rng.choice([-1, 1], len(parents)) * rng.uniform(0.45, 0.95, len(parents))
    reach = tall * rng.uniform(0.12, 0.32, len(parents))
    lesser = _walks(rng, ribs[parents, k], np.pi / 2 + side, reach)
    return np.concatenate([ribs, lesser])


@dataclass(frozen=True)
class Relief:
    """Fields [h w] of a fold on a grid of `grid` cells a unit that begins at (x0, y0).

    `inside` is below the skyline; `dist` to the skeleton in units; `fall` [h w 2] unit vectors
    downhill; `shade` 0 lit to 1 dark; `crease` 0 to 1; `level` 0 at the skyline to 1 at the foot.
    """

    x0: float
    y0: float
    grid: int
    inside: npt.NDArray[np.bool_]
    dist: FloatArray
    fall: FloatArray
    shade: FloatArray
    crease: FloatArray
    level: FloatArray

    def look(self, plane: FloatArray, at: FloatArray) -> FloatArray:
        """Values of a field at points [n 2]: [n] or [n c]."""
        x = np.ascontiguousarray((at[:, :1] - self.x0) * self.grid - 0.5, np.float32)
        y = np.ascontiguousarray((at[:, 1:] - self.y0) * self.grid - 0.5, np.float32)
        found = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found[:, 0], np.float32)

    def noise(self, rng: np.random.Generator, cell: float) -> FloatArray:
        """Value noise [h w] in about [-1, 1] with cells of so many grid cells."""
        h, w = self.level.shape
        return value_noise(rng, h, w, max(h / cell, 2), max(w / cell, 2))


def relief(
    rng: np.random.Generator, fold: Fold, ribs: FloatArray, manner: Manner, light: float, grid: int
) -> Relief:
    """The relief of a fold lit from the right (`light` 1) or the left (-1)."""
    x0, y0 = float(fold.x[0]), float(fold.y.min())
    gw = max(int((float(fold.x[-1]) - x0) * grid) + 1, 8)
    gh = max(int((fold.foot + 0.02 - y0) * grid) + 1, 8)
    corner = np.array([x0, y0], np.float32)

    def fixed(points: FloatArray) -> npt.NDArray[np.int32]:
        return np.round((points - corner) * (grid * 16)).astype(np.int32)

    sky = np.stack([fold.x, fold.y], -1)
    below = np.array([(fold.x[-1], 2), (x0, 2)], np.float32)
    inside = np.zeros((gh, gw), np.uint8)
    cv2.fillPoly(inside, [fixed(np.concatenate([sky, below]))], 255, cv2.LINE_8, 4)
    bones = np.full((gh, gw), 255, np.uint8)
    cv2.polylines(bones, [fixed(sky), *fixed(ribs)], False, 0, 1, cv2.LINE_8, 4)
    dist = cv2.distanceTransform(bones, cv2.DIST_L2, 5) * np.float32(1 / grid)
    yy = np.arange(gh, dtype=np.float32)[:, None] / grid
    warp = value_noise(rng, gh, gw, gh / 14, gw / 14) * np.float32(0.006)
    form = warp - yy - np.float32(manner.steep) * dist
    form = cv2.GaussianBlur(form, (0, 0), max(manner.smooth * grid / 176, 0.6))
    gx, gy = cv2.Sobel(form, cv2.CV_32F, 1, 0), cv2.Sobel(form, cv2.CV_32F, 0, 1)
    # Never uphill: strokes of the brush go down.
    fx, fy = -gx, np.maximum(-gy, 0.15 * np.abs(gx) + 1e-6)
    norm = np.sqrt(fx * fx + fy * fy) + np.float32(1e-9)
    fall = np.stack([fx / norm, fy / norm], -1)
    facing = np.asarray(fall[..., 0] * light, np.float32)
    if manner.posterize:
        facing = mix(facing, np.tanh(facing * 5), manner.posterize)
    size = max(3, grid * 31 // 176) | 1
    wide = cv2.blur(dist, (size, size)) + np.float32(0.004)
    crease = smoothstep(cv2.GaussianBlur(dist, (0, 0), 1.0) / wide, 1.0, 2.0)
    skyline = np.interp(x0 + np.arange(gw) / grid, fold.x, fold.y).astype(np.float32) - y0
    level = (yy - skyline[None]) / np.maximum(fold.foot - y0 - skyline[None], np.float32(0.05))
    return Relief(
        x0, y0, grid, inside > 0, dist, np.ascontiguousarray(fall, np.float32),
        np.asarray(0.5 + 0.5 * facing, np.float32), crease,
        np.clip(level, 0, 1).astype(np.float32),
    )  # fmt: skip


def seeds(rng: np.random.Generator, field: Relief, weight: FloatArray, n: int) -> FloatArray:
    """`n` points [n 2] drawn from a density on the grid; none where the density is zero."""
    summed = np.cumsum((weight * field.inside).ravel(), dtype=np.float64)
    places = rng.random((3, max(n, 0)))
    if n <= 0 or summed[-1] <= 0:
        return np.zeros((0, 2), np.float32)
    cell = np.minimum(np.searchsorted(summed, places[0] * summed[-1]), len(summed) - 1)
    y, x = np.divmod(cell, field.inside.shape[1])
    at = np.stack(
        [field.x0 + (x + places[1]) / field.grid, field.y0 + (y + places[2]) / field.grid]
    )
    return np.ascontiguousarray(at.T, np.float32)


def trace(
    field: Relief, start: FloatArray, length: Floats, steps: int, turn: Floats, keep: float
) -> FloatArray:
    """Lines [n steps 2] along the fall lines from start [n 2], of a length [n].

    `turn` [n] bends them by an angle, `keep` 0 to 1 holds them to their first direction.
    """
    here, step = start, (length / (steps - 1)).astype(np.float32)[:, None]
    cos, sin = np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32)
    points, first = [start], np.zeros_like(start)
    for index in range(steps - 1):
        fall = field.look(field.fall, here)
        go = np.stack(
            [fall[:, 0] * cos - fall[:, 1] * sin, fall[:, 0] * sin + fall[:, 1] * cos], -1
        )
        first = go if index == 0 else first
        here = here + mix(go, first, keep) * step
        points.append(here)
    return np.stack(points, 1)
