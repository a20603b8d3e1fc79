"""From a seed to a scene: what is in the picture, where, and how it moves."""

from dataclasses import replace

import numpy as np

from conclvd.errors import InvalidRequest
from conclvd.paint.scene.choices import Choices, choose
from conclvd.paint.scene.foreground import compose_foreground
from conclvd.paint.scene.ranges import compose_ranges
from conclvd.paint.scene.scene import Camera, Element, Motion, Peak, Range, Scene, Veil, element_rng

# Where the water line, or the ground of a picture without water, lies.
_WATER_LINE = {
    "lake": (0.64, 0.78), "stack": (0.76, 0.86), "branch": (0.66, 0.80), "lotus": (0.42, 0.55),
    "monument": (0.74, 0.84), "gorge": (0.64, 0.74),
}  # fmt: skip
_GROUND_LINE = {"meadow": (0.48, 0.60)}
# Seconds of a training clip; what moves is placed so that it is in the picture's middle part then.
_CLIP = 4 / 3


def compose_scene(seed: int, *, aspect: float = 1.0, **overrides: str) -> Scene:
    """The scene of a seed, for pictures `aspect` times as wide as high.

    `overrides` fixes choices by name, such as palette="night", weather="snow" or boat="none"; see
    choices.WEIGHTS. Everything else stays as it is without them, unless it clashes. Raises
    InvalidRequest for an unknown choice or an aspect that is not between 0.2 and 5.
    """
    if not 0.2 <= aspect <= 5:
        raise InvalidRequest(f"aspect is {aspect:g}; choose a width of 0.2 to 5 heights")
    choices = choose(seed, overrides)
    rng = element_rng(seed, "layout")
    lines = _WATER_LINE if choices.water else _GROUND_LINE
    horizon = float(rng.uniform(*lines.get(choices.composition, (0.84, 0.94))))
    ranges, main, peak = compose_ranges(seed, choices, aspect, horizon)
    scene = Scene(
        seed=seed,
        aspect=aspect,
        palette=choices.palette,
        composition=choices.composition,
        mountains=choices.mountains,
        weather=choices.weather,
        wind=1 if choices.wind == "right" else -1,
        horizon=horizon,
        water=choices.water,
        camera=_camera(choices.camera, element_rng(seed, "camera move")),
        ranges=ranges,
        veils=_veils(seed, choices, ranges),
        haze=float(rng.uniform(0.2, 1.0)),
        seal=choices.seal == "seal",
    )
    elements = (
        *_disc(scene, choices.disc),
        *_waterfall(scene, choices, main, peak),
        *compose_foreground(scene, choices),
        *_birds(scene, choices.birds),
    )
    return replace(scene, elements=elements)


def _camera(move: str, rng: np.random.Generator) -> Camera:
    """A camera move at a gentle speed; panning right moves the picture to the left."""
    pan, zoom = float(rng.uniform(0.055, 0.085)), float(rng.uniform(0.07, 0.11))
    moves = {
        "static": Camera(move),
        "pan left": Camera(move, (pan, 0.0)),
        "pan right": Camera(move, (-pan, 0.0)),
        "tilt up": Camera(move, (0.0, pan * 0.65)),
        "tilt down": Camera(move, (0.0, -pan * 0.65)),
        "zoom in": Camera(move, zoom=zoom),
        "zoom out": Camera(move, zoom=-zoom),
    }
    return moves[move]


def _disc(scene: Scene, kind: str) -> tuple[Element, ...]:
    """The sun or the moon, resting, rising or setting."""
    if kind == "none":
        return ()
    rng = scene.rng("disc")
    x, y = rng.uniform(0.15, 0.85) * scene.aspect, rng.uniform(0.10, 0.26)
    move = str(rng.choice(["still", "rise", "set"], p=[0.4, 0.35, 0.25]))
    if scene.palette in ("dawn", "dusk") and move != "still":
        move = "rise" if scene.palette == "dawn" else "set"
    speed = {"still": 0.0, "rise": -1.0, "set": 1.0}[move] * rng.uniform(0.05, 0.10)
    radius = rng.uniform(0.048, 0.085)
    colour = str(rng.choice(["red", "golden"], p=[0.72, 0.28])) if kind == "sun" else "full"
    if kind == "moon" and rng.random() < 0.25:
        colour = "crescent"
    return (
        Element(
            kind, "disc", float(x), float(y - speed * _CLIP / 2), float(radius), 0.1,
            Motion((0.0, float(speed))), variant=colour,
        ),
    )  # fmt: skip


def _waterfall(scene: Scene, choices: Choices, main: Range, peak: Peak) -> tuple[Element, ...]:
    """A waterfall down the main mountain; `x`, `y` is its lip and `size` its length."""
    if choices.fall == "none" or choices.composition in ("lotus", "branch"):
        return ()
    rng = scene.rng("waterfall")
    x = peak.x + rng.uniform(-0.2, 0.2) * peak.half_width
    if not 0.08 * scene.aspect < x < 0.92 * scene.aspect:
        x = float(np.clip(x, 0.12 * scene.aspect, 0.88 * scene.aspect))
    top = main.base - peak.height * rng.uniform(0.55, 0.72)
    motion = Motion((0.0, float(rng.uniform(0.35, 0.55))))
    return (
        Element(
            "waterfall", "waterfall", float(x), float(top), float(main.base - 0.01 - top),
            main.parallax, motion, behind=main.name,
        ),
    )  # fmt: skip


def _birds(scene: Scene, kind: str) -> tuple[Element, ...]:
    """A flock whose middle crosses the middle part of the picture during a training clip."""
    if kind == "none":
        return ()
    rng = scene.rng("birds")
    heading = int(rng.choice([-1, 1]))
    geese = kind == "geese"
    count = int(rng.integers(4, 9)) if geese else int(rng.integers(1, 4))
    span = rng.uniform(0.058, 0.088) if geese else rng.uniform(0.125, 0.18)
    speed = rng.uniform(0.095, 0.215) * heading * scene.aspect
    lift = -rng.uniform(0, 0.035)
    x = scene.aspect * rng.uniform(0.34, 0.66) - speed * _CLIP / 2
    y = rng.uniform(0.12, 0.34)
    return (
        Element(
            kind, "birds", float(x), float(y), float(span), 0.3,
            Motion((float(speed), float(lift))), heading, count,
        ),
    )  # fmt: skip


def _veils(seed: int, choices: Choices, ranges: tuple[Range, ...]) -> tuple[Veil, ...]:
    """Mist between the ranges, high clouds, and the dark clouds of rain and snow."""
    rng = element_rng(seed, "veils")
    haze = float(rng.uniform(0.3, 1.0))
    drift = float(rng.choice([-1, 1]) * rng.uniform(0.03, 0.10))
    veils = []
    for i, mountains in enumerate(ranges):
        if i == len(ranges) - 1 and choices.water:
            continue
        density = float(rng.uniform(0.6, 1.0)) * (0.25 + 0.7 * haze)
        if choices.composition == "clouds":
            density = float(rng.uniform(0.85, 1.1))
        veils.append(
            Veil(
                f"mist {i}", mountains.base - 0.01, float(rng.uniform(0.045, 0.085)), density,
                drift * (0.5 + 0.5 * mountains.depth), "mist", mountains.name, mountains.parallax,
            )
        )  # fmt: skip
    if choices.weather in ("rain", "snow"):
        tone = "storm" if choices.weather == "rain" else "grey"
        for i in range(3 if choices.weather == "rain" else 1):
            speed = float(rng.choice([-1, 1]) * rng.uniform(0.05, 0.13))
            place, thick = float(rng.uniform(-0.03, 0.18)), float(rng.uniform(0.07, 0.12))
            veils.append(Veil(f"cloud {i}", place, thick, 1.0, speed, tone, "", 0.15))
    elif rng.random() < 0.45:
        speed = float(rng.choice([-1, 1]) * rng.uniform(0.04, 0.10))
        place = float(rng.uniform(0.06, 0.30))
        veils.append(Veil("cloud 0", place, 0.06, 0.95, speed, "cloud", "", 0.15))
    return tuple(veils)
