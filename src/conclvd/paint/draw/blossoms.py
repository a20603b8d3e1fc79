"""Blossoming branches that enter the picture from its edge, and loose petals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from conclvd.paint.draw.canvas import Canvas, Floats
from conclvd.paint.draw.foliage import Growth, bark, draw_haze, grow
from conclvd.paint.draw.trees import WHITE, blossom_color, draw_blades
from conclvd.paint.noise import mix
from conclvd.paint.scene.palette import Palette, rgb

ORANGE = rgb("d8742a")


def leaf_color(palette: Palette) -> Floats:
    """The colour of a branch's leaves: green in spring, else red turned to orange."""
    return palette.foliage if palette.name == "spring" else mix(palette.accent, ORANGE, 0.4)


def draw_blossom_branch(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    angle: float,
    leaves: bool = False,
    bloom: npt.ArrayLike | None = None,
) -> None:
    """A gnarled branch about `size` long that starts at (x, y) towards `angle` (radians).

    It carries clusters of five-petalled flowers, or with `leaves` of autumn leaves, in the colour
    `bloom` (by default the palette's blossom or autumn-leaf colour; green leaves in spring).
    """
    here = canvas.placed(x, y, size)
    default = leaf_color(palette) if leaves else blossom_color(palette)
    colour = default if bloom is None else np.asarray(bloom, np.float32)
    growth = Growth(wander=0.26, spread=0.62, steady=0.55)
    limbs = grow(rng, (0, 0), angle, 0.48, 0.046, 3, growth)
    limbs.draw(here, rng, bark(palette), palette.mid)
    tips = limbs.tips[:, :2]
    clusters = tips[rng.random(len(tips)) < 0.85]
    each = rng.integers(2, 8, len(clusters))
    at = np.repeat(clusters, each, 0)
    at = at + rng.normal(0, 0.032, at.shape).astype(np.float32)
    if leaves:
        _draw_leaves(here, rng, at, colour, palette)
        return
    hazy = clusters[rng.random(len(clusters)) < 0.45]
    draw_haze(here, rng, hazy, 0.07, mix(colour, palette.mist, 0.3), 0.3, flat=0.9)
    _draw_buds(here, rng, tips, colour, palette)
    _draw_flowers(here, rng, at, colour, palette)


def _draw_flowers(
    here: Canvas, rng: np.random.Generator, at: Floats, colour: Floats, palette: Palette
) -> None:
    """Flowers of five petals and a dark heart, centred on at [n 2]."""
    count = len(at)
    radius = rng.uniform(0.011, 0.021, count)
    tilt = rng.uniform(0.65, 1.0, count)  # how far a flower faces us
    turn = rng.uniform(0, 2 * np.pi, (count, 1)) + np.arange(5) * 2 * np.pi / 5
    cx = at[:, :1] + np.cos(turn) * radius[:, None] * 0.8
    cy = at[:, 1:] + np.sin(turn) * (radius * tilt)[:, None] * 0.8
    pale = rng.uniform(0, 0.5, (count, 1)) + rng.normal(0, 0.08, (count, 5))
    petals = mix(colour, WHITE, np.clip(pale, 0, 0.7)[..., None]).reshape(-1, 3)
    wide, high = np.repeat(0.74 * radius, 5), np.repeat(0.6 * radius * tilt, 5)
    here.ellipses(cx.ravel(), cy.ravel(), wide, high, petals, 0.85, np.degrees(turn).ravel())
    heart = mix(palette.accent, palette.ink, 0.35)
    here.ellipses(at[:, 0], at[:, 1], 0.36 * radius, 0.32 * radius, heart, 0.8)


def _draw_buds(
    here: Canvas, rng: np.random.Generator, tips: Floats, colour: Floats, palette: Palette
) -> None:
    """Round buds, deeper in colour than the open flowers, near the twigs' tips [n 2]."""
    at = np.repeat(tips, 2, 0) + rng.normal(0, 0.02, (2 * len(tips), 2))
    size = rng.uniform(0.005, 0.009, len(at))
    deep = mix(colour, palette.ink, 0.18)
    here.ellipses(at[:, 0], at[:, 1], size, size * 1.25, deep, 0.9, rng.uniform(0, 90, len(at)))


def _draw_leaves(
    here: Canvas, rng: np.random.Generator, at: Floats, colour: Floats, palette: Palette
) -> None:
    """Pointed leaves in sprays of three around at [n 2]."""
    base = np.repeat(at, 3, 0)
    turn = rng.uniform(0, 2 * np.pi, len(base))
    reach = rng.uniform(0.028, 0.055, len(base))
    end = base + np.stack([np.cos(turn), 0.35 + np.sin(turn)], -1) * reach[:, None]
    tone = rng.random((len(base), 1))
    shades = mix(mix(colour, palette.ink, 0.3), mix(colour, palette.light, 0.35), tone)
    draw_blades(here, base, end, reach * 0.5, shades, 0.9)
