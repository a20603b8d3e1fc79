"""Buildings: houses of several kinds, pavilions, pagodas and bridges."""

from __future__ import annotations

import numpy as np

from conclvd.paint.draw.canvas import Canvas, shifted
from conclvd.paint.draw.houses import (
    Materials,
    draw_courtyard,
    draw_front_house,
    draw_gabled_house,
    draw_walled_house,
    materials,
    paint_color,
)
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.scene.palette import Palette


def draw_house(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    thatched: bool = False,
    snow: bool = False,
) -> None:
    """A house about `size` wide whose walls stand on y, its middle at x.

    Its kind and the way it faces are drawn from `rng`: seen from the front, in three-quarter view
    with a gable, two wings at an angle, or white walls with stepped gables. `thatched` makes it a
    hut with a straw roof; `snow` whitens the roof.
    """
    here = canvas.placed(x, y, size, int(rng.choice([-1, 1])))
    look = materials(palette, rng, thatched=thatched, snow=snow)
    kind = rng.random()
    if thatched:
        (draw_front_house if kind < 0.3 else draw_gabled_house)(here, rng, palette, look)
    elif kind < 0.2:
        draw_front_house(here, rng, palette, look)
    elif kind < 0.52:
        draw_gabled_house(here, rng, palette, look)
    elif kind < 0.72:
        draw_courtyard(here, rng, palette, look)
    else:
        draw_walled_house(here, rng, palette, look)


def _flared_roof(width: float, height: float, flare: float) -> FloatArray:
    """Outline [n 2] of a pointed roof on the origin whose eaves turn up at the corners."""
    q = np.linspace(0, 1, 9)
    # From the corner to the peak along a hanging curve, and back along the eaves.
    slope = np.stack([0.5 * width * (1 - q), -height * q**1.9 - flare * (1 - q) ** 6], -1)
    eaves = np.stack([0.5 * width * np.linspace(-0.8, 0.8, 7), 0.12 * flare * np.ones(7)], -1)
    eaves[:, 1] -= 0.4 * flare * np.abs(np.linspace(-1, 1, 7)) ** 4
    mirrored = (slope * (-1, 1))[::-1]
    return np.concatenate([slope, mirrored[1:], eaves]).astype(np.float32)


def _draw_flared_roof(
    here: Canvas,
    palette: Palette,
    at: tuple[float, float],
    width: float,
    height: float,
    look: Materials,
) -> None:
    """A tiled pointed roof, the middle of its eaves at `at`."""
    outline = _flared_roof(width, height, 0.3 * height)
    here.polygon(outline + at, look.roof, 0.97)
    q = np.linspace(0.05, 0.9, 6)
    for across in (-0.36, -0.18, 0.0, 0.18, 0.36):
        line = np.stack([across * width * (1 - q), -height * q**1.7], -1) + at
        here.stroke(line, 0.05 * height, 0.02 * height, look.tile, 0.55)
    lit = outline[9:16] + at
    here.stroke(lit, 0.05 * height, 0.05 * height, mix(look.roof, palette.light, 0.3), 0.5)
    corners = outline[[0, 16]] + at
    middle, tips = shifted(corners, 0, -0.05 * height), shifted(corners, 0, -0.14 * height)
    bows = np.stack([corners, middle, tips], 1)
    bows[:, :, 0] += np.array([[0, 0.014, 0.03], [0, -0.014, -0.03]]) * width
    here.strokes(bows, 0.035 * height, 0.01 * height, look.roof, 0.97)
    if look.snow is not None:
        shape = outline.copy()
        shape[:, 1] = np.minimum(shape[:, 1], -0.18 * height)
        here.polygon(shape * (0.92, 1.0) + at, look.snow, 0.93)


def draw_pavilion(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    tiers: int = 1,
    snow: bool = False,
) -> None:
    """An open pavilion about `size` wide with `tiers` flared roofs, standing on y.

    Raises ValueError unless 1 <= tiers <= 3.
    """
    if not 1 <= tiers <= 3:
        raise ValueError(f"a pavilion has 1 to 3 tiers, not {tiers}")
    here = canvas.placed(x, y, size)
    look = materials(palette, rng, thatched=False, snow=snow)
    wood = mix(palette.ink, paint_color(palette), 0.4)
    stone = mix(palette.light, palette.ink, 0.35)
    here.polygon([(-0.4, 0.02), (-0.37, -0.035), (0.37, -0.035), (0.4, 0.02)], stone, 0.97)
    steps = [(-0.12, 0.04), (-0.1, -0.03), (0.1, -0.03), (0.12, 0.04)]
    here.polygon(steps, mix(stone, palette.light, 0.4))
    slender, steep = rng.uniform(0.9, 1.15), rng.uniform(0.85, 1.2)
    base = -0.03
    for tier in range(tiers):
        scale = 0.78**tier
        wide, tall = 0.6 * scale, 0.32 * slender * scale * (1.0 if tier == 0 else 0.62)
        shadow = mix(wood, palette.mist, 0.35)
        here.polygon([(-0.5 * wide, base), (-0.5 * wide, base - tall), (0.5 * wide, base - tall),
                      (0.5 * wide, base)], shadow, 0.28 if tier == 0 else 0.9)  # fmt: skip
        feet = np.array([-0.48, -0.2, 0.2, 0.48]) * wide
        posts = np.stack([np.stack([feet, np.full(4, base)], -1),
                          np.stack([feet, np.full(4, base - tall)], -1)], 1)  # fmt: skip
        here.strokes(posts, 0.036 * scale, 0.032 * scale, wood, 0.97)
        levels = base - tall * np.array([0.1, 0.3, 0.9])
        rails = [[(-0.48 * wide, level), (0.48 * wide, level)] for level in levels]
        here.strokes(rails, 0.016, 0.016, wood, 0.85)
        roof = 0.3 * steep * scale * (1.0 if tier == tiers - 1 else 0.72)
        _draw_flared_roof(here, palette, (0, base - 0.94 * tall), 1.62 * wide, roof, look)
        base -= 0.94 * tall + 0.62 * roof
    peak = base - 0.38 * 0.3 * steep * 0.78 ** (tiers - 1)
    here.stroke([(0, peak + 0.02), (0, peak - 0.09)], 0.035, 0.014, look.ridge)
    here.ellipse(0, peak - 0.035, 0.024, 0.022, mix(look.ridge, paint_color(palette), 0.3))


def draw_pagoda(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    storeys: int = 5,
    snow: bool = False,
) -> None:
    """A pagoda about `size` high with `storeys` eaves, standing on y.

    Raises ValueError unless 2 <= storeys <= 13.
    """
    if not 2 <= storeys <= 13:
        raise ValueError(f"a pagoda has 2 to 13 storeys, not {storeys}")
    here = canvas.placed(x, y, size)
    look = materials(palette, rng, thatched=False, snow=snow)
    plaster = mix(palette.light, paint_color(palette), rng.uniform(0.1, 0.45))
    plaster = mix(plaster, palette.mid, 0.2)
    shaded = mix(plaster, palette.ink, 0.42)
    step = 0.86 / storeys
    wide = rng.uniform(0.2, 0.25) * min(1.0, 5.5 / storeys + 0.2)
    here.polygon([(-0.62 * wide, 0.01), (-0.58 * wide, -0.02), (0.58 * wide, -0.02),
                  (0.62 * wide, 0.01)], mix(palette.light, palette.ink, 0.45))  # fmt: skip
    for level in range(storeys):
        w = wide * (1 - 0.52 * level / storeys)
        foot, top = -step * level - 0.01, -step * (level + 0.72) - 0.01
        right = [(0.38 * w, top), (0.4 * w, foot)]
        here.polygon([(-0.4 * w, foot), (-0.38 * w, top), *right], plaster, 0.98)
        here.polygon([(0.12 * w, foot), (0.12 * w, top), *right], shaded, 0.75)
        door = [(-0.17 * w, foot), (-0.17 * w, foot - 0.4 * step), (-0.08 * w, foot - 0.5 * step),
                (0.01 * w, foot - 0.4 * step), (0.01 * w, foot)]  # fmt: skip
        here.polygon(door, look.opening, 0.9)
        eaves = (0.0, -step * (level + 0.62) - 0.01)
        _draw_eaves(here, palette, eaves, 1.42 * w, 0.5 * step, look)
    w = wide * (1 - 0.52 * (storeys - 1) / storeys)
    crown = -step * (storeys - 0.38) - 0.01
    _draw_flared_roof(here, palette, (0, crown), 1.38 * w, 0.8 * step, look)
    tip = crown - 0.75 * step
    here.stroke([(0, tip + 0.02), (0, tip - 0.1)], 0.02, 0.005, look.ridge, 0.97)
    rings = tip - np.array([0.012, 0.032, 0.05])
    here.ellipses(np.zeros(3), rings, [0.017, 0.013, 0.009], 0.007, look.ridge, 0.97)


def _draw_eaves(
    here: Canvas,
    palette: Palette,
    at: tuple[float, float],
    width: float,
    height: float,
    look: Materials,
) -> None:
    """The skirt of tiles around one storey, its corners turned up."""
    q = np.linspace(-1, 1, 15)
    lower = np.stack([0.5 * width * q, -0.5 * height * np.abs(q) ** 5], -1)
    upper = np.stack([0.31 * width * q[::-1], np.full(15, -0.62 * height)], -1)
    here.polygon(np.concatenate([lower, upper]) + at, look.roof, 0.98)
    edge = mix(look.roof, palette.ink, 0.5)
    here.stroke(lower[1:-1] + at, 0.12 * height, 0.12 * height, edge, 0.7)
    if look.snow is not None:
        white = np.concatenate([0.96 * lower - (0, 0.2 * height), upper - (0, 0.05 * height)])
        here.polygon(white + at, look.snow, 0.92)
    else:
        lit = mix(look.roof, palette.light, 0.3)
        here.stroke(upper + at, 0.1 * height, 0.1 * height, lit, 0.55)


def draw_bridge(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    snow: bool = False,
) -> None:
    """A humped stone bridge about 1.25 `size` wide over one or three arches, its ends on y."""
    here = canvas.placed(x, y, size)
    stone = mix(palette.light, palette.mid, rng.uniform(0.3, 0.55))
    arches = [(0.0, 0.25)] if rng.random() < 0.6 else [(-0.3, 0.1), (0.0, 0.15), (0.3, 0.1)]
    hump = rng.uniform(0.26, 0.34)
    q = np.linspace(-1, 1, 25)
    deck = np.stack([0.62 * q, -hump * (1 - np.abs(q) ** 1.8) - 0.05], -1)
    under = [(0.62, 0.0)]
    for centre, radius in arches[::-1]:
        t = np.linspace(0, np.pi, 15)
        under += list(zip(centre + radius * np.cos(t), -0.9 * radius * np.sin(t), strict=True))
    under.append((-0.62, 0.0))
    here.polygon(np.concatenate([deck, np.array(under)]), stone, 0.98)
    _draw_masonry(here, rng, palette, arches, stone, hump)
    rail = deck - (0, 0.06)
    ink = mix(palette.ink, palette.near, 0.2)
    here.polygon(np.concatenate([rail, deck[::-1]]), mix(stone, palette.light, 0.3), 0.75)
    here.stroke(deck[::2], 0.022, 0.022, ink, 0.8, rng=rng, jitter=0.15)
    here.stroke(rail[::2], 0.014, 0.014, ink, 0.8)
    feet = deck[1:-1:3]
    here.strokes(np.stack([feet, feet - (0, 0.085)], 1), 0.02, 0.02, ink, 0.85)
    if snow:
        white = mix(palette.light, np.ones(3), 0.6)
        here.stroke(shifted(rail[1:-1:2], 0, -0.012), 0.026, 0.026, white, 0.95)


def _draw_masonry(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    arches: list[tuple[float, float]],
    stone: FloatArray,
    hump: float,
) -> None:
    """The rings of voussoirs, the shadow inside each arch, and some courses of stone."""
    ink = mix(palette.ink, palette.near, 0.2)
    t = np.linspace(0.02, np.pi - 0.02, 15)
    for centre, radius in arches:
        ring = np.stack([centre + radius * np.cos(t), -0.9 * radius * np.sin(t)], -1)
        inner = (ring - (centre, 0)) * (0.9, 0.93) + (centre, 0)
        here.polygon(np.concatenate([ring, inner[::-1]]), mix(ink, palette.mid, 0.25), 0.85)
        outer = (ring[2:-2:2] - (centre, 0)) * 1.16 + (centre, 0)
        here.strokes(np.stack([ring[2:-2:2], outer], 1), 0.008, 0.008, ink, 0.45)
    rows = rng.uniform(0.15, 0.8, 9)
    across = rng.uniform(-0.5, 0.5, 9)
    height = -rows * hump * (1 - np.abs(across / 0.62) ** 1.8)
    clear = np.array([all((a - c) ** 2 + (h / 0.9) ** 2 > (1.2 * r) ** 2 for c, r in arches)
                      for a, h in zip(across, height, strict=True)])  # fmt: skip
    if clear.any():
        left = np.stack([across, height], -1)[clear]
        lines = np.stack([left, shifted(left, 0.07, 0.0)], 1)
        here.strokes(lines, 0.008, 0.006, mix(stone, ink, 0.6), 0.5)
