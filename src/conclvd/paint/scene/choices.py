"""The independent choices a scene is made from, and the few that cannot go together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from conclvd.errors import InvalidRequest
from conclvd.paint.scene.palette import PALETTES
from conclvd.paint.scene.scene import element_rng

COMPOSITIONS: Final[Mapping[str, float]] = {
    "lake": 0.21, "stack": 0.16, "clouds": 0.12, "meadow": 0.10, "branch": 0.08, "lotus": 0.07,
    "monument": 0.15, "gorge": 0.11,
}  # fmt: skip
WEIGHTS: Final[Mapping[str, Mapping[str, float]]] = {
    "palette": dict.fromkeys(PALETTES, 1.0),
    "composition": COMPOSITIONS,
    "mountains": {"steep": 0.29, "round": 0.24, "karst": 0.20, "ridge": 0.27},
    "brush": {
        "hemp": 0.33, "axe": 0.20, "mi": 0.12, "splash": 0.10, "blue_green": 0.12, "soft": 0.13,
    },
    "density": {"sparse": 1.0, "medium": 1.0, "rich": 1.0},
    "weather": {"clear": 0.10, "rain": 0.27, "snow": 0.23, "petals": 0.20, "leaves": 0.20},
    "wind": {"left": 0.5, "right": 0.5},
    "plant": {
        "none": 0.10, "pine": 0.14, "willow": 0.10, "bamboo": 0.09, "blossom": 0.12,
        "leaves": 0.11, "bare_tree": 0.11, "tree": 0.10, "blossom_tree": 0.07, "reeds": 0.10,
    },
    "side": {"left": 0.5, "right": 0.5},
    "building": {
        "none": 0.08, "village": 0.20, "cottage": 0.14, "hut": 0.14, "pavilion": 0.15,
        "pagoda": 0.15, "bridge": 0.16,
    },
    "boat": {"none": 0.08, "boat": 0.30, "fisherman": 0.34, "sailboat": 0.28},
    "birds": {"none": 0.10, "geese": 0.50, "cranes": 0.40},
    "disc": {"none": 0.10, "sun": 0.62, "moon": 0.28},
    "fall": {"none": 0.15, "waterfall": 0.85},
    "camera": {
        "static": 0.46, "pan left": 0.11, "pan right": 0.11, "zoom in": 0.11, "zoom out": 0.11,
        "tilt up": 0.05, "tilt down": 0.05,
    },
    "river": {"none": 0.45, "water": 0.55},
    "seal": {"none": 0.70, "seal": 0.30},
}  # fmt: skip
ALWAYS_WATER = ("lake", "lotus", "gorge")
NEVER_WATER = ("clouds", "meadow")
BRANCHES = ("blossom", "leaves")
# What a table says when the picture has nothing of its kind, and how likely a kind is to be there.
_NOTHING: Final = {
    "plant": "none", "building": "none", "boat": "none", "birds": "none", "disc": "none",
    "fall": "none", "weather": "clear",
}  # fmt: skip
_PRESENCE: Final = {
    "plant": 0.75, "building": 0.72, "boat": 0.75, "birds": 0.42, "disc": 0.46, "fall": 0.34,
    "weather": 0.52,
}  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """One value of every table in WEIGHTS."""

    palette: str
    composition: str
    mountains: str
    brush: str
    density: str
    weather: str
    wind: str
    plant: str
    side: str
    building: str
    boat: str
    birds: str
    disc: str
    fall: str
    camera: str
    river: str
    seal: str

    @property
    def water(self) -> bool:
        """Whether the picture has a lake or river."""
        if self.composition in ALWAYS_WATER:
            return True
        return self.composition not in NEVER_WATER and self.river == "water"


def pick(rng: np.random.Generator, weights: Mapping[str, float]) -> str:
    """One key, with a probability in proportion to its weight."""
    shares = np.array(list(weights.values()), float)
    return list(weights)[int(rng.choice(len(shares), p=shares / shares.sum()))]


def _forbid(choices: Mapping[str, str], reject: Callable[[str, str], None]) -> None:
    """Call `reject(table, value)` for everything that clashes with what was chosen before it."""
    palette, composition = choices["palette"], choices["composition"]
    if palette not in ("qinglu", "jade"):
        reject("brush", "blue_green")
    if palette == "qinglu":
        for brush in ("hemp", "axe", "mi", "soft"):
            reject("brush", brush)
    if palette in ("snow", "jade", "night", "autumn"):
        reject("brush", "mi")
    if palette in ("snow", "autumn", "dusk"):
        reject("brush", "splash")
    if palette in ("ink", "silk"):
        reject("brush", "soft")
    if choices["brush"] in ("mi", "splash") and choices["mountains"] in ("karst", "steep"):
        reject("mountains", "karst")
        reject("mountains", "steep")
    if palette == "snow":
        for value in ("rain", "petals", "leaves"):
            reject("weather", value)
    if palette == "spring":
        reject("weather", "snow")
    if choices["weather"] == "snow" or palette == "snow":
        reject("composition", "lotus")
        reject("plant", "blossom_tree")
        reject("plant", "willow")
    if choices["weather"] in ("rain", "snow"):
        reject("disc", "sun")
        reject("disc", "moon")
    if palette == "night":
        reject("disc", "sun")
    if palette in ("dawn", "dusk"):
        reject("disc", "moon")
    if composition in ("lotus", "branch", "meadow"):
        reject("fall", "waterfall")
    if composition in ALWAYS_WATER:
        return
    if composition in NEVER_WATER or choices["river"] == "none":
        reject("building", "bridge")
        for boat in ("boat", "fisherman", "sailboat"):
            reject("boat", boat)


def _kinds(drawn: Mapping[str, str], rng: np.random.Generator, more: int) -> list[str]:
    """The tables that give the picture something, by its density.

    1 or 2 in a sparse picture, 3 in a middling one, 4 or 5 in a rich one, and `more` in any.
    """
    weights = dict(_PRESENCE)
    composition, chance = drawn["composition"], float(rng.random())
    count = {"sparse": 1 + (chance < 0.4), "medium": 3, "rich": 4 + (chance < 0.5)}
    number = count[drawn["density"]] + more
    if composition in NEVER_WATER:
        weights["boat"] = 0
    if composition in ("lotus", "branch", "meadow"):
        weights["fall"] = 0
    if composition == "lotus":  # the flowers are one kind already
        weights.update(building=0.15, plant=0.1, boat=0.3)
        number = max(number - 1, 0)
    if composition == "meadow":
        weights["building"] = 3.0
    if composition == "branch":
        weights.update(plant=50.0, disc=0.9)
    free = [table for table in weights if weights[table] > 0]
    shares = np.array([weights[table] for table in free])
    order = rng.choice(len(free), len(free), replace=False, p=shares / shares.sum())
    return [free[i] for i in order[:number]]


def choose(seed: int, overrides: Mapping[str, str], more: int = 0) -> Choices:
    """Draw every choice on its own, from its own generator, thin out, redraw what clashes.

    `overrides` fixes values by table name; a fixed value is never redrawn. `more` kinds of things
    than usual are in the picture. Raises InvalidRequest for a table or a value that does not exist.
    """
    for table, value in overrides.items():
        if table not in WEIGHTS:
            raise InvalidRequest(f"no choice is called {table!r}; there are {', '.join(WEIGHTS)}")
        if value not in WEIGHTS[table]:
            known = ", ".join(WEIGHTS[table])
            raise InvalidRequest(f"{table} cannot be {value!r}; it is one of {known}")
    drawn = {
        table: overrides.get(table) or pick(element_rng(seed, f"choice of {table}"), weights)
        for table, weights in WEIGHTS.items()
    }
    # The kinds are chosen without a look at the overrides: fixing one thing leaves the others.
    free = {
        table: pick(element_rng(seed, f"choice of {table}"), WEIGHTS[table])
        for table in ("density", "composition")
    }
    kinds = _kinds({**free, **_only(overrides, free)}, element_rng(seed, "kinds"), more)
    for table, nothing in _NOTHING.items():
        if table not in kinds and table not in overrides:
            drawn[table] = nothing
    if drawn["boat"] != "none" and "river" not in overrides:
        drawn["river"] = "water"
    forbidden: dict[str, set[str]] = {}

    def reject(table: str, value: str) -> None:
        taken = forbidden.setdefault(table, set())
        taken.add(value)
        if drawn[table] == value and table not in overrides:
            allowed = {k: w for k, w in WEIGHTS[table].items() if k not in taken}
            drawn[table] = pick(element_rng(seed, f"choice of another {table}"), allowed)

    _forbid(drawn, reject)
    if drawn["composition"] == "branch" and "plant" not in overrides:
        drawn["plant"] = pick(element_rng(seed, "branch"), {"blossom": 0.6, "leaves": 0.4})
    assert set(drawn) == {field.name for field in fields(Choices)}
    return Choices(**drawn)


def _only(overrides: Mapping[str, str], tables: Mapping[str, str]) -> dict[str, str]:
    return {table: value for table, value in overrides.items() if table in tables}
