"""What makes crisp shapes look brushed: washes of pigment, pools of colour, the painter's seal."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from conclvd.paint.canvas import Canvas
from conclvd.paint.noise import FloatArray, fbm, mix, value_noise
from conclvd.paint.palette import rgb

SEAL_RED = rgb("b3261e")
PAPER = rgb("f3e8d8")
# Cells of the wobble and of the pigment noise, in texels.
WOBBLE_CELL = 9.0
PIGMENT_CELL = 26.0


def painted_box(texture: FloatArray, margin: int = 0) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) of what is painted, `margin` wider; None for an empty texture."""
    covered = texture[..., 3] > 0.01
    rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    if len(rows) == 0:
        return None
    height, width = covered.shape
    return (
        max(int(rows[0]) - margin, 0),
        min(int(rows[-1]) + 1 + margin, height),
        max(int(columns[0]) - margin, 0),
        min(int(columns[-1]) + 1 + margin, width),
    )


def wash(
    texture: FloatArray, rng: np.random.Generator, amount: float = 0.22, wobble: float = 1.0
) -> FloatArray:
    """Turn crisp shapes into brush work: a wobbling edge, uneven pigment, pooling, grain.

    `texture` is float32 [h w 4], premultiplied; so is the result, a new array. `amount` is the
    strength of the pigment's variation, `wobble` the movement of the edges in texels. Only the
    box around what is painted is worked on. Raises ValueError for another shape.
    """
    if texture.ndim != 3 or texture.shape[2] != 4:
        raise ValueError(f"a texture has the shape [h w 4], not {list(texture.shape)}")
    box = painted_box(texture, margin=4)
    result = texture.copy()
    if box is None:
        return result
    top, bottom, left, right = box
    h, w = bottom - top, right - left
    if h < 4 or w < 4:
        return result
    moved = _wobble(texture[top:bottom, left:right], rng, wobble)
    alpha = moved[..., 3]
    pigment = fbm(rng, h, w, h / PIGMENT_CELL, w / PIGMENT_CELL, 3, 0.6)
    grain = rng.random((h, w), dtype=np.float32) - 0.5
    pooling = np.maximum(alpha - cv2.GaussianBlur(alpha, (0, 0), 2.0), 0)
    uneven = (pigment + 0.45 * grain) * np.float32(amount)
    # Less water on the paper: darker; more: paler and a little more transparent.
    darker = 1 - 0.5 * uneven - 0.35 * pooling
    paler = 0.28 * np.maximum(uneven, 0) * alpha
    thin = 1 - np.clip(pigment - 0.25, 0, 1) * np.float32(0.7 * amount)
    colour = moved[..., :3] * darker[..., None] + paler[..., None]
    colour = np.clip(colour, 0, alpha[..., None]) * thin[..., None]
    result[top:bottom, left:right, :3] = colour
    result[top:bottom, left:right, 3] = alpha * thin
    return result


def _wobble(texture: FloatArray, rng: np.random.Generator, texels: float) -> FloatArray:
    """The texture [h w 4] with every texel fetched from up to `texels` away, smoothly varying."""
    h, w = texture.shape[:2]
    shift_x = value_noise(rng, h, w, h / WOBBLE_CELL, w / WOBBLE_CELL)
    shift_y = value_noise(rng, h, w, h / WOBBLE_CELL, w / WOBBLE_CELL)
    if texels == 0:
        return texture
    from_x = np.arange(w, dtype=np.float32)[None] + shift_x * np.float32(texels)
    from_y = np.arange(h, dtype=np.float32)[:, None] + shift_y * np.float32(texels)
    moved = cv2.remap(texture, from_x, from_y, cv2.INTER_LINEAR)
    return np.asarray(np.clip(moved, 0, 1), dtype=np.float32)


def pool_outlines(
    rng: np.random.Generator, outline: npt.ArrayLike, layers: int, spread: float
) -> FloatArray:
    """`layers` copies [layers k 2] of an outline [k 2], each bulging elsewhere by `spread`.

    `spread` is in units of the outline's mean radius. Painted over each other at low alpha they
    give the soft, uneven rim of a pool of colour on wet paper.
    """
    points = np.asarray(outline, np.float32)
    centre = points.mean(0)
    t = np.linspace(0, 2 * np.pi, len(points), endpoint=False, dtype=np.float32)
    phases = rng.uniform(0, 2 * np.pi, (3, layers, 1)).astype(np.float32)
    weights = rng.normal(0, spread, (3, layers, 1)).astype(np.float32)
    bulge = sum(
        weights[i] * np.sin(frequency * t[None] + phases[i])
        for i, frequency in enumerate((2, 3, 5))
    )
    swell = rng.uniform(-1.2 * spread, spread, (layers, 1)).astype(np.float32)
    factor = np.asarray(1 + bulge + swell, np.float32)[..., None]
    return np.asarray(centre + (points - centre)[None] * factor, dtype=np.float32)


def draw_pool(
    canvas: Canvas,
    rng: np.random.Generator,
    outline: npt.ArrayLike,
    color: npt.ArrayLike,
    alpha: float,
    *,
    layers: int = 5,
    spread: float = 0.08,
) -> None:
    """A pool of colour with soft edges around `outline` [k 2], of opacity `alpha` in its middle."""
    each = 1 - (1 - min(alpha, 0.99)) ** (1 / layers)
    canvas.polygons(pool_outlines(rng, outline, layers, spread), color, each)


def draw_seal(
    canvas: Canvas, rng: np.random.Generator, x: float, y: float, size: float
) -> None:
    """A red seal, `size` wide and 1.2 `size` high, its upper left corner at (x, y)."""
    here = canvas.placed(x, y, size)
    corners = np.array([(0, 0), (0.5, 0), (1, 0), (1, 0.6), (1, 1.2), (0.5, 1.2), (0, 1.2), (0, 0.6)])
    here.polygon(corners + rng.normal(0, 0.02, (8, 2)), SEAL_RED, 0.9)
    # Two characters of straight carved lines on a lattice, inside a pale frame line.
    carved = mix(PAPER, SEAL_RED, 0.12)
    frame = [[(0.08, 0.08), (0.92, 0.08)], [(0.08, 1.12), (0.92, 1.12)],
             [(0.08, 0.08), (0.08, 1.12)], [(0.92, 0.08), (0.92, 1.12)]]  # fmt: skip
    lines = []
    for row in (0.2, 0.66):
        for _ in range(2):
            yy = row + rng.choice([0.02, 0.18, 0.34])
            lines.append([(0.22, yy), (0.78, yy)])
        for _ in range(2):
            xx = rng.choice([0.3, 0.5, 0.7])
            lines.append([(xx, row), (xx, row + 0.36)])
    here.strokes(frame, 0.04, 0.04, carved, 0.8)
    here.strokes(lines, 0.075, 0.065, carved, 0.92)
