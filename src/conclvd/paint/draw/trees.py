"""Broad-leaved trees: leafy, bare, blossoming, weeping, and the dabs that stand for far ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from conclvd.paint.draw.canvas import Canvas, Floats, shifted
from conclvd.paint.draw.foliage import UP, Growth, bark, draw_dabs, draw_haze, grow
from conclvd.paint.noise import mix
from conclvd.paint.scene.palette import Palette, rgb

WHITE = np.ones(3, np.float32)
WILLOW_GREEN = rgb("9fb45a")
PINK = rgb("ee7f9c")


def blossom_color(palette: Palette) -> Floats:
    """The colour of blossoms: the accent, or pink where the accent is a lamp's yellow."""
    yellow = palette.accent[1] > 0.6
    return PINK if yellow else mix(palette.accent, PINK, 0.25)


def draw_round_tree(
    canvas: Canvas, rng: np.random.Generator, palette: Palette, x: float, y: float, size: float
) -> None:
    """A leafy tree about `size` high with its foot at (x, y)."""
    here = canvas.placed(x, y, size)
    limbs = grow(
        rng, (0, 0), UP + rng.normal(0, 0.15), 0.38, 0.06, 2,
        Growth(lift=0.35, spread=0.95, shrink=(0.6, 0.9), steady=0.7),
    )  # fmt: skip
    light, dark = mix(palette.foliage, palette.light, 0.42), mix(palette.foliage, palette.ink, 0.4)
    if palette.name == "night":  # moonlight on the leaves
        light = mix(palette.far, palette.light, 0.3)
    crown = limbs.tips[:, :2] - (0, 0.03)
    radii = rng.uniform(0.12, 0.2, len(crown))
    draw_haze(here, rng, crown, radii, mix(palette.foliage, palette.mid, 0.2), 0.4, layers=3)
    limbs.draw(here, rng, bark(palette), palette.mid)
    draw_dabs(here, rng, crown, radii, 24, light, dark, 0.026, flat=0.7)


def draw_bare_tree(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    lean: float = 0.0,
    snow: bool = False,
) -> None:
    """A leafless winter tree about `size` high; `lean` in radians, to the right if positive."""
    here = canvas.placed(x, y, size)
    angle = UP + lean + rng.normal(0, 0.12)
    growth = Growth(wander=0.26, spread=0.75, lift=0.3, shrink=(0.58, 0.86), steady=0.6)
    limbs = grow(rng, (0, 0), angle, 0.36, 0.065, 4, growth)
    limbs.draw(here, rng, bark(palette), palette.mid)
    if snow:
        lying = np.abs(limbs.points[:, -1, 0] - limbs.points[:, 0, 0]) > 0.05
        raised = limbs.points[lying] - (0, 0.006)
        here.strokes(raised, 0.012, 0.004, mix(palette.light, WHITE, 0.6), 0.9, rng=rng)


def draw_blossom_tree(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    bloom: npt.ArrayLike | None = None,
    lean: float = 0.0,
) -> None:
    """A tree in blossom, about `size` high: a broad crown of soft masses and bright petals.

    `bloom` is the blossoms' colour, by default the palette's; `lean` in radians.
    """
    here = canvas.placed(x, y, size)
    colour = blossom_color(palette) if bloom is None else np.asarray(bloom, np.float32)
    pale = mix(mix(colour, palette.mist, 0.35), WHITE, 0.35)
    deep = mix(colour, palette.ink, 0.14)
    growth = Growth(wander=0.2, spread=1.0, lift=0.34, shrink=(0.6, 0.9), steady=0.5)
    limbs = grow(rng, (0, 0), UP + lean + rng.normal(0, 0.1), 0.32, 0.072, 3, growth)
    limbs = limbs.widened(1.25)
    crown = limbs.tips[:, :2]
    radii = rng.uniform(0.08, 0.15, len(crown)).astype(np.float32)
    draw_haze(here, rng, crown, 1.2 * radii, mix(colour, pale, 0.4), 0.32, flat=0.75, layers=5)
    limbs.draw(here, rng, bark(palette), palette.mid)
    order = np.argsort(crown[:, 1])[::-1]
    crown, radii = crown[order], radii[order]
    draw_haze(here, rng, shifted(crown, 0, 0.02), 0.8 * radii, colour, 0.4, flat=0.7, layers=3)
    upper = crown - np.stack([0.2 * radii, 0.35 * radii], -1)
    draw_haze(here, rng, upper, 0.6 * radii, pale, 0.4, flat=0.7, layers=3)
    draw_dabs(here, rng, crown, radii, 24, mix(pale, WHITE, 0.3), deep, 0.013, flat=0.8, alpha=0.85)


def draw_willow(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    side: int,
) -> None:
    """A weeping willow about `size` high that leans to `side` (1: right, -1: left)."""
    here = canvas.placed(x, y, size, side)
    leaf = mix(palette.foliage, WILLOW_GREEN, 0.42)
    if palette.name in ("ink", "silk"):
        leaf = mix(palette.foliage, palette.mid, 0.35)
    elif palette.name == "night":
        leaf = mix(palette.foliage, palette.far, 0.55)
    trunk = grow(rng, (0, 0), UP + 0.2, 0.5, 0.085, 0, Growth(wander=0.13, lift=0.1))
    boughs = _willow_boughs(rng, trunk.points[0])
    strands = _willow_strands(rng, boughs)
    count = len(strands)
    rear = rng.random(count) < 0.4
    far = mix(leaf, palette.mist, 0.35)
    draw_haze(here, rng, shifted(boughs[:, 2], 0, 0.05), 0.13, leaf, 0.18, flat=0.7, layers=3)
    _willow_leaves(here, rng, strands[rear], far, palette)
    dark = bark(palette)
    here.strokes(boughs, 0.032, 0.007, dark, 0.95, rng=rng, jitter=0.12)
    trunk.draw(here, rng, dark, palette.mid)
    tone = rng.random((count, 1))
    here.strokes(strands, 0.006, 0.003, mix(mix(leaf, palette.ink, 0.45), leaf, tone), 0.75)
    _willow_leaves(here, rng, strands[~rear], leaf, palette)


def _willow_boughs(rng: np.random.Generator, trunk: Floats) -> Floats:
    """Boughs [n 5 2] that spring from the upper trunk [k 2], arch over and begin to fall."""
    count = int(rng.integers(6, 9))
    foot = trunk[rng.integers(3, len(trunk), count)]
    across = np.linspace(-1, 1, count) * rng.uniform(0.28, 0.42) + rng.normal(0.04, 0.05, count)
    rise = rng.uniform(0.22, 0.42, count) * (1.15 - 0.9 * np.abs(across))
    q = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    arch = np.array([0.0, -0.62, -0.95, -1.0, -0.8])
    x = foot[:, :1] + across[:, None] * q + rng.normal(0, 0.014, (count, 5)) * (q > 0)
    y = foot[:, 1:] + rise[:, None] * arch + rng.normal(0, 0.014, (count, 5)) * (q > 0)
    return np.stack([x, y], -1).astype(np.float32)


def _willow_strands(rng: np.random.Generator, boughs: Floats) -> Floats:
    """Hanging strands [n 5 2] from the outer parts of boughs [m 5 2]: up a little, then down."""
    each = 13
    q = np.tile(np.linspace(1.4, 4, each), len(boughs)) + rng.normal(0, 0.08, each * len(boughs))
    q = np.clip(q, 0, 3.999)
    bough = np.repeat(boughs, each, 0)
    row = np.arange(len(q))
    knot = q.astype(int)
    start = bough[row, knot] + (bough[row, knot + 1] - bough[row, knot]) * (q - knot)[:, None]
    length = rng.uniform(0.2, 0.62, len(q))
    length = np.minimum(length, -start[:, 1] - 0.03).clip(0.08)
    drift = rng.normal(0.03, 0.035, len(q)) + 0.25 * (bough[:, 4, 0] - bough[:, 0, 0])
    fall = np.array([0.0, -0.02, 0.25, 0.62, 1.0])
    out = np.array([0.0, 0.4, 0.85, 1.0, 0.92])
    x = start[:, :1] + drift[:, None] * out + rng.normal(0, 0.006, (len(q), 5))
    return np.stack([x, start[:, 1:] + length[:, None] * fall], -1).astype(np.float32)


def _willow_leaves(
    here: Canvas,
    rng: np.random.Generator,
    points: npt.ArrayLike,
    leaf: Floats,
    palette: Palette,
) -> None:
    """Narrow leaves along strands [n 5 2], pointing down and outwards."""
    strand = np.asarray(points, np.float32)
    each = 11
    along = np.linspace(0.12, 0.999, each) * 4
    knot = along.astype(int)
    t = (along - knot)[None, :, None]
    at = strand[:, knot] * (1 - t) + strand[:, knot + 1] * t
    at = at.reshape(-1, 2) + rng.normal(0, 0.003, (len(strand) * each, 2))
    turn = np.pi / 2 + rng.normal(0, 0.45, len(at))
    reach = rng.uniform(0.024, 0.046, len(at))
    end = at + np.stack([np.cos(turn), np.sin(turn)], -1) * reach[:, None]
    tone = rng.random((len(at), 1))
    colour = mix(mix(leaf, palette.ink, 0.3), mix(leaf, palette.light, 0.4), tone)
    draw_blades(here, at, end, 0.011, colour, 0.85)


def draw_blades(
    canvas: Canvas,
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    width: npt.ArrayLike,
    colors: npt.ArrayLike,
    alphas: npt.ArrayLike = 1.0,
) -> None:
    """Small leaves with pointed ends from start [n 2] to end [n 2], the quickest of strokes."""
    first, last = np.asarray(start, np.float32), np.asarray(end, np.float32)
    along = last - first
    normal = np.stack([-along[:, 1], along[:, 0]], -1)
    normal /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    half = normal * 0.5 * np.broadcast_to(np.asarray(width, np.float32), (len(first),))[:, None]
    outline = np.stack(
        [first, first + 0.3 * along + half, first + 0.65 * along + 0.8 * half, last,
         first + 0.65 * along - 0.8 * half, first + 0.3 * along - half], 1
    )  # fmt: skip
    canvas.polygons(outline, colors, alphas)
