"""Ink on a window of a mountain: transmittance, strokes along lines, single touches of the brush.

Lengths are in heights of the mountain's sheet, as everywhere in the rooms that paint mountains.
"""

from __future__ import annotations

from functools import lru_cache

import aggdraw
import numpy as np
import numpy.typing as npt

from conclvd.paint.noise import FloatArray, mix

# Of 255: fainter touches would be lost in the rounding of bytes.
_FAINTEST = 4


@lru_cache(maxsize=256)
def _brush(level: int) -> aggdraw.Brush:
    return aggdraw.Brush(0, level)


class Ink:
    """Transmittance of ink on the window `box` (top, bottom, left, right in texels).

    1 is bare paper, ink over ink multiplies. `scale` is texels a unit.
    """

    def __init__(self, box: tuple[int, int, int, int], scale: float) -> None:
        top, bottom, left, right = box
        self._corner = np.array([left, top], np.float32)
        self._shape = (bottom - top, right - left)
        self._scale = np.float32(scale)
        self._surface: aggdraw.Draw | None = None

    def polygons(self, outlines: FloatArray, opacity: npt.ArrayLike) -> None:
        """Fill outlines [n k 2], each with its own opacity [n] or all with one, 0 to 1."""
        if len(outlines) == 0:
            return
        if self._surface is None:
            self._surface = aggdraw.Draw("L", self._shape[::-1], 255)
        rows = (outlines * self._scale - self._corner).reshape(len(outlines), -1).tolist()
        levels = np.clip(np.asarray(opacity, np.float32) * 255, 0, 255).astype(int)
        fill = self._surface.polygon
        for row, level in zip(rows, np.broadcast_to(levels, len(rows)).tolist(), strict=True):
            if level >= _FAINTEST:
                fill(row, _brush(level))

    def plane(self) -> FloatArray | None:
        """The transmittance [h w], 0 to 1; None where nothing was painted."""
        if self._surface is None:
            return None
        self._surface.flush()
        pixels = np.frombuffer(self._surface.tobytes(), np.uint8).reshape(self._shape)
        return np.multiply(pixels, np.float32(1 / 255), dtype=np.float32)


def ribbons(points: FloatArray, widths: FloatArray) -> FloatArray:
    """Outlines [n 2k 2] of strokes along points [n k 2] of widths [n k]."""
    along = np.empty_like(points)
    along[:, 1:-1] = points[:, 2:] - points[:, :-2]
    along[:, 0] = points[:, 1] - points[:, 0]
    along[:, -1] = points[:, -1] - points[:, -2]
    half = widths * np.float32(0.5) / (np.hypot(along[..., 0], along[..., 1]) + np.float32(1e-9))
    side = np.stack([-along[..., 1] * half, along[..., 0] * half], -1)
    return np.concatenate([points + side, (points - side)[:, ::-1]], 1).astype(np.float32)


def pressure(
    rng: np.random.Generator, n: int, k: int, head: float = 0.55, peak: float = 0.3
) -> FloatArray:
    """Relative widths [n k] of strokes: pressed in, swelling, drawn out, a little uneven."""
    q = np.linspace(0, 1, k)[None]
    rise = mix(head, 1, np.sin(np.clip(q / peak, 0, 1) * np.pi / 2))
    fall = mix(0.12, 1, np.cos(np.clip((q - peak) / (1 - peak), 0, 1) * np.pi / 2))
    uneven = 1 + 0.16 * rng.standard_normal((n, k), dtype=np.float32)
    return np.asarray((rise * fall * uneven).clip(0.05, 2), np.float32)


# Outline of one touch: a blunt head and a drawn-out tail.
_TOUCH = np.array(
    [(-0.5, 0.12), (-0.38, 0.42), (-0.1, 0.5), (0.25, 0.34), (0.5, 0.02), (0.3, -0.3),
     (-0.05, -0.46), (-0.34, -0.4), (-0.48, -0.15)], np.float32,
)  # fmt: skip


def dabs(
    rng: np.random.Generator,
    at: FloatArray,
    length: npt.ArrayLike,
    width: npt.ArrayLike,
    angle: npt.ArrayLike,
) -> FloatArray:
    """Outlines [n 9 2] of single touches at points [n 2]; length, width, angle: scalars or [n]."""
    n = len(at)
    rough = 1 + 0.28 * rng.standard_normal((2, n, 9), dtype=np.float32)
    x = _TOUCH[:, 0] * np.reshape(np.asarray(length, np.float32), (-1, 1)) * rough[0]
    y = _TOUCH[:, 1] * np.reshape(np.asarray(width, np.float32), (-1, 1)) * rough[1]
    turn = np.reshape(np.asarray(angle, np.float32), (-1, 1))
    cos, sin = np.cos(turn), np.sin(turn)
    outline = np.stack([x * cos - y * sin, x * sin + y * cos], -1)
    return np.asarray(outline + np.asarray(at, np.float32)[:, None], np.float32)
