"""What makes crisp shapes look brushed: washes of pigment, pools of colour, the painter's seal."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from conclvd.paint.draw.canvas import Canvas
from conclvd.paint.noise import FloatArray, fbm, mix, value_noise
from conclvd.paint.scene.palette import rgb

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


def draw_pools(
    canvas: Canvas,
    rng: np.random.Generator,
    outlines: npt.ArrayLike,
    colors: npt.ArrayLike,
    alphas: npt.ArrayLike,
    *,
    layers: int = 5,
    spread: npt.ArrayLike = 0.05,
) -> None:
    """Pools of colour with soft, uneven rims, as on wet paper, inside outlines [m k 2].

    Every pool is `layers` copies of its outline at low alpha, each bulging elsewhere by `spread`
    (scalar or [m], in mean radii). `colors` is [3] or [m 3]; `alphas`, scalar or [m], is the
    opacity in a pool's middle.
    """
    rims = np.asarray(outlines, np.float32)
    pools, knots = rims.shape[:2]
    much = np.broadcast_to(np.asarray(spread, np.float32), (pools,))[:, None, None, None]
    t = np.linspace(0, 2 * np.pi, knots, endpoint=False, dtype=np.float32)
    waves = np.array([2, 3, 5], np.float32)[:, None]
    turns = rng.uniform(0, 2 * np.pi, (pools, layers, 3, 1)).astype(np.float32)
    weights = rng.standard_normal((pools, layers, 3, 1), dtype=np.float32) * much
    swell = rng.uniform(-1.2, 1.0, (pools, layers, 1)).astype(np.float32) * much[:, 0]
    factor = 1 + (weights * np.sin(waves * t + turns)).sum(2) + swell
    centres = rims.mean(1)[:, None, None]
    spread_out = centres + (rims[:, None] - centres) * factor[..., None]
    opacity = np.minimum(np.broadcast_to(np.asarray(alphas, np.float32), (pools,)), 0.99)
    each = 1 - (1 - opacity) ** (1 / layers)
    ink = np.broadcast_to(np.asarray(colors, np.float32), (pools, 3))
    canvas.polygons(
        spread_out.reshape(-1, knots, 2), np.repeat(ink, layers, 0), np.repeat(each, layers)
    )


def draw_seal(canvas: Canvas, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    """A red seal, `size` wide and 1.2 `size` high, its upper left corner at (x, y)."""
    here = canvas.placed(x, y, size)
    corners = np.array(
        [(0, 0), (0.5, 0), (1, 0), (1, 0.6), (1, 1.2), (0.5, 1.2), (0, 1.2), (0, 0.6)]
    )
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
