"""What a picture contains, as plain data: nothing here is painted yet.

World units: the visible picture is 1 high and `aspect` wide, x to the right from 0 to `aspect`,
y down from 0 to 1. Velocities are world units per second.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np


def element_rng(seed: int, name: str) -> np.random.Generator:
    """The generator of one named element of a scene.

    Every element draws from its own stream, so that a change in one leaves the others as they
    were.
    """
    return np.random.default_rng([seed, crc32(name.encode())])


@dataclass(frozen=True)
class Motion:
    """How an element moves: drift (units/s), swaying amplitude, bobbing amplitude (units)."""

    velocity: tuple[float, float] = (0.0, 0.0)
    sway: float = 0.0
    bob: float = 0.0


@dataclass(frozen=True)
class Peak:
    """One mountain: summit about at (`x`, base - `height`), half width `half_width` at the base.

    `plan` is how its folds are built when it is painted in brushwork; see folds.build.
    """

    x: float
    height: float
    half_width: float
    kind: str
    plan: str = "host"


@dataclass(frozen=True)
class Range:
    """A row of peaks on one layer, painted in order: `depth` 0 is the farthest, 1 the nearest.

    `form` is "wash" for hills in flat washes and "massif" for mountains in brushwork. `distance`
    0 to 1 pales the latter, and their feet reach `sink` heights below the base.
    """

    name: str
    depth: float
    base: float
    peaks: tuple[Peak, ...]
    form: str = "massif"
    distance: float = 0.0
    sink: float = 0.1

    @property
    def parallax(self) -> float:
        """The share of the camera's movement this layer makes."""
        return 0.25 + 0.5 * self.depth


@dataclass(frozen=True)
class Element:
    """Something with a name in a caption, standing at its foot point (`x`, `y`).

    `kind` is one of the caption vocabulary's kinds, `size` the height (for boats, bridges and
    branches the length; for birds the wing span; for the disc the radius). `heading` is +1 for
    right and -1 for left. `variant` selects a form within the kind, `count` how many; the feet of
    a group lie up to `spread` below y. `behind` names the range that a waterfall runs down. `unit`
    is the measure of what surrounds the element, such as a bank's thickness.
    """

    kind: str
    name: str
    x: float
    y: float
    size: float
    parallax: float = 0.85
    motion: Motion = Motion()
    heading: int = 1
    count: int = 1
    variant: str = ""
    behind: str = ""
    spread: float = 0.0
    unit: float = 1.0

    @property
    def role(self) -> str:
        """The name without its number: of several boats, "boat", "boat 2"."""
        return self.name.split()[0]


@dataclass(frozen=True)
class Camera:
    """One camera move: `pan` in units/s and `zoom` in magnification per second."""

    move: str = "static"
    pan: tuple[float, float] = (0.0, 0.0)
    zoom: float = 0.0


@dataclass(frozen=True)
class Veil:
    """A drifting band of mist or cloud around `y`, `thickness` its half height.

    `behind` names the range it lies in front of; an empty name puts it into the sky.
    """

    name: str
    y: float
    thickness: float
    density: float
    speed: float
    tone: str = "mist"
    behind: str = ""
    parallax: float = 0.3


@dataclass(frozen=True)
class Scene:
    """A whole picture. `horizon` is the water line, or where the ground begins without water.

    `format` is its shape, `view` how one looks into it (attributes.DISTANCES, or none), `density`
    how much there is, `brush` the manner of its mountains (manners.MANNERS). `unit` is the measure
    sizes are given in: 1 in a square picture.
    """

    seed: int
    aspect: float
    palette: str
    composition: str
    mountains: str
    weather: str
    wind: int
    horizon: float
    water: bool
    camera: Camera
    ranges: tuple[Range, ...] = ()
    veils: tuple[Veil, ...] = ()
    elements: tuple[Element, ...] = ()
    seal: bool = False
    format: str = "square"
    view: str | None = None
    density: str = "medium"
    brush: str = "hemp"
    unit: float = 1.0

    def rng(self, name: str) -> np.random.Generator:
        """The generator of the element `name`."""
        return element_rng(self.seed, name)
