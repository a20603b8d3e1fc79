"""The independent choices a scene is made from, and the few that cannot go together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from conclvd.errors import InvalidRequest
from conclvd.paint.scene.palette import PALETTES
from conclvd.paint.scene.scene import element_rng

COMPOSITIONS: Final[Mapping[str, float]] = {
    "lake": 0.19, "stack": 0.14, "clouds": 0.11, "meadow": 0.17, "branch": 0.09, "lotus": 0.10,
    "monument": 0.11, "gorge": 0.09,
}  # fmt: skip
WEIGHTS: Final[Mapping[str, Mapping[str, float]]] = {
    "palette": dict.fromkeys(PALETTES, 1.0),
    "composition": COMPOSITIONS,
    "mountains": {"steep": 0.27, "round": 0.25, "karst": 0.22, "ridge": 0.26},
    "weather": {"clear": 0.41, "rain": 0.18, "snow": 0.145, "petals": 0.13, "leaves": 0.135},
    "wind": {"left": 0.5, "right": 0.5},
    "plant": {
        "none": 0.34, "pine": 0.10, "willow": 0.09, "bamboo": 0.09, "blossom": 0.13,
        "leaves": 0.12, "bare_tree": 0.09, "tree": 0.08, "blossom_tree": 0.06, "reeds": 0.13,
    },
    "side": {"left": 0.5, "right": 0.5},
    "building": {
        "none": 0.24, "village": 0.18, "cottage": 0.16, "hut": 0.13, "pavilion": 0.13,
        "pagoda": 0.14, "bridge": 0.17,
    },
    "boat": {"none": 0.25, "boat": 0.24, "fisherman": 0.26, "sailboat": 0.25},
    "birds": {"none": 0.50, "geese": 0.32, "cranes": 0.26},
    "disc": {"none": 0.48, "sun": 0.36, "moon": 0.16},
    "fall": {"none": 0.78, "waterfall": 0.22},
    "camera": {
        "static": 0.46, "pan left": 0.11, "pan right": 0.11, "zoom in": 0.11, "zoom out": 0.11,
        "tilt up": 0.05, "tilt down": 0.05,
    },
    "river": {"none": 0.5, "water": 0.5},
    "seal": {"none": 0.85, "seal": 0.15},
}  # fmt: skip
ALWAYS_WATER = ("lake", "lotus", "gorge")
NEVER_WATER = ("clouds", "meadow")


@dataclass(frozen=True)
class Choices:
    """One value of every table in WEIGHTS."""

    palette: str
    composition: str
    mountains: str
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


def _forbid(choices: dict[str, str], reject: Callable[[str, str], None]) -> None:
    """Call `reject(table, value)` for everything that clashes with what was chosen before it."""
    palette = choices["palette"]
    if palette == "snow":
        for value in ("rain", "petals", "leaves"):
            reject("weather", value)
    if palette == "spring":
        reject("weather", "snow")
    if choices["weather"] == "snow" or palette == "snow":
        reject("composition", "lotus")
        reject("plant", "blossom_tree")
    if choices["weather"] == "rain":
        reject("disc", "sun")
        reject("disc", "moon")
    if palette == "night":
        reject("disc", "sun")
    if palette in ("dawn", "dusk"):
        reject("disc", "moon")
    if choices["composition"] in ALWAYS_WATER:
        return
    if choices["composition"] in NEVER_WATER or choices["river"] == "none":
        reject("building", "bridge")


def choose(seed: int, overrides: Mapping[str, str]) -> Choices:
    """Draw every choice on its own, from its own generator, then redraw what clashes.

    `overrides` fixes values by table name; a fixed value is never redrawn. Raises InvalidRequest
    for a table or a value that does not exist.
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

    forbidden: dict[str, set[str]] = {}

    def reject(table: str, value: str) -> None:
        taken = forbidden.setdefault(table, set())
        taken.add(value)
        if drawn[table] == value and table not in overrides:
            allowed = {k: w for k, w in WEIGHTS[table].items() if k not in taken}
            drawn[table] = pick(element_rng(seed, f"choice of another {table}"), allowed)

    _forbid(drawn, reject)
    assert set(drawn) == {field.name for field in fields(Choices)}
    return Choices(**drawn)
