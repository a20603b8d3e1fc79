"""Optical flow between neighbouring frames, from the layers' known motion."""

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from conclvd.paint.draw.compositor import Compositor, sway_at
from conclvd.paint.draw.layers import ByteArray, Layer, Sprite
from conclvd.paint.noise import FloatArray
from conclvd.paint.scene.camera import Placement

BoolArray: TypeAlias = npt.NDArray[np.bool_]

# A layer is followed where it is at least this opaque (of 255) ...
_OPAQUE = 250
# ... and everything without known flow before it together at most this opaque.
_VEILED = 8


def clip_flow(compositor: Compositor, frames: int, fps: float) -> tuple[FloatArray, BoolArray]:
    """Forward flow [t-1 h w 2] in pixels and where it is exact [t-1 h w].

    Rigid layers move by an affine map, swaying ones by their displacement field. Mist, weather,
    birds, water and its reflections, soft edges, and what is covered or uncovered in the next
    frame have no exact flow and are not valid.
    """
    h, w = compositor.height, compositor.width
    flow = np.zeros((frames - 1, h, w, 2), np.float32)
    valid = np.zeros((frames - 1, h, w), np.bool_)
    owners = [_owners(compositor, t / fps) for t in range(frames)]
    for t in range(frames - 1):
        now, then = t / fps, (t + 1) / fps
        for index in np.unique(owners[t]):
            if index >= 0:
                layer = compositor.painted.layers[index]
                where = owners[t] == index
                flow[t][where] = _layer_flow(compositor, layer, now, then)[where]
        valid[t] = (owners[t] >= 0) & _kept(owners[t], owners[t + 1], flow[t])
    return flow, valid


def _owners(compositor: Compositor, seconds: float) -> npt.NDArray[np.int32]:
    """Index of the layer every pixel [h w] shows, or -1 where it has no known flow."""
    h, w = compositor.height, compositor.width
    owner = np.full((h, w), -1, np.int32)
    veil = np.zeros((h, w), np.float32)
    canvas: ByteArray = np.zeros((h, w, 4), np.uint8)
    for index, layer in enumerate(compositor.painted.layers):
        patch = compositor.drawn(layer, seconds, canvas)
        if patch is None:
            continue
        ph, pw = patch.pixels.shape[:2]
        box = (slice(patch.top, patch.top + ph), slice(patch.left, patch.left + pw))
        alpha = patch.pixels[..., 3]
        if isinstance(layer, Sprite) and layer.solid:
            opaque = alpha >= _OPAQUE
            soft = (alpha > _VEILED) & ~opaque
            owner[box][opaque] = index
            veil[box][opaque] = 0
            owner[box][soft] = -1
        else:
            veil[box] += alpha
            owner[box][veil[box] > _VEILED] = -1
    return _inner(owner)


def _inner(owner: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Owners [h w] without the pixels next to another owner, which blend two motions."""
    values = owner.astype(np.float32)
    kernel = np.ones((3, 3), np.uint8)
    same = cv2.dilate(values, kernel) == cv2.erode(values, kernel)
    return np.where(same, owner, np.int32(-1)).astype(np.int32)


def _layer_flow(compositor: Compositor, layer: Layer, now: float, then: float) -> FloatArray:
    """Displacement [h w 2] in pixels of a layer's material from one time to another."""
    assert isinstance(layer, Sprite)
    first, second = compositor.placement(layer, now), compositor.placement(layer, then)
    h, w = compositor.height, compositor.width
    x, y = compositor.layer_grid(first, 0, 0, w, h)
    target_x, target_y = np.broadcast_to(x, (h, w)), np.broadcast_to(y, (h, w))
    if layer.sway is not None:
        dx, dy = sway_at(layer.sway, x, y, now)
        rest_x, rest_y = x - dx, y - dy
        target_x, target_y = rest_x + dx, rest_y + dy
        # The displacement is a function of where the material has moved to: solve by iteration.
        for _ in range(8):
            dx, dy = sway_at(layer.sway, target_x, target_y, then)
            target_x, target_y = rest_x + dx, rest_y + dy
    return np.stack(_pixels(second, target_x, target_y, h), -1) - _grid(h, w)


def _pixels(
    placement: Placement, x: FloatArray, y: FloatArray, height: int
) -> tuple[FloatArray, FloatArray]:
    cx, cy = placement.centre
    px = ((x + placement.shift[0] - cx) * placement.zoom + cx) * height - 0.5
    py = ((y + placement.shift[1] - cy) * placement.zoom + cy) * height - 0.5
    return px.astype(np.float32), py.astype(np.float32)


def _grid(h: int, w: int) -> FloatArray:
    rows, columns = np.mgrid[0:h, 0:w]
    return np.stack([columns, rows], -1).astype(np.float32)


def _kept(now: npt.NDArray[np.int32], then: npt.NDArray[np.int32], flow: FloatArray) -> BoolArray:
    """Where a pixel's target shows the same layer with all four neighbours it lies between."""
    h, w = now.shape
    target = _grid(h, w) + flow
    left, top = np.floor(target[..., 0]).astype(int), np.floor(target[..., 1]).astype(int)
    kept = (left >= 0) & (top >= 0) & (left < w - 1) & (top < h - 1)
    left, top = left.clip(0, w - 2), top.clip(0, h - 2)
    for dy in (0, 1):
        for dx in (0, 1):
            kept &= then[top + dy, left + dx] == now
    return np.asarray(kept, np.bool_)
