"""Water that mirrors what stands above it, and waterfalls."""

import cv2
import numpy as np

from conclvd.paint.draw.layers import ByteArray, Fall, Sheet, Texture, Water
from conclvd.paint.noise import FloatArray, mix, smoothstep, wrapping_fbm
from conclvd.paint.scene.camera import Placement
from conclvd.paint.scene.palette import Palette
from conclvd.paint.scene.scene import Element

_WHITE = np.ones(3, np.float32)
_CELLS, _TILE = 48, 256


def ripple_tiles(rng: np.random.Generator) -> FloatArray:
    """Two tiles of smooth repeating noise, float32 [2 n n], standard deviation about 1."""
    tiles = []
    for _ in range(2):
        cells = rng.standard_normal((_CELLS, _CELLS)).astype(np.float32)
        padded = np.pad(cells, 3, mode="wrap")
        enlarged = cv2.resize(
            padded, None, fx=_TILE / _CELLS, fy=_TILE / _CELLS, interpolation=cv2.INTER_CUBIC
        )
        edge = (enlarged.shape[0] - _TILE) // 2
        tiles.append(enlarged[edge : edge + _TILE, edge : edge + _TILE])
    return np.asarray(np.stack(tiles), np.float32)


def _sample(tile: FloatArray, u: FloatArray, v: FloatArray) -> FloatArray:
    """The repeating tile at columns `u` [w] and rows `v` [h] (1 is the whole tile)."""
    columns = np.ascontiguousarray(np.broadcast_to(u % 1.0 * _TILE, (len(v), len(u))), np.float32)
    rows = np.ascontiguousarray(
        np.broadcast_to((v % 1.0 * _TILE)[:, None], columns.shape), np.float32
    )
    found = cv2.remap(tile, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(found, np.float32)


def draw_water(canvas: ByteArray, layer: Water, placement: Placement, seconds: float) -> int:
    """Paint the water over an RGBA byte canvas [h w 4]; returns its first row."""
    height, width = canvas.shape[:2]
    line = placement.to_screen(0.0, layer.y)[1]
    first = int(np.clip(round(line * height), 1, height))
    if first >= height:
        return int(height)
    y = (np.arange(first, height, dtype=np.float32) + 0.5) / height
    x = (np.arange(width, dtype=np.float32) + 0.5) / height
    depth = np.maximum(y - line, 0)
    share = (depth / max(1 - line, 0.08))[:, None]
    near = 1 / (depth + 0.045)
    across = (x - placement.centre[0]) / placement.zoom + placement.centre[0] - placement.shift[0]
    t = seconds * 0.75
    wave = _sample(layer.ripples[0], across * 0.8 + t * 0.10, near * 0.16 + t * 0.10)
    cross = _sample(layer.ripples[1], across * 0.35 - t * 0.07, near * 0.34 - t * 0.13)
    source_x = x + wave * (0.004 + 0.020 * share) * 0.55
    source_y = (2 * line - y - 0.1 * depth)[:, None] + cross * 0.010 * (0.2 + share)
    above = cv2.blur(canvas, (1, max(1, height // 50)))
    mirrored = cv2.remap(
        above, source_x * height - 0.5, np.clip(source_y, 0, line) * height - 0.5,
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT,
    )[..., :3].astype(np.float32)  # fmt: skip
    color = _surface(layer, mirrored, depth, share, wave * 0.6 + cross * 0.8)
    haze = (np.exp(-((depth / 0.045) ** 2)) * 0.75)[:, None, None]
    color = mix(color, layer.mist * 255, haze)
    color = mix(color, layer.mist * 255, 0.22 + 0.13 * share[..., None])
    # It begins softly: the feet of mountains are wet, and mist lies on the far water.
    begun = smoothstep(depth, 0.0, 0.016)[:, None, None]
    color = mix(canvas[first:, :, :3], color, begun)
    canvas[first:, :, :3] = np.clip(color, 0, 255).astype(np.uint8)
    return first


def _surface(
    layer: Water, mirrored: FloatArray, depth: FloatArray, share: FloatArray, swell: FloatArray
) -> FloatArray:
    """Mix the reflection [h w 3] (0 to 255) with the water's own colour, light and dark streaks.

    `depth` [h] is the distance from the water line in picture heights.
    """
    deep = (share**0.7)[..., None]
    own = (layer.mist * (1 - deep) + layer.color * deep) * 255
    # Only what is near the water is mirrored: no second sun, no mountains on their heads.
    near = np.exp(-((depth / np.float32(0.19)) ** 2))[:, None]
    color = mix(own, mirrored, (np.clip(0.62 - 0.30 * share, 0, 1) * near)[..., None])
    light = (0.10 + 0.35 * share) * 0.62 / (1 + np.exp(-(swell - 0.95) * 6))
    dark = (0.10 + 0.40 * share) * 0.42 / (1 + np.exp((swell + 1.0) * 6))
    color = mix(color, (layer.mist * 0.5 + 0.5) * 255, light[..., None])
    return mix(color, layer.color * 183, dark[..., None])


def mirrored_texture(texture: Texture, line: float, palette: Palette, strength: float) -> Texture:
    """The reflection of a painted thing that stands on the water at the height `line`."""
    rows = int(np.clip(round((line - texture.origin[1]) * texture.scale), 1, len(texture.pixels)))
    flipped = cv2.blur(texture.pixels[:rows][::-1], (3, 5)).astype(np.float32)
    below = np.arange(rows, dtype=np.float32)[:, None, None] / texture.scale
    fade = strength * np.exp(-below / 0.12) * np.clip(1.2 - below / 0.30, 0, 1)
    water = palette.water * flipped[..., 3:]
    flipped[..., :3] = flipped[..., :3] * 0.68 + water * 0.32
    pixels = np.clip(flipped * fade + 0.5, 0, 255).astype(np.uint8)
    return Texture(pixels, (texture.origin[0], line), texture.scale)


def paint_waterfall(
    rng: np.random.Generator,
    palette: Palette,
    fall: Element,
    scale: float,
    cliff: FloatArray | None,
) -> tuple[Texture, Fall]:
    """The dark cleft behind a waterfall, and the falling water.

    `cliff` is the coverage [h w] of the mountain on the same sheet; the water only shows there.
    """
    sheet = waterfall_sheet(fall, scale)
    h, w = sheet.shape
    top, bottom = fall.y, fall.y + fall.size
    y = sheet.y[:, None]
    down = np.clip((y - top) / (bottom - top), 0, 1)
    bends = np.linspace(top, bottom, 6)
    wander = np.interp(sheet.y, bends, fall.x + np.cumsum(rng.normal(0, 0.006 * fall.unit, 6)))[
        :, None
    ]
    away = np.abs(sheet.x[None] - wander).astype(np.float32)
    half = fall.unit * (0.013 + 0.016 * down) * np.float32(rng.uniform(0.9, 1.4))
    on_rock = np.ones((h, w), np.float32) if cliff is None else cliff
    ends = smoothstep(y, top - 0.004, top + 0.01) * smoothstep(-y, -bottom, -bottom + 0.05)
    cleft = np.exp(-((away / (half * 2.4)) ** 2)) * ends * on_rock
    sheet.over(mix(palette.near, palette.ink, 0.5), (cleft * 0.6).astype(np.float32))
    behind = sheet.texture()
    stream = waterfall_sheet(fall, scale)
    alpha = np.exp(-((away / half) ** 4)) * ends * on_rock
    foam = np.exp(
        -((away / (0.05 * fall.unit)) ** 2)
        - (((y - bottom + 0.03 * fall.unit) / (0.022 * fall.unit)) ** 2)
    )
    alpha = np.maximum(alpha, foam * 0.75)
    stream.over(mix(palette.mist, _WHITE, 0.8), np.clip(alpha, 0, 1).astype(np.float32))
    texture = stream.texture()
    th, tw = texture.pixels.shape[:2]
    streaks = 1.6 * wrapping_fbm(rng, tw, th, tw / 3, 7, 2).T
    lights = np.clip(205 + 75 * np.tanh(streaks * 1.3), 90, 255).astype(np.uint8)
    moving = Fall(
        "waterfall", "waterfall", fall.parallax, texture=texture, streaks=lights,
        speed=fall.motion.velocity[1],
    )  # fmt: skip
    return behind, moving


def waterfall_sheet(fall: Element, scale: float) -> Sheet:
    """An empty sheet around a waterfall."""
    return Sheet((fall.x - 0.13, fall.y - 0.02, fall.x + 0.13, fall.y + fall.size + 0.03), scale)


def falling(layer: Fall, seconds: float) -> Texture:
    """The waterfall's texture at a time: its streaks scrolled down."""
    rows = layer.streaks.shape[0]
    offset = seconds * layer.speed * layer.texture.scale % rows
    whole, part = int(offset), offset - int(offset)
    first = np.roll(layer.streaks, whole, axis=0)
    blended = cv2.addWeighted(first, 1 - part, np.roll(layer.streaks, whole + 1, axis=0), part, 0)
    strength = cv2.merge([np.asarray(blended)] * 4)
    pixels = cv2.multiply(layer.texture.pixels, strength, scale=1 / 255)
    return Texture(np.asarray(pixels, np.uint8), layer.texture.origin, layer.texture.scale)
