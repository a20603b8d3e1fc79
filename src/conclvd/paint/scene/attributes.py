"""What can be seen in a painted clip, as plain typed data: the one source of its captions.

The painter fills an `Attributes` from measured pixels, after the frames are composited: an element
that left the picture, or that a mountain hides, is not in it. The word lists below are closed:
the painter uses no other value, and `captions` has a phrase for every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Final

PALETTES: Final = (
    "ink", "mist", "qinglu", "jade", "silk", "dawn", "dusk", "spring", "autumn", "snow", "night",
)  # fmt: skip
TIMES: Final = ("day", "dawn", "dusk", "night")
MOUNTAINS: Final = ("steep", "round", "karst", "ridge")
WEATHERS: Final = ("clear", "rain", "snow", "petals", "leaves")
WINDS: Final = ("left", "right")  # the direction the wind blows *to*
CAMERAS: Final = (
    "static", "pan left", "pan right", "tilt up", "tilt down", "zoom in", "zoom out",
)  # fmt: skip
FORMATS: Final = ("square", "hanging", "landscape", "handscroll")
DISTANCES: Final = (
    "high",
    "level",
    "deep",
)  # 高远, 平远, 深远: looking up, across, into the picture
BRUSHES: Final = ("hemp", "axe", "mi", "splash")  # 披麻皴, 斧劈皴, 米点, 泼墨: of the mountains
DENSITIES: Final = ("sparse", "medium", "rich")  # sparse: mostly blank paper, 留白
SIDES: Final = ("left", "right", "center")  # thirds of the picture, by the centre of what is seen
MOTIONS: Final = ("still", "left", "right", "rise", "set", "sway", "fall")

_OTHER_SIDE: Final = {
    "left": "right", "right": "left", "pan left": "pan right", "pan right": "pan left",
}  # fmt: skip

_DRIFT = ("still", "left", "right")
_PLANT = ("still", "sway")

ELEMENT_MOTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "sun": ("still", "rise", "set"),
        "moon": ("still", "rise", "set"),
        "boat": _DRIFT,
        "sailboat": _DRIFT,
        "fisherman": _DRIFT,  # someone fishing from a boat or a bank
        "village": ("still",),
        "cottage": ("still",),
        "hut": ("still",),
        "pavilion": ("still",),
        "pagoda": ("still",),
        "bridge": ("still",),
        "waterfall": ("fall",),
        "geese": _DRIFT,
        "cranes": _DRIFT,  # still: standing
        "pine": _PLANT,
        "willow": _PLANT,
        "bamboo": _PLANT,
        "blossom": _PLANT,  # a branch in flower that reaches into the picture
        "leaves": _PLANT,  # a leafy branch that reaches into the picture
        "bare_tree": _PLANT,
        "tree": _PLANT,  # a whole broad-leaved tree
        "reeds": _PLANT,
        "rocks": ("still",),
        "lotus": _PLANT,
        "path": ("still",),
        "meadow": _PLANT,
        "mist_clouds": _DRIFT,
    }
)
"""Every kind of element, with the motions it can have (a motion may also be None: not stated)."""

ELEMENTS: Final = tuple(ELEMENT_MOTIONS)

DETAILS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "sun": ("red", "golden", "pale"),
        "moon": ("full", "crescent"),
        "boat": ("roofed", "fisherman"),  # fisherman: someone stands or sits in it
        "sailboat": ("white", "brown"),  # the colour of the sail
        "cottage": ("thatched", "white"),
        "bridge": ("arched", "wooden"),
        "waterfall": ("tall", "tiered"),
        "blossom": ("pink", "white", "red"),
        "leaves": ("green", "red", "golden"),
        "tree": ("green", "red", "golden", "pink", "white"),  # pink, white: in blossom
        "bare_tree": ("snowy",),
        "pine": ("snowy",),
        "reeds": ("golden",),
        "rocks": ("mossy",),
        "lotus": ("pink", "white"),  # the colour of flowers that are seen; None: leaves only
        "path": ("winding",),
        "meadow": ("green", "golden", "flowering"),
    }
)
"""The details that can be stated of a kind; a kind that is not here has none."""


def _check(field: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{field} is {value!r}; it is one of {', '.join(allowed)}")


@dataclass(frozen=True)
class Element:
    """One kind of thing that is visible, with every copy of it counted together.

    `side`: third of the picture's width that holds its centre; None: spread over it, or not stated.
    `motion`: apparent motion on the picture (directions as the viewer sees them), or None.
    `count`: how many are seen, at least 1. For spread things (reeds, meadow, path, bamboo,
    mist_clouds, village) the number is not stated in captions.
    `visible`: fraction of the picture's pixels that it covers, mean over the frames, 0 to 1.
    Raises ValueError for a value that is not in this module's lists.
    """

    kind: str
    side: str | None = None
    motion: str | None = None
    count: int = 1
    detail: str | None = None
    visible: float = 0.0

    def __post_init__(self) -> None:
        _check("kind", self.kind, ELEMENTS)
        if self.side is not None:
            _check("side", self.side, SIDES)
        if self.motion is not None:
            _check(f"motion of {self.kind}", self.motion, ELEMENT_MOTIONS[self.kind])
        if self.detail is not None:
            _check(f"detail of {self.kind}", self.detail, DETAILS.get(self.kind, ()))
        if self.count < 1:
            raise ValueError(f"count of {self.kind} is {self.count}; it is at least 1")
        if not 0.0 <= self.visible <= 1.0:
            raise ValueError(f"visible of {self.kind} is {self.visible}; it is between 0 and 1")


@dataclass(frozen=True)
class Attributes:
    """Everything a caption may say about a clip.

    `mountains` and `water` are None and False when none is seen, `weather` is "clear" when nothing
    falls, `wind` is None when nothing shows its direction. At most one element of each kind.
    `format` is the picture's shape, `distance` how one looks into it, `brush` the texture strokes
    of its mountains (None: none that has a name), `density` how much of it is painted at all.
    Raises ValueError for a value that is not in this module's lists.
    """

    palette: str
    time: str = "day"
    mountains: str | None = None
    water: bool = False
    weather: str = "clear"
    wind: str | None = None
    camera: str = "static"
    elements: tuple[Element, ...] = ()
    format: str = "square"
    distance: str | None = None
    brush: str | None = None
    density: str = "medium"
    seal: bool = False
    inscription: bool = False

    def __post_init__(self) -> None:
        _check("palette", self.palette, PALETTES)
        _check("time", self.time, TIMES)
        if self.mountains is not None:
            _check("mountains", self.mountains, MOUNTAINS)
        _check("weather", self.weather, WEATHERS)
        if self.wind is not None:
            _check("wind", self.wind, WINDS)
        _check("camera", self.camera, CAMERAS)
        _check("format", self.format, FORMATS)
        if self.distance is not None:
            _check("distance", self.distance, DISTANCES)
        if self.brush is not None:
            _check("brush", self.brush, BRUSHES)
        _check("density", self.density, DENSITIES)
        kinds = [element.kind for element in self.elements]
        twice = {kind for kind in kinds if kinds.count(kind) > 1}
        if twice:
            raise ValueError(f"elements of one kind are counted together; twice: {sorted(twice)}")

    def element(self, kind: str) -> Element | None:
        """The element of that kind, or None when none is visible."""
        return next((element for element in self.elements if element.kind == kind), None)

    def mirrored(self) -> Attributes:
        """What is seen when left and right change places."""

        def other(word: str | None) -> str | None:
            return _OTHER_SIDE.get(word, word) if word else word

        elements = tuple(
            replace(element, side=other(element.side), motion=other(element.motion))
            for element in self.elements
        )
        camera = other(self.camera) or self.camera
        return replace(self, wind=other(self.wind), camera=camera, elements=elements)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `from_dict` takes it back."""
        plain = asdict(self)
        plain["elements"] = [asdict(element) for element in self.elements]
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Attributes:
        """The inverse of `to_dict`; raises ValueError or TypeError for anything else."""
        fields = dict(plain)
        elements = tuple(Element(**element) for element in fields.pop("elements", ()))
        return cls(**fields, elements=elements)
