"""What the compositor gets: painted textures and how each of them moves."""

import math
from dataclasses import dataclass, field
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from conclvd.paint.noise import FloatArray

ByteArray: TypeAlias = npt.NDArray[np.uint8]
Bounds: TypeAlias = tuple[float, float, float, float]

MARGIN_X = 0.16
MARGIN_Y = 0.09


def texels_per_unit(height: int) -> float:
    """Texture resolution for a frame height: 1.5 texels a pixel, falling to 1 at 720 lines."""
    return height * float(np.interp(height, [256, 640], [1.5, 1.0]))


@dataclass(frozen=True)
class Texture:
    """Premultiplied RGBA bytes [h w 4] whose upper left corner lies at `origin` (world units)."""

    pixels: ByteArray
    origin: tuple[float, float]
    scale: float

    @property
    def bounds(self) -> Bounds:
        """(left, top, right, bottom) in world units."""
        h, w = self.pixels.shape[:2]
        x, y = self.origin
        return x, y, x + w / self.scale, y + h / self.scale


class Sheet:
    """A float32 premultiplied RGBA sheet that layers are painted on, in world coordinates."""

    def __init__(self, bounds: Bounds, scale: float) -> None:
        """A transparent sheet over `bounds` (left, top, right, bottom) in world units."""
        left, top, right, bottom = bounds
        self.scale = scale
        self.origin = (left, top)
        w = max(4, math.ceil((right - left) * scale))
        h = max(4, math.ceil((bottom - top) * scale))
        self.rgba = np.zeros((h, w, 4), np.float32)
        self.x = ((np.arange(w, dtype=np.float32) + 0.5) / scale + left).astype(np.float32)
        self.y = ((np.arange(h, dtype=np.float32) + 0.5) / scale + top).astype(np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """(h, w) in texels."""
        return self.rgba.shape[0], self.rgba.shape[1]

    def window(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
        """Rows and columns of a box in world units, clipped to the sheet."""
        h, w = self.shape
        columns = np.clip(
            [
                round((left - self.origin[0]) * self.scale),
                round((right - self.origin[0]) * self.scale),
            ],
            0,
            w,
        )
        rows = np.clip(
            [
                round((top - self.origin[1]) * self.scale),
                round((bottom - self.origin[1]) * self.scale),
            ],
            0,
            h,
        )
        return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))

    def over(
        self,
        color: FloatArray,
        alpha: FloatArray,
        rows: slice = slice(None),
        columns: slice = slice(None),
    ) -> None:
        """Paint `color` ([3] or [h w 3]) with `alpha` [h w] over the given window."""
        target = self.rgba[rows, columns]
        target *= (1 - alpha)[..., None]
        target[..., :3] += color * alpha[..., None]
        target[..., 3] += alpha

    def blend(
        self,
        premultiplied: FloatArray,
        rows: slice = slice(None),
        columns: slice = slice(None),
    ) -> None:
        """Paint a premultiplied RGBA array over the window."""
        target = self.rgba[rows, columns]
        target *= 1 - premultiplied[..., 3:]
        target += premultiplied

    def place(self, premultiplied: FloatArray, top: int, left: int) -> None:
        """Paint a premultiplied RGBA array [h w 4] with its corner at a row and a column."""
        h, w = premultiplied.shape[:2]
        rows = slice(max(top, 0), min(top + h, self.shape[0]))
        columns = slice(max(left, 0), min(left + w, self.shape[1]))
        if rows.stop > rows.start and columns.stop > columns.start:
            part = premultiplied[
                rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
            ]
            self.blend(part, rows, columns)

    def texture(self) -> Texture:
        """The sheet as bytes, cropped to what is painted."""
        return to_texture(self.rgba, self.origin, self.scale)


def to_texture(rgba: FloatArray, origin: tuple[float, float], scale: float) -> Texture:
    """Premultiplied float RGBA in [0, 1] as a byte texture, cropped to its visible part."""
    pixels = np.asarray(cv2.convertScaleAbs(rgba, alpha=255.0), np.uint8)
    x, y, w, h = cv2.boundingRect(cv2.extractChannel(pixels, 3))
    if w == 0:
        return Texture(np.zeros((1, 1, 4), np.uint8), origin, scale)
    # One transparent texel is kept around the crop, so that the warp can fade out.
    top, bottom = max(y - 1, 0), min(y + h + 1, rgba.shape[0])
    left, right = max(x - 1, 0), min(x + w + 1, rgba.shape[1])
    pixels = np.ascontiguousarray(pixels[top:bottom, left:right])
    corner = (origin[0] + left / scale, origin[1] + top / scale)
    return Texture(pixels, corner, scale)


@dataclass(frozen=True)
class Sway:
    """Swaying of a plant: displacement grows from `root` outwards.

    `axis` is "y" for plants standing on the line y = root and "x" for branches that come in
    from x = root; `reach` is the length over which the displacement grows to `amplitude`.
    """

    amplitude: float
    root: float
    reach: float
    axis: str = "y"
    rate: float = 0.6
    phase: float = 0.0


@dataclass(frozen=True)
class Layer:
    """What all layers have: a name, what it shows (`kind`), and its share of camera motion."""

    name: str
    kind: str = ""
    parallax: float = 1.0


@dataclass(frozen=True)
class Sprite(Layer):
    """A rigid or swaying texture. `wrap` is the width (units) after which drift starts anew."""

    texture: Texture = field(kw_only=True)
    velocity: tuple[float, float] = (0.0, 0.0)
    travel: float = 0.0
    bob: float = 0.0
    wrap: float = 0.0
    sway: Sway | None = None
    solid: bool = True
    mirror: float | None = None


@dataclass(frozen=True)
class Band(Layer):
    """A veil drifting at `speed` units/s; its texture is one period, twice side by side."""

    texture: Texture = field(kw_only=True)
    speed: float = 0.0


@dataclass(frozen=True)
class Fall(Layer):
    """A waterfall: a texture whose streaks run down at `speed` units/s."""

    texture: Texture = field(kw_only=True)
    streaks: ByteArray = field(kw_only=True)
    speed: float = 0.5


@dataclass(frozen=True)
class Water(Layer):
    """The mirror of everything painted before it, below the water line `y`."""

    y: float = field(kw_only=True)
    color: FloatArray = field(kw_only=True)
    mist: FloatArray = field(kw_only=True)
    ripples: FloatArray = field(kw_only=True)


@dataclass(frozen=True)
class Bird:
    """Place in the flock (units from its centre), size and phase of one bird."""

    x: float
    y: float
    size: float
    phase: float


@dataclass(frozen=True)
class Flock(Layer):
    """Flying birds: `frames` are textures of one bird at the phases of a wing beat."""

    frames: tuple[Texture, ...] = field(kw_only=True)
    birds: tuple[Bird, ...] = field(kw_only=True)
    start: tuple[float, float] = (0.0, 0.0)
    velocity: tuple[float, float] = (0.0, 0.0)
    rate: float = 1.5
    wrap: float = 0.0


@dataclass(frozen=True)
class Flight(Layer):
    """Petals or leaves in the wind: rows of (x, y, size, phase, spin, tumble, colour index)."""

    pieces: FloatArray = field(kw_only=True)
    colors: ByteArray = field(kw_only=True)
    wind: int = 1
    speed: float = 0.1
    leaf: bool = False
    unit: float = 1.0


@dataclass(frozen=True)
class Precipitation(Layer):
    """Rain or snow: a repeating tile of coverage [n n] that falls in several sizes.

    `passes` holds (scale, strength, speed in units/s) of each; `slant` is dx/dy.
    """

    tile: ByteArray = field(kw_only=True)
    color: FloatArray = field(kw_only=True)
    slant: float = 0.0
    passes: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class PaintedScene:
    """All layers of a scene, farthest first."""

    layers: tuple[Layer, ...]
    aspect: float
