"""A flock of birds: one bird's wing beat as textures, and the places in the wedge."""

import math

import numpy as np

from conclvd.paint.draw import birds
from conclvd.paint.draw.figures import sheet_canvas
from conclvd.paint.draw.layers import Bird, Flock, Texture, to_texture
from conclvd.paint.scene.palette import Palette
from conclvd.paint.scene.scene import Element

_PHASES = 12
# Length of a drawn bird for a wing span of 1.
_LENGTH = {"geese": 0.80, "cranes": 0.62}


def paint_flock(
    element: Element, rng: np.random.Generator, palette: Palette, aspect: float, scale: float
) -> Flock:
    """The layer of a flock that crosses a picture `aspect` wide and comes back after a while."""
    geese, size = element.kind == "geese", element.size
    flock = []
    for i in range(element.count):
        rank, side = (i + 1) // 2, 1 if i % 2 else -1
        x = -element.heading * rank * size * 1.1 + rng.normal(0, 0.12) * size
        y = side * rank * size * 0.6 + rng.normal(0, 0.14) * size
        flock.append(Bird(float(x), float(y), float(rng.uniform(0.85, 1.1)), float(rng.random())))
    return Flock(
        element.name,
        element.kind,
        element.parallax,
        frames=tuple(_bird(element, palette, phase / _PHASES, scale) for phase in range(_PHASES)),
        birds=tuple(flock),
        start=(element.x, element.y),
        velocity=element.motion.velocity,
        rate=float(rng.uniform(1.1, 1.9) if geese else rng.uniform(0.7, 1.2)),
        wrap=aspect + 2.0 * size * (1 + element.count // 2) + 0.3,
    )


def _bird(element: Element, palette: Palette, phase: float, scale: float) -> Texture:
    """One bird around the origin at a phase (0 to 1) of its wing beat."""
    size = element.size
    canvas = sheet_canvas((-size, -size, size, size), scale)
    draw = birds.draw_goose if element.kind == "geese" else birds.draw_crane
    length = size * _LENGTH[element.kind]
    draw(canvas, palette, 0, 0, length, 2 * math.pi * phase, element.heading)
    return to_texture(canvas.texture(), (-size, -size), scale)
