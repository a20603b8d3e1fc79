"""What stands before the mountains: ground, banks, buildings, boats, plants."""

import numpy as np

from conclvd.paint.scene.choices import Choices, pick
from conclvd.paint.scene.scene import Element, Motion, Scene

_CLIP = 4 / 3
# Lowest and highest size of a building: its height; of a bridge: its length.
_BUILDING_SIZE = {
    "village": (0.115, 0.15), "cottage": (0.16, 0.26), "hut": (0.15, 0.21),
    "pavilion": (0.20, 0.29), "pagoda": (0.32, 0.46), "bridge": (0.30, 0.44),
}  # fmt: skip
_PLANT_SIZE = {
    "pine": (0.50, 0.72), "willow": (0.62, 0.88), "bamboo": (0.75, 1.05), "blossom": (0.45, 0.75),
    "leaves": (0.45, 0.75), "bare_tree": (0.55, 0.80), "tree": (0.55, 0.78),
    "blossom_tree": (0.55, 0.78), "reeds": (0.38, 0.56),
}  # fmt: skip
# Colours that plants come in, whatever the palette; "" leaves it to the palette.
PLANT_COLORS = {
    "blossom": {"pink": 0.55, "red": 0.25, "white": 0.20},
    "leaves": {"green": 0.34, "red": 0.33, "golden": 0.33},
    "blossom_tree": {"pink": 0.65, "white": 0.35},
    "tree": {"": 0.4, "red": 0.3, "golden": 0.3},
}
_GROVE_COLORS = {"": 0.6, "pink": 0.16, "red": 0.12, "golden": 0.12}


def compose_foreground(scene: Scene, choices: Choices) -> tuple[Element, ...]:
    """All elements between the last range and the weather, back to front."""
    land = _terrain(scene, choices)
    return (
        *land,
        *_building(scene, choices, land),
        *_boat(scene, choices),
        *_lotus(scene),
        *_plant(scene, choices),
    )


def ground_line(scene: Scene) -> float:
    """Where the near ground begins in a picture without water."""
    return scene.horizon if scene.composition == "meadow" else min(scene.horizon - 0.06, 0.86)


def _terrain(scene: Scene, choices: Choices) -> tuple[Element, ...]:
    """Meadow, ground or bank, a path, and the small trees on it."""
    rng = scene.rng("terrain")
    parts: list[Element] = []
    if scene.water:
        if choices.building != "none" or rng.random() < 0.35:
            parts.append(_bank(scene, choices, rng))
    else:
        y = ground_line(scene)
        kind = "meadow" if scene.composition == "meadow" else "ground"
        parts.append(Element(kind, "ground", 0.0, y, 1.0 - y, 0.85, count=int(rng.integers(2, 4))))
        if rng.random() < (0.75 if kind == "meadow" else 0.4):
            x = float(rng.uniform(0.3, 0.7)) * scene.aspect
            parts.append(Element("path", "path", x, y, 1.0 - y, 0.85))
    if parts and rng.random() < 0.7:
        count = int(rng.integers(1, 4))
        parts.append(_grove(scene, parts[0], count, rng))
    return tuple(parts)


def _bank(scene: Scene, choices: Choices, rng: np.random.Generator) -> Element:
    """A tongue of land at the water line; `x` is its centre and `size` its half length."""
    wide = choices.building == "village" or rng.random() < 0.3
    half = rng.uniform(0.36, 0.62) if wide else rng.uniform(0.26, 0.36)
    side = int(rng.choice([-1, 1]))
    edge = rng.uniform(0.10, 0.30) if not wide else rng.uniform(0.05, 0.3)
    x = edge if side < 0 else 1 - edge
    return Element(
        "bank", "bank", float(x) * scene.aspect, scene.horizon + 0.03, float(half), 0.8,
        heading=side,
    )  # fmt: skip


def _grove(scene: Scene, land: Element, count: int, rng: np.random.Generator) -> Element:
    """A few middle-sized trees of one kind on the land."""
    kind = "pine" if rng.random() < 0.3 else "tree"
    variant = pick(rng, _GROVE_COLORS) if kind == "tree" else ""
    size = float(rng.uniform(0.15, 0.24))
    if land.kind == "bank":
        x = land.x + float(rng.uniform(-0.5, 0.5)) * land.size
        return Element(kind, "grove", x, land.y, size, land.parallax, count=count, variant=variant)
    y = land.y + 0.16 * float(rng.uniform(0.1, 1.0)) * land.size / 0.4
    x = float(rng.uniform(0.1, 0.9)) * scene.aspect
    return Element(kind, "grove", x, y, size, land.parallax, count=count, variant=variant)


def _building(scene: Scene, choices: Choices, land: tuple[Element, ...]) -> tuple[Element, ...]:
    """Houses, pavilions and bridges: on the bank, or on the near ground without water."""
    kind = choices.building
    if kind == "none":
        return ()
    rng = scene.rng("building")
    size = float(rng.uniform(*_BUILDING_SIZE[kind]))
    count = {"village": int(rng.integers(4, 7)), "cottage": int(rng.integers(1, 3))}.get(kind, 1)
    variant = str(rng.choice(["white", "thatched"]))
    heading = int(rng.choice([-1, 1]))
    if scene.water:
        bank = land[0]
        x, y = bank.x, bank.y - 0.005
        if kind == "bridge":
            x, y = bank.x - bank.heading * bank.size * 0.95, bank.y + 0.03
        x = float(np.clip(x, 0.16, max(0.16, scene.aspect - 0.16)))
        return (Element(kind, "building", x, y, size, 0.8, count=count, variant=variant,
                        heading=heading),)  # fmt: skip
    y = ground_line(scene)
    spread = 0.11 if scene.composition == "meadow" else 0.05
    y += float(rng.uniform(0.2, 0.5)) * (1 - y) if scene.composition == "meadow" else 0.05
    x = float(rng.choice([rng.uniform(0.16, 0.36), rng.uniform(0.64, 0.84)])) * scene.aspect
    if kind == "village":
        x = float(rng.uniform(0.35, 0.65)) * scene.aspect
    return (Element(kind, "building", x, y, size, 0.85, count=count, variant=variant,
                    heading=heading, spread=spread * (count > 1)),)  # fmt: skip


def _boat(scene: Scene, choices: Choices) -> tuple[Element, ...]:
    """A boat on the water: it drifts over 8 to 25 % of the picture's width in a training clip."""
    if not scene.water or choices.boat == "none":
        return ()
    rng = scene.rng("boat")
    heading = int(rng.choice([-1, 1]))
    still = rng.random() < 0.15
    size = rng.uniform(0.19, 0.28) * (0.9 if choices.boat == "sailboat" else 1.0)
    speed = 0.0 if still else rng.uniform(0.065, 0.18) * heading * scene.aspect
    y = rng.uniform(scene.horizon + 0.07, min(0.93, scene.horizon + 0.20))
    x = scene.aspect * rng.uniform(0.25, 0.75) - speed * _CLIP / 2
    kind = "sailboat" if choices.boat == "sailboat" else "boat"
    variant = "fisherman" if choices.boat == "fisherman" else "roofed"
    return (
        Element(
            kind, "boat", float(x), float(y), float(size), 0.9,
            Motion((float(speed), 0.0), bob=0.0025), heading, variant=variant,
        ),
    )  # fmt: skip


def _lotus(scene: Scene) -> tuple[Element, ...]:
    if scene.composition != "lotus":
        return ()
    rng = scene.rng("lotus")
    large = rng.random() < 0.5
    size = float(rng.uniform(0.36, 0.5) if large else rng.uniform(0.22, 0.34))
    count = int(rng.integers(2, 4) if large else rng.integers(3, 6))
    motion = Motion(sway=0.012)
    return (Element("lotus", "lotus", scene.aspect / 2, 0.97, size, 1.0, motion, count=count),)


def _plant(scene: Scene, choices: Choices) -> tuple[Element, ...]:
    """The large plant at one side of the foreground, with rocks below it."""
    rng = scene.rng("plant")
    side = -1 if choices.side == "left" else 1
    parts: list[Element] = []
    kind = choices.plant
    rooted = kind in ("pine", "willow", "bare_tree", "tree", "blossom_tree", "reeds")
    if rng.random() < (0.6 if rooted else 0.12):
        inset = float(rng.uniform(-0.02, 0.14))
        x = inset if side < 0 else scene.aspect - inset
        size = float(rng.uniform(0.13, 0.22))
        parts.append(Element("rocks", "rocks", x, 1.03, size, 1.0, heading=-side))
    if kind == "none":
        return tuple(parts)
    size = float(rng.uniform(*_PLANT_SIZE[kind]))
    inset = float(rng.uniform(0.03, 0.16))
    y = 1.0
    if kind in ("blossom", "leaves"):
        inset, y = (
            -0.05,
            float(rng.uniform(0.0, 0.25) if rng.random() < 0.7 else rng.uniform(0.3, 0.5)),
        )
        size *= 1.15 if scene.composition == "branch" else 1.0
    sway = 0.022 if kind in ("willow", "bamboo", "reeds") else 0.013
    x = inset if side < 0 else scene.aspect - inset
    shown = "tree" if kind == "blossom_tree" else kind
    several = scene.composition == "branch" or rng.random() < 0.35
    count = 2 if several and kind in ("pine", "blossom", "leaves") else 1
    variant = pick(scene.rng("plant colour"), PLANT_COLORS[kind]) if kind in PLANT_COLORS else ""
    parts.append(Element(shown, "plant", x, y, size, 1.0, Motion(sway=sway), -side, count, variant))
    return tuple(parts)
