"""Buildings, boats and plants of a scene as textures: which drawing stands for which element."""

import math
from collections.abc import Callable

import numpy as np

from conclvd.paint.draw import boats, buildings, plants
from conclvd.paint.draw.brushwork import wash
from conclvd.paint.draw.canvas import Canvas
from conclvd.paint.draw.layers import Bounds, Texture, to_texture
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.scene.palette import Palette, rgb
from conclvd.paint.scene.scene import Element

Draw = Callable[[Canvas, np.random.Generator, Palette, Element], None]
Line = Callable[[float], float]


_BLOOM = {
    "pink": rgb("ee6f96"), "white": rgb("fbf4f0"), "red": rgb("cc3330"), "green": rgb("6c9a3f"),
    "golden": rgb("e3a028"),
}  # fmt: skip


def bloom(element: Element, palette: Palette) -> FloatArray | None:
    """The colour of a plant's blossoms or leaves, toned to the palette; None: the palette's own."""
    if element.variant not in _BLOOM:
        return None
    toned = {
        "silk": (palette.mid, 0.25),
        "night": (palette.near, 0.25),
        "mist": (palette.mid, 0.12),
    }
    tone, share = toned.get(palette.name, (palette.mid, 0.0))
    return mix(_BLOOM[element.variant], tone, share)


def sheet_canvas(bounds: Bounds, scale: float) -> Canvas:
    """An empty canvas over `bounds` (left, top, right, bottom), world units."""
    left, top, right, bottom = bounds
    w, h = math.ceil((right - left) * scale), math.ceil((bottom - top) * scale)
    return Canvas(max(4, w), max(4, h), scale=scale, origin=(left, top))


def figure(
    element: Element,
    rng: np.random.Generator,
    palette: Palette,
    limits: Bounds,
    scale: float,
    land: Line | None = None,
) -> Texture:
    """The texture of one element, painted within `limits`.

    `land` gives the height of the ground at an x; buildings and trees on land stand on it.
    """
    reach = _reach(element)
    foot = element.y if land is None else min(element.y, land(element.x))
    lowest = element.y + 0.35 * element.size + 0.08 + element.spread
    bounds = (
        max(limits[0], element.x - reach), max(limits[1], foot - 1.35 * element.size - 0.08),
        min(limits[2], element.x + reach), min(limits[3], lowest),
    )  # fmt: skip
    if element.kind in ("blossom", "leaves"):
        bounds = (bounds[0], limits[1], bounds[2], min(limits[3], element.y + 1.2 * element.size))
    if bounds[2] - bounds[0] < 2 / scale or bounds[3] - bounds[1] < 2 / scale:
        return Texture(np.zeros((1, 1, 4), np.uint8), (0.0, 0.0), scale)
    canvas = sheet_canvas(bounds, scale)
    if element.role in ("building", "grove"):
        _on_land(canvas, rng, palette, element, land)
    else:
        _PLACED[element.kind](canvas, rng, palette, element)
    painted = wash(canvas.texture(), rng, 0.2, 0.8)
    return to_texture(painted, (bounds[0], bounds[1]), scale)


def _reach(element: Element) -> float:
    """Half the width an element may need, in units."""
    if element.role == "building" and element.count > 1:
        return 0.62 * element.size * element.count * 1.15 + 0.6 * element.size + 0.06
    wide = {
        "lotus": 3.0,
        "grove": 2.0,
        "bamboo": 0.7,
        "bridge": 0.8,
        "boat": 1.4,
        "sailboat": 1.4,
        "blossom": 1.6,
        "leaves": 1.6,
    }
    key = "grove" if element.role == "grove" else element.kind
    return wide.get(key, 1.15) * element.size + 0.06


def _on_land(
    canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element, land: Line | None
) -> None:
    """Draw a building, or the houses or trees of a group, each standing on the land."""
    gap = element.size * (1.15 if element.role == "building" else 0.8)
    places = element.x + (np.arange(element.count) - (element.count - 1) / 2) * gap
    places = places + rng.normal(0, 0.12, element.count) * gap * (element.count > 1)
    feet = [element.y + 0.012 if land is None else land(float(x)) for x in places]
    lower = np.array(feet) + rng.uniform(
        0.006 * element.unit, 0.026 * element.unit + element.spread, element.count
    )
    snow, color = palette.name == "snow", bloom(element, palette)
    for i in np.argsort(lower):
        x, y = float(places[i]), float(lower[i])
        size = element.size * (1.0 if element.count == 1 else float(rng.uniform(0.85, 1.15)))
        size *= 1 + 3 * (y - feet[i] - 0.5 * element.spread) * (element.spread > 0)
        kind = element.kind
        if kind in ("village", "cottage", "hut"):
            thatched = kind == "hut" or (kind == "cottage" and element.variant == "thatched")
            buildings.draw_house(canvas, rng, palette, x, y, size, thatched=thatched, snow=snow)
        elif kind == "pavilion":
            tiers = 1 if element.variant == "white" else 2
            buildings.draw_pavilion(canvas, rng, palette, x, y, size, tiers=tiers, snow=snow)
        elif kind == "pagoda":
            storeys = 5 if element.variant == "white" else 7
            buildings.draw_pagoda(canvas, rng, palette, x, y, size, storeys=storeys, snow=snow)
        elif kind == "bridge":
            buildings.draw_bridge(canvas, rng, palette, x, element.y + 0.01, size, snow=snow)
        elif kind == "pine":
            plants.draw_pine(canvas, rng, palette, x, y, size, snow=snow)
        elif color is not None:
            plants.draw_blossom_tree(canvas, rng, palette, x, y, size, bloom=color)
        else:
            plants.draw_round_tree(canvas, rng, palette, x, y, size)


def _boat(canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element) -> None:
    sail = element.kind == "sailboat"
    boats.draw_boat(
        canvas, rng, palette, element.x, element.y, element.size, heading=element.heading,
        fisherman=element.variant == "fisherman",
        canopy=sail or element.variant == "roofed" or rng.random() < 0.5, sail=sail,
        moving=element.motion.velocity[0] != 0,
    )  # fmt: skip


def _pine(canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element) -> None:
    for i in range(element.count):
        x = element.x + 0.26 * element.size * i * element.heading
        lean = element.heading * float(rng.uniform(0, 0.25))
        plants.draw_pine(
            canvas, rng, palette, x, element.y, element.size * (1 - 0.2 * i), lean=lean,
            snow=palette.name == "snow",
        )  # fmt: skip


def _willow(canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element) -> None:
    plants.draw_willow(
        canvas, rng, palette, element.x, element.y, element.size, side=element.heading
    )


def _bamboo(canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element) -> None:
    plants.draw_bamboo(
        canvas, rng, palette, element.x, element.y + 0.08, element.size,
        stalks=int(rng.integers(3, 6)), lean=0.1 * element.heading,
    )  # fmt: skip


def _branch(canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element) -> None:
    """One or two branches that come in from the side, from above when they start high."""
    above = element.y < 0.28
    for i in range(element.count):
        slope = (0.32 if above else -0.45) + 0.12 * float(np.clip(rng.normal(), -1.5, 1.5))
        angle = slope if element.heading > 0 else math.pi - slope
        y = element.y + 0.16 * i * (1 if above else -1)
        plants.draw_blossom_branch(
            canvas, rng, palette, element.x, y, element.size * (1 - 0.25 * i), angle=angle,
            leaves=element.kind == "leaves", bloom=bloom(element, palette),
        )  # fmt: skip


def _bare(canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element) -> None:
    plants.draw_bare_tree(
        canvas, rng, palette, element.x, element.y, element.size, lean=0.25 * element.heading,
        snow=palette.name == "snow",
    )  # fmt: skip


def _tree(canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element) -> None:
    color = bloom(element, palette)
    x, y, size = element.x, element.y, element.size
    if color is None:
        plants.draw_round_tree(canvas, rng, palette, x, y, size)
    else:
        plants.draw_blossom_tree(canvas, rng, palette, x, y, size, bloom=color)


def _reeds(canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element) -> None:
    x = element.x + 0.08 * element.heading
    plants.draw_reeds(canvas, rng, palette, x, element.y + 0.02, element.size * 1.25, count=34)


def _lotus(canvas: Canvas, rng: np.random.Generator, palette: Palette, element: Element) -> None:
    half = 0.42 * element.x * 2
    places = np.linspace(-half, half, element.count) + rng.normal(0, 0.06, element.count)
    for rank, dx in enumerate(rng.permutation(places)):
        y = element.y - 0.16 * (1 - (rank + 1) / element.count)
        plants.draw_lotus(canvas, rng, palette, element.x + float(dx), y, element.size)


_PLACED: dict[str, Draw] = {
    "boat": _boat, "sailboat": _boat, "pine": _pine, "willow": _willow, "bamboo": _bamboo,
    "blossom": _branch, "leaves": _branch, "bare_tree": _bare, "tree": _tree, "reeds": _reeds,
    "lotus": _lotus,
}  # fmt: skip
