"""Anti-aliased brush shapes on a transparent texture.

aggdraw blends every channel, alpha included, as `p += (c - p) * a`. Over an image that starts as
(0, 0, 0, 0) the colour channels therefore come out multiplied by alpha already, and later shapes
compose as "source over destination" does: the texture is premultiplied by construction. Two things
to know about it: pixels are bytes and rounded towards zero, so that a shape of alpha under about
0.05 loses pigment; and every filled outline is widened by a quarter of a texel.
"""

from __future__ import annotations

import functools
import math
from typing import Any, TypeAlias

import aggdraw
import numpy as np
import numpy.typing as npt

from conclvd.paint.noise import FloatArray

Numbers: TypeAlias = npt.ArrayLike
Floats: TypeAlias = npt.NDArray[np.floating[Any]]


@functools.lru_cache(maxsize=64)
def _spline(points: int, samples: int) -> FloatArray:
    """float32 [samples points]: weights of the Catmull-Rom curve through equally spaced points."""
    weights = np.zeros((samples, points), np.float32)
    for row, position in enumerate(np.linspace(0, points - 1, samples)):
        start = min(int(position), points - 2)
        t = float(position) - start
        cubic = (
            0.5 * (-t + 2 * t * t - t**3),
            0.5 * (2 - 5 * t * t + 3 * t**3),
            0.5 * (t + 4 * t * t - 3 * t**3),
            0.5 * (t**3 - t * t),
        )
        for offset, weight in zip((-1, 0, 1, 2), cubic, strict=True):
            column = start + offset
            if column < 0:  # beyond an end: continue the line through the last two points
                weights[row, 0] += 2 * weight
                weights[row, 1] -= weight
            elif column >= points:
                weights[row, points - 1] += 2 * weight
                weights[row, points - 2] -= weight
            else:
                weights[row, column] += weight
    return weights


@functools.lru_cache(maxsize=64)
def _pressure(samples: int, peak: float) -> tuple[FloatArray, FloatArray]:
    """How far along a stroke each sample lies, and how much of the belly it has: [samples] each."""
    q = np.linspace(0, 1, samples, dtype=np.float32)
    return q, np.sin(np.pi * q ** (math.log(0.5) / math.log(peak))).astype(np.float32)


def shifted(points: Numbers, x: float, y: float) -> FloatArray:
    """Points [... 2] moved by (x, y)."""
    return np.asarray(points, np.float32) + np.array([x, y], np.float32)


def stroke_outlines(
    points: Numbers,
    width_start: Numbers,
    width_end: Numbers,
    *,
    rng: np.random.Generator | None = None,
    jitter: float = 0.25,
    belly: Numbers = 0.0,
    peak: float = 0.5,
) -> FloatArray:
    """Closed outlines [n m 2] of `n` brush strokes along smooth curves through points [n k 2].

    The width runs from `width_start` to `width_end` (scalars or [n]) and swells by `belly` at the
    fraction `peak` of the way. With `rng`, both edges are rough by `jitter` of the width.
    """
    spine = np.asarray(points, np.float32)
    count, knots = spine.shape[:2]
    samples = min(max(7, 4 * (knots - 1) + 1), 41)
    curve = _spline(knots, samples) @ spine
    q, swelling = _pressure(samples, peak)
    along = np.gradient(curve, axis=1)
    along /= np.hypot(along[..., 0], along[..., 1])[..., None] + 1e-9
    first, last, swell = (
        np.broadcast_to(np.asarray(v, np.float32), (count,))[:, None]
        for v in (width_start, width_end, belly)
    )
    half = 0.5 * (first + (last - first) * q + swell * swelling)
    sides = np.stack([half, half], 1)
    if rng is not None:
        rough = rng.standard_normal((count, 2, samples)).astype(np.float32)
        sides = np.maximum(sides * (1 + np.float32(jitter) * rough), 0)
    normal = np.stack([-along[..., 1], along[..., 0]], -1)
    left = curve + normal * sides[:, 0, :, None]
    right = curve - normal * sides[:, 1, :, None]
    return np.concatenate([left, right[:, ::-1]], 1).astype(np.float32)


def ellipse_outlines(
    x: Numbers, y: Numbers, rx: Numbers, ry: Numbers, angle: Numbers = 0.0, vertices: int = 16
) -> FloatArray:
    """Outlines [n vertices 2] of ellipses turned by `angle` degrees, from the x axis to the y."""
    cx, cy, ax, ay, turn = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(v, np.float32)) for v in (x, y, rx, ry, angle))
    )
    t = np.linspace(0, 2 * np.pi, vertices, endpoint=False, dtype=np.float32)
    u, v = ax[:, None] * np.cos(t), ay[:, None] * np.sin(t)
    cos, sin = np.cos(np.radians(turn))[:, None], np.sin(np.radians(turn))[:, None]
    return np.stack([cx[:, None] + u * cos - v * sin, cy[:, None] + u * sin + v * cos], -1)


class Canvas:
    """A transparent texture of `width` by `height` texels, drawn on in world units.

    A world point (x, y), y downwards, lands on texel (x - origin_x, y - origin_y) * scale. Colours
    are RGB in [0, 1]. The plural methods draw many shapes of one kind in one call, in order; they
    take one colour and alpha, or one for each shape. Raises ValueError for a size, scale or point
    that is not finite and, for sizes and scale, positive.
    """

    def __init__(
        self, width: int, height: int, *, scale: float, origin: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        if width < 1 or height < 1:
            raise ValueError(f"a canvas needs a positive size, not {width} x {height}")
        if not (math.isfinite(scale) and scale > 0):
            raise ValueError(f"a canvas needs a positive finite scale, not {scale}")
        self.width, self.height = width, height
        self._surface = aggdraw.Draw("RGBA", (width, height), (0, 0, 0, 0))
        self._factor = np.array([scale, scale], np.float32)
        self._offset = -np.array(origin, np.float32) * np.float32(scale)

    @property
    def texels(self) -> float:
        """Texels in one unit of this canvas."""
        return float(self._factor[1])

    def placed(self, x: float, y: float, size: float, heading: int = 1) -> Canvas:
        """The same texture in the units of a sprite: its origin at (x, y), its unit `size`.

        With `heading` -1 the sprite's x axis points to the left.
        """
        if heading not in (-1, 1):
            raise ValueError(f"heading is 1 (right) or -1 (left), not {heading}")
        if not (math.isfinite(size) and size > 0 and math.isfinite(x) and math.isfinite(y)):
            raise ValueError(f"a sprite needs finite x, y and size > 0, not {x}, {y}, {size}")
        view = object.__new__(Canvas)
        view.width, view.height, view._surface = self.width, self.height, self._surface
        view._offset = self._offset + self._factor * np.array([x, y], np.float32)
        view._factor = self._factor * np.array([size * heading, size], np.float32)
        return view

    def polygons(self, outlines: Numbers, colors: Numbers, alphas: Numbers = 1.0) -> None:
        """Fill `n` outlines [n k 2], n may be 0; colours [3] or [n 3], alphas scalar or [n]."""
        texels = np.asarray(outlines, np.float32) * self._factor + self._offset
        if texels.ndim != 3 or texels.shape[1] < 3 or texels.shape[2] != 2:
            raise ValueError(f"outlines need a shape [n k>=3 2], not {list(texels.shape)}")
        if not np.isfinite(texels).all():
            raise ValueError("an outline has a coordinate that is not finite")
        low, high = texels.min(1), texels.max(1)
        inside = ((high > -1) & (low < (self.width + 1, self.height + 1))).all(1)
        count = len(texels)
        inks = np.empty((count, 4), np.float32)
        inks[:, :3], inks[:, 3] = np.asarray(colors), np.asarray(alphas)
        inks = np.clip(inks * 255 + 0.5, 0, 255).astype(np.uint8)
        flat = texels.reshape(count, 2 * texels.shape[1])
        if not inside.all():
            flat, inks = flat[inside], inks[inside]
        fill, brush = self._surface.polygon, aggdraw.Brush
        for outline, (red, green, blue, alpha) in zip(flat.tolist(), inks.tolist(), strict=True):
            fill(outline, brush((red, green, blue), alpha))

    def polygon(self, points: Numbers, color: Numbers, alpha: float = 1.0) -> None:
        """Fill one outline [k 2]."""
        self.polygons(np.asarray(points, np.float32)[None], color, alpha)

    def ellipses(
        self,
        x: Numbers,
        y: Numbers,
        rx: Numbers,
        ry: Numbers,
        colors: Numbers,
        alphas: Numbers = 1.0,
        angles: Numbers = 0.0,
    ) -> None:
        """Fill ellipses with half axes `rx` and `ry`, turned by `angles` degrees."""
        largest = float(np.max(np.maximum(rx, ry), initial=0.0)) * self.texels
        vertices = 8 if largest < 2 else 12 if largest < 6 else 24
        self.polygons(ellipse_outlines(x, y, rx, ry, angles, vertices), colors, alphas)

    def ellipse(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        color: Numbers,
        alpha: float = 1.0,
        angle: float = 0.0,
    ) -> None:
        """Fill one ellipse with half axes `rx` and `ry`, turned by `angle` degrees."""
        self.ellipses(x, y, rx, ry, color, alpha, angle)

    def strokes(
        self,
        points: Numbers,
        width_start: Numbers,
        width_end: Numbers,
        colors: Numbers,
        alphas: Numbers = 1.0,
        *,
        rng: np.random.Generator | None = None,
        jitter: float = 0.25,
        belly: Numbers = 0.0,
        peak: float = 0.5,
    ) -> None:
        """Draw brush strokes along points [n k 2]; see stroke_outlines."""
        spine = np.asarray(points, np.float32)
        if spine.ndim != 3 or spine.shape[1] < 2 or spine.shape[2] != 2:
            raise ValueError(f"strokes need points of shape [n k>=2 2], not {list(spine.shape)}")
        outlines = stroke_outlines(
            spine, width_start, width_end, rng=rng, jitter=jitter, belly=belly, peak=peak
        )
        self.polygons(outlines, colors, alphas)

    def stroke(
        self,
        points: Numbers,
        width_start: float,
        width_end: float,
        color: Numbers,
        alpha: float = 1.0,
        *,
        rng: np.random.Generator | None = None,
        jitter: float = 0.25,
        belly: float = 0.0,
        peak: float = 0.5,
    ) -> None:
        """Draw one brush stroke along points [k 2]; see stroke_outlines."""
        spine = np.asarray(points, np.float32)[None]
        self.strokes(
            spine, width_start, width_end, color, alpha,
            rng=rng, jitter=jitter, belly=belly, peak=peak,
        )  # fmt: skip

    def texture(self) -> FloatArray:
        """What has been drawn, float32 [h w 4], premultiplied by alpha, in [0, 1]."""
        self._surface.flush()
        pixels = np.frombuffer(self._surface.tobytes(), np.uint8)
        shaped = pixels.reshape(self.height, self.width, 4)
        return np.multiply(shaped, np.float32(1 / 255), dtype=np.float32)
