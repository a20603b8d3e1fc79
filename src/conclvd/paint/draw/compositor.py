"""From layers to frames: every layer is placed, warped and laid over what is behind it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from conclvd.paint.draw.layers import (
    Band,
    ByteArray,
    Fall,
    Flight,
    Flock,
    Layer,
    PaintedScene,
    Precipitation,
    Sprite,
    Sway,
    Texture,
    Water,
)
from conclvd.paint.draw.water import draw_water, falling
from conclvd.paint.draw.weather import draw_flight, draw_precipitation
from conclvd.paint.noise import FloatArray
from conclvd.paint.scene.camera import Placement, eased, place
from conclvd.paint.scene.scene import Camera


@dataclass(frozen=True)
class Patch:
    """Part of a frame: premultiplied RGBA bytes [h w 4] whose first pixel is (`left`, `top`)."""

    pixels: ByteArray
    left: int
    top: int


@dataclass(frozen=True)
class Trace:
    """What one layer did to one frame, in the box that begins at (`left`, `top`).

    `cover` [h w] is the layer's opacity, `change` [h w] how much the picture changed by it.
    """

    layer: Layer
    left: int
    top: int
    cover: ByteArray
    change: ByteArray
    count: int = 1


class Compositor:
    """Draws the frames of a painted scene at one frame size."""

    def __init__(self, painted: PaintedScene, camera: Camera, width: int, height: int) -> None:
        self.painted = painted
        self.camera = camera
        self.width, self.height = width, height
        self.aspect = width / height

    def frame(self, seconds: float, traces: list[Trace] | None = None) -> ByteArray:
        """The frame at a time, bytes [h w 3] RGB.

        A list given as `traces` is filled with what each layer changed, farthest first.
        """
        canvas: ByteArray = np.zeros((self.height, self.width, 4), np.uint8)
        for layer in self.painted.layers:
            before = canvas.copy() if traces is not None else None
            cover, count = self._draw(layer, seconds, canvas, traces is not None)
            if traces is not None and before is not None and cover is not None:
                traces.append(_trace(layer, before, canvas, cover, count))
        return np.ascontiguousarray(canvas[..., :3])

    def placement(self, layer: Layer, seconds: float) -> Placement:
        """Where a layer lies on the screen at a time."""
        return place(self.camera, seconds, layer.parallax, self.aspect, offset_at(layer, seconds))

    def _draw(
        self, layer: Layer, seconds: float, canvas: ByteArray, traced: bool
    ) -> tuple[Patch | None, int]:
        """Draw one layer; returns its opacity as a patch (only when `traced`) and a count."""
        placement = self.placement(layer, seconds)
        if isinstance(layer, Water):
            first = draw_water(canvas, layer, placement, seconds)
            whole = np.full((self.height - first, self.width, 4), 255, np.uint8) if traced else None
            return (None if whole is None else Patch(whole, 0, first)), 1
        if isinstance(layer, Flight):
            cover = np.zeros((self.height, self.width), np.uint8) if traced else None
            count = draw_flight(layer, seconds, canvas, cover)
            return (None if cover is None else Patch(cv2.merge([cover] * 4), 0, 0)), count
        if isinstance(layer, Precipitation):
            cover = draw_precipitation(layer, seconds, self.width, self.height)
            patch = Patch(_tinted(cover, layer.color), 0, 0)
            lay_over(canvas, patch)
            return patch, 1
        if isinstance(layer, Flock):
            return self._draw_flock(layer, placement, seconds, canvas, traced)
        single = self.patch(layer, placement, seconds)
        if single is not None:
            lay_over(canvas, single)
        return single, 1

    def drawn(self, layer: Layer, seconds: float, canvas: ByteArray) -> Patch | None:
        """Draw one layer over a canvas [h w 4]; returns what it drew, its opacity being exact."""
        return self._draw(layer, seconds, canvas, True)[0]

    def patch(self, layer: Layer, placement: Placement, seconds: float) -> Patch | None:
        """The pixels of a textured layer at a time, or None when it is out of the picture."""
        if isinstance(layer, Band):
            return self._band(layer, placement, seconds)
        if isinstance(layer, Fall):
            return self._warp(falling(layer, seconds), placement)
        assert isinstance(layer, Sprite)
        if layer.sway is not None:
            return self._swaying(layer.texture, layer.sway, placement, seconds)
        return self._warp(layer.texture, placement)

    def _frame_box(
        self, texture: Texture, placement: Placement, margin: int = 0
    ) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) in pixels of a texture on the screen, clipped."""
        left, top, right, bottom = texture.bounds
        x0, y0 = placement.to_screen(left, top)
        x1, y1 = placement.to_screen(right, bottom)
        h = self.height
        return (
            max(0, math.floor(x0 * h) - margin), max(0, math.floor(y0 * h) - margin),
            min(self.width, math.ceil(x1 * h) + margin), min(h, math.ceil(y1 * h) + margin),
        )  # fmt: skip

    def _affine(self, texture: Texture, placement: Placement) -> tuple[float, float, float]:
        """pixel = a * texel + b, as (a, b of x, b of y)."""
        a = placement.zoom * self.height / texture.scale
        half = 0.5 / texture.scale
        x, y = placement.to_screen(texture.origin[0] + half, texture.origin[1] + half)
        return a, x * self.height - 0.5, y * self.height - 0.5

    def _warp(self, texture: Texture, placement: Placement) -> Patch | None:
        x0, y0, x1, y1 = self._frame_box(texture, placement)
        if x1 <= x0 or y1 <= y0:
            return None
        a, bx, by = self._affine(texture, placement)
        matrix = np.array([[a, 0, bx - x0], [0, a, by - y0]], np.float64)
        pixels = cv2.warpAffine(texture.pixels, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
        return Patch(np.asarray(pixels, np.uint8), x0, y0)

    def _swaying(
        self, texture: Texture, sway: Sway, placement: Placement, seconds: float
    ) -> Patch | None:
        x0, y0, x1, y1 = self._frame_box(texture, placement, margin=4)
        if x1 <= x0 or y1 <= y0:
            return None
        x, y = self.layer_grid(placement, x0, y0, x1, y1)
        dx, dy = sway_at(sway, x, y, seconds)
        texel_x = (x - dx - texture.origin[0]) * texture.scale - 0.5
        texel_y = (y - dy - texture.origin[1]) * texture.scale - 0.5
        shape = (y1 - y0, x1 - x0)
        maps = [
            np.ascontiguousarray(np.broadcast_to(texel, shape), np.float32)
            for texel in (texel_x, texel_y)
        ]
        pixels = cv2.remap(texture.pixels, maps[0], maps[1], cv2.INTER_LINEAR)
        return Patch(np.asarray(pixels, np.uint8), x0, y0)

    def layer_grid(
        self, placement: Placement, x0: int, y0: int, x1: int, y1: int
    ) -> tuple[FloatArray, FloatArray]:
        """Layer coordinates of a box of pixels: columns [1 w] and rows [h 1]."""
        cx, cy = placement.centre
        x = (np.arange(x0, x1, dtype=np.float32) + 0.5) / self.height
        y = (np.arange(y0, y1, dtype=np.float32) + 0.5) / self.height
        x = (x - cx) / placement.zoom + cx - placement.shift[0]
        y = (y - cy) / placement.zoom + cy - placement.shift[1]
        return x[None].astype(np.float32), y[:, None].astype(np.float32)

    def _band(self, layer: Band, placement: Placement, seconds: float) -> Patch | None:
        texture = layer.texture
        _, y0, _, y1 = self._frame_box(texture, placement)
        if y1 <= y0:
            return None
        a, bx, by = self._affine(texture, placement)
        period = texture.pixels.shape[1] // 2
        # Inverse map: texel = (pixel - b) / a, with the drift kept within one period.
        start = (-bx / a - layer.speed * seconds * texture.scale) % period
        matrix = np.array([[1 / a, 0, start], [0, 1 / a, (y0 - by) / a]], np.float64)
        pixels = cv2.warpAffine(
            texture.pixels, matrix, (self.width, y1 - y0),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )  # fmt: skip
        return Patch(np.asarray(pixels, np.uint8), 0, y0)

    def _draw_flock(
        self, layer: Flock, placement: Placement, seconds: float, canvas: ByteArray, traced: bool
    ) -> tuple[Patch | None, int]:
        cover = np.zeros((*canvas.shape[:2], 4), np.uint8) if traced else None
        count = 0
        for bird in layer.birds:
            phase = (bird.phase + layer.rate * seconds) % 1.0
            picture = layer.frames[int(phase * len(layer.frames)) % len(layer.frames)]
            x, y = bird_position(layer, bird.x, bird.y, seconds)
            # Wing beats lift the body a little.
            y -= 0.06 * bird.size * math.sin(2 * math.pi * phase) * picture.bounds[2]
            left, top = picture.origin
            moved = Texture(
                picture.pixels,
                (left * bird.size + x, top * bird.size + y),
                picture.scale / bird.size,
            )
            patch = self._warp(moved, placement)
            if patch is None:
                continue
            lay_over(canvas, patch)
            sx, sy = placement.to_screen(x, y)
            count += bool(0 < sx < self.aspect and 0 < sy < 1)
            if cover is not None:
                lay_over(cover, patch)
        return (None if cover is None else Patch(cover, 0, 0)), count


def bird_position(layer: Flock, x: float, y: float, seconds: float) -> tuple[float, float]:
    """Where a bird with the place (x, y) in its flock is; the flock returns on the other side."""
    margin = layer.wrap / 2
    centre = layer.start[0] + layer.velocity[0] * seconds
    middle = layer.wrap / 2 - 0.15  # the layer's wrap is the picture's width and a margin
    centre = (centre - middle + margin) % layer.wrap - margin + middle
    lift = 0.1 * eased(abs(layer.velocity[1]) * seconds / 0.1)
    return centre + x, layer.start[1] + y - lift


def offset_at(layer: Layer, seconds: float) -> tuple[float, float]:
    """How far a layer has moved on its own since time 0, world units."""
    if not isinstance(layer, Sprite):
        return 0.0, 0.0
    vx, vy = layer.velocity
    dx, dy = vx * seconds, vy * seconds
    if layer.travel > 0:
        dy = math.copysign(layer.travel * eased(abs(vy) * seconds / layer.travel), vy)
    if layer.wrap > 0:
        left, _, right, _ = layer.texture.bounds
        middle = (left + right) / 2
        dx = (middle + dx + 0.2) % layer.wrap - 0.2 - middle if vx else 0.0
    return dx, dy + layer.bob * math.sin(4.5 * seconds)


def sway_at(
    sway: Sway, x: FloatArray, y: FloatArray, seconds: float
) -> tuple[FloatArray, FloatArray]:
    """Displacement (dx, dy) of the material now at (x, y); [1 w] and [h 1] broadcast."""
    turn = 2 * math.pi * sway.rate * seconds + sway.phase
    if sway.axis == "ripple":
        return sway.amplitude * np.sin(y * 190 + turn), np.zeros_like(y)
    if sway.axis == "x":
        weight = np.clip(np.abs(x - sway.root) / sway.reach, 0, 1.3) ** 1.4
        return (
            sway.amplitude * 0.5 * weight * np.sin(turn + 3 * y),
            sway.amplitude * weight * np.sin(turn + 1.3 + 2.5 * x + 1.5 * y),
        )
    weight = np.clip((sway.root - y) / sway.reach, 0, 1.3) ** 1.5
    return (
        sway.amplitude * weight * np.sin(turn + 2.5 * x),
        sway.amplitude * 0.35 * weight * np.sin(turn + 1.1 + 6 * x),
    )


def lay_over(canvas: ByteArray, patch: Patch) -> None:
    """Lay a premultiplied patch over a byte canvas [h w 4], in place."""
    h, w = patch.pixels.shape[:2]
    target = canvas[patch.top : patch.top + h, patch.left : patch.left + w]
    clear = cv2.bitwise_not(cv2.extractChannel(patch.pixels, 3))
    behind = cv2.multiply(target, cv2.merge([clear] * 4), scale=1 / 255)
    target[...] = cv2.add(behind, patch.pixels)


def _tinted(cover: ByteArray, color: FloatArray) -> ByteArray:
    channels = [cv2.convertScaleAbs(cover, alpha=float(c)) for c in color]
    return np.asarray(cv2.merge([*channels, cover]), np.uint8)


def _trace(layer: Layer, before: ByteArray, after: ByteArray, cover: Patch, count: int) -> Trace:
    h, w = cover.pixels.shape[:2]
    box = (slice(cover.top, cover.top + h), slice(cover.left, cover.left + w))
    red, green, blue, _ = cv2.split(cv2.absdiff(before[box], after[box]))
    change = cv2.max(cv2.max(red, green), blue)
    alpha = np.ascontiguousarray(cover.pixels[..., 3])
    return Trace(layer, cover.left, cover.top, alpha, np.asarray(change, np.uint8), count)
