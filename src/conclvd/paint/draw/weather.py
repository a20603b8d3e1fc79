"""Rain, snow, petals and leaves."""

import math

import cv2
import numpy as np

from conclvd.paint.draw.layers import ByteArray, Flight, Precipitation
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.scene.palette import Palette, rgb

# Texels of a tile of rain or snow; at scale 1 it covers one unit.
_TILE = 512
_WHITE = np.ones(3, np.float32)
_SHIFT = 4  # binary digits after the point in the coordinates that OpenCV draws with
# Outlines of a petal and of a leaf, unit length along x.
_PETAL = np.array(
    [(-1, 0), (-0.55, 0.5), (0.1, 0.62), (0.75, 0.38), (1, 0.06), (0.7, -0.1), (0.9, -0.22),
     (0.2, -0.46), (-0.5, -0.42)], np.float32,
)  # fmt: skip
_LEAF = np.array(
    [(-1.25, 0), (-0.7, 0.26), (-0.1, 0.4), (0.5, 0.3), (1.25, 0.02), (0.5, -0.28), (-0.1, -0.36),
     (-0.7, -0.22)], np.float32,
)  # fmt: skip


def paint_precipitation(
    rng: np.random.Generator, palette: Palette, kind: str, wind: int, unit: float = 1.0
) -> Precipitation:
    """Falling rain or snow, slanting with the wind, in a colour that contrasts with the sky."""
    heavy = rng.uniform(0.7, 1.1)
    tile = _rain_tile(rng, heavy) if kind == "rain" else _snow_tile(rng, heavy)
    slant = wind * float(rng.uniform(0.04, 0.30))
    if kind == "snow":
        passes: tuple[tuple[float, float, float], ...] = (
            (0.75, 0.97, 0.24),
            (1.15, 0.9, 0.19),
            (1.5, 0.8, 0.14),
        )
        color = mix(palette.light, _WHITE, 0.92)
    else:
        passes = ((1.1, 0.62, 2.1), (1.7, 0.42, 1.6))
        color = mix(palette.mist, _WHITE, 0.75)
    passes = tuple((size / unit, strength, speed) for size, strength, speed in passes)
    return Precipitation(kind, kind, 0.0, tile=tile, color=color, slant=slant, passes=passes)


def _wrapped(tile: ByteArray) -> ByteArray:
    """Fold a tile drawn with a border of a quarter onto itself, so that it repeats."""
    edge = _TILE // 4
    core = tile[edge:-edge].copy()
    core[-edge:] = np.maximum(core[-edge:], tile[:edge])
    core[:edge] = np.maximum(core[:edge], tile[-edge:])
    folded = core[:, edge:-edge].copy()
    folded[:, -edge:] = np.maximum(folded[:, -edge:], core[:, :edge])
    folded[:, :edge] = np.maximum(folded[:, :edge], core[:, -edge:])
    return folded


def _rain_tile(rng: np.random.Generator, heavy: float) -> ByteArray:
    """Upright streaks, bytes [n n]; the slant is made when the tile is placed."""
    size = _TILE + _TILE // 2
    tile = np.zeros((size, size), np.uint8)
    for _ in range(int(76 * heavy)):
        x, y = rng.uniform(_TILE / 4, _TILE * 1.25, 2)
        length, strength = rng.uniform(26, 60), rng.uniform(0.5, 1.0)
        ends = np.array([[x, y], [x, y + length]]) * (1 << _SHIFT)
        start, end = ends.round().astype(int).tolist()
        thick = 1
        cv2.line(tile, start, end, int(255 * strength), thick, cv2.LINE_AA, _SHIFT)
    return _wrapped(cv2.GaussianBlur(tile, (0, 0), 0.45))


def _snow_tile(rng: np.random.Generator, heavy: float) -> ByteArray:
    size = _TILE + _TILE // 2
    tile = np.zeros((size, size), np.uint8)
    for _ in range(int(34 * heavy)):
        x, y = rng.uniform(_TILE / 4, _TILE * 1.25, 2)
        radius, strength = rng.uniform(1.4, 2.9), rng.uniform(0.6, 1.0)
        centre = (np.array([x, y]) * (1 << _SHIFT)).round().astype(int).tolist()
        cv2.circle(
            tile, centre, int(radius * (1 << _SHIFT)), int(255 * strength), -1, cv2.LINE_AA, _SHIFT
        )
    return _wrapped(cv2.GaussianBlur(tile, (0, 0), 0.9))


def draw_precipitation(layer: Precipitation, seconds: float, width: int, height: int) -> ByteArray:
    """Coverage of all passes, bytes [h w]."""
    covered: ByteArray = np.zeros((height, width), np.uint8)
    n = layer.tile.shape[0]
    for index, (scale, strength, speed) in enumerate(layer.passes):
        fall = speed * seconds
        drift = 0.02 * math.sin(2.2 * seconds + 2 * index) if layer.kind == "snow" else 0.0
        # Texel of the tile for a pixel: both axes are scaled alike, rain is sheared by its slant.
        k = scale * n / height
        shear = -layer.slant * k if layer.kind == "rain" else 0.0
        x0 = (0.37 * scale - (layer.slant * fall * (layer.kind == "snow") + drift) * scale) % 1.0
        y0 = (0.71 * scale - fall * scale) % 1.0
        matrix = np.array([[k, shear, x0 * n], [0, k, y0 * n]], np.float64)
        found = cv2.warpAffine(
            layer.tile, matrix, (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_WRAP,
        )  # fmt: skip
        found = cv2.convertScaleAbs(found, alpha=strength)
        covered = np.asarray(cv2.max(covered, found), np.uint8)
    return covered


def paint_flight(
    rng: np.random.Generator,
    palette: Palette,
    kind: str,
    wind: int,
    unit: float = 1.0,
    aspect: float = 1.0,
) -> Flight:
    """Petals or leaves carried by the wind, so many in every picture height of `aspect`."""
    count = int(rng.integers(14, 27) * min(max(aspect, 1.0), 5.0))
    pieces = rng.random((count, 7)).astype(np.float32)
    leaf = kind == "leaves"
    if leaf:
        tones = [rgb("d98a1e"), rgb("c4571d"), rgb("8d8a2c"), mix(rgb("a8741f"), palette.ink, 0.2)]
    else:
        pink = (
            mix(palette.accent, rgb("ef6d8f"), 0.6) if palette.name != "spring" else palette.accent
        )
        tones = [
            pink,
            mix(pink, _WHITE, 0.35),
            mix(pink, rgb("c93a52"), 0.5),
            mix(pink, _WHITE, 0.15),
        ]
    colors = np.clip(np.stack(tones) * 255, 0, 255).astype(np.uint8)
    speed = float(rng.uniform(0.050, 0.066))
    return Flight(
        kind, "", 0.4, pieces=pieces, colors=colors, wind=wind, speed=speed, leaf=leaf, unit=unit
    )


def piece_outlines(layer: Flight, seconds: float, aspect: float) -> tuple[FloatArray, FloatArray]:
    """Outlines [n k 2] in screen units and sizes [n] of the petals or leaves at a time."""
    x, y, size, phase, spin, tumble, _ = layer.pieces.T
    length = layer.unit * (0.010 + 0.012 * size**1.6) * (1.15 if layer.leaf else 1.0)
    pace = layer.speed * (0.75 + 0.45 * size)
    wide = aspect + 0.3
    sway = 0.009 * np.sin(2 * math.pi * (phase + seconds * (0.3 + 0.3 * spin)))
    px = (x * wide + layer.wind * pace * 1.05 * seconds + sway) % wide - 0.15
    py = (y * 1.3 + pace * seconds) % 1.3 - 0.15
    angle = 2 * math.pi * (phase + (spin - 0.5) * 0.8 * seconds)
    turn = 2 * math.pi * (tumble + seconds * (0.25 + 0.35 * spin))
    flat = 0.3 + 0.7 * np.abs(np.cos(turn))
    outline = _LEAF if layer.leaf else _PETAL
    u = outline[None, :, 0] * length[:, None] * 0.6
    v = outline[None, :, 1] * (length * flat)[:, None] * 0.6
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    points = np.stack([px[:, None] + u * cos - v * sin, py[:, None] + u * sin + v * cos], -1)
    return points.astype(np.float32), length.astype(np.float32)


def draw_flight(
    layer: Flight, seconds: float, canvas: ByteArray, coverage: ByteArray | None
) -> int:
    """Draw the pieces on an RGBA byte canvas [h w 4]; returns how many lie inside the picture.

    When given, `coverage` [h w] is set to 255 where a piece is drawn.
    """
    height, width = canvas.shape[:2]
    outlines, _ = piece_outlines(layer, seconds, width / height)
    inside = 0
    fixed = np.round((outlines * height - 0.5) * (1 << _SHIFT)).astype(np.int32)
    for outline, place, tone in zip(fixed, outlines, layer.pieces[:, 6], strict=True):
        color = [*layer.colors[int(tone * len(layer.colors))].tolist(), 255]
        cv2.fillConvexPoly(canvas, outline, color, cv2.LINE_AA, _SHIFT)
        if coverage is not None:
            cv2.fillConvexPoly(coverage, outline, 255, cv2.LINE_AA, _SHIFT)
        cx, cy = place.mean(axis=0)
        inside += bool(0 < cx < width / height and 0 < cy < 1)
    return inside
