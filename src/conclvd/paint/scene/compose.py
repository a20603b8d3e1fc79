"""From a seed to a scene: what is in the picture, where, and how it moves."""

from dataclasses import replace

import numpy as np

from conclvd.errors import InvalidRequest
from conclvd.paint.scene import album, hanging
from conclvd.paint.scene.choices import Choices, choose
from conclvd.paint.scene.formats import NARROWEST, WIDEST, format_of, unit_of
from conclvd.paint.scene.handscroll import compose_handscroll
from conclvd.paint.scene.page import Page
from conclvd.paint.scene.scene import Camera, Scene, Veil, element_rng

# Where the water line, or the ground of a picture without water, lies.
_WATER_LINE = {
    "lake": (0.64, 0.76), "stack": (0.76, 0.86), "branch": (0.66, 0.80), "lotus": (0.44, 0.55),
    "monument": (0.76, 0.84), "gorge": (0.66, 0.75),
}  # fmt: skip
_GROUND_LINE = {"meadow": (0.50, 0.62)}


def compose_scene(seed: int, *, aspect: float = 1.0, **overrides: str) -> Scene:
    """The scene of a seed, for pictures `aspect` times as wide as high.

    `overrides` fixes choices by name, such as palette="night", weather="snow" or boat="none"; see
    choices.WEIGHTS. Everything else stays as it is without them, unless it clashes. Raises
    InvalidRequest for an unknown choice or an aspect that is not between 0.2 and 10.
    """
    if not NARROWEST <= aspect <= WIDEST:
        raise InvalidRequest(
            f"aspect is {aspect:g}; choose a width of {NARROWEST:g} to {WIDEST:g} heights"
        )
    form = format_of(aspect)
    choices = choose(seed, overrides, more={"hanging": 1, "handscroll": 1}.get(form, 0))
    water = choices.water or form == "handscroll"
    unit = unit_of(aspect)
    scene = Scene(
        seed=seed,
        aspect=aspect,
        palette=choices.palette,
        composition=choices.composition,
        mountains=choices.mountains,
        weather=choices.weather,
        wind=1 if choices.wind == "right" else -1,
        horizon=_horizon(form, choices, element_rng(seed, "horizon")),
        water=water,
        camera=_camera(choices.camera, element_rng(seed, "camera move"), unit),
        seal=choices.seal == "seal",
        format=form,
        view=_view(form, choices.composition),
        density=choices.density,
        brush=choices.brush,
        unit=unit,
    )
    page = Page(scene, choices, 1 if choices.side == "right" else -1)
    compose = {"hanging": hanging.compose_hanging, "handscroll": compose_handscroll}
    compose.get(form, album.compose_album)(page)
    _dark_clouds(page)
    return replace(
        scene,
        ranges=tuple(page.ranges),
        veils=tuple(page.veils),
        elements=tuple(page.elements),
    )


def _horizon(form: str, choices: Choices, rng: np.random.Generator) -> float:
    if form == "hanging":
        return hanging.horizon(choices.composition, rng)
    if form == "handscroll":
        return float(rng.uniform(0.64, 0.72))
    lines = _WATER_LINE if choices.water else _GROUND_LINE
    return float(rng.uniform(*lines.get(choices.composition, (0.84, 0.94))))


def _view(form: str, composition: str) -> str | None:
    """How one looks into the picture: high, level or deep; None where it has no name."""
    if form == "handscroll":
        return "level"
    return (hanging.VIEWS if form == "hanging" else album.VIEWS).get(composition)


def _camera(move: str, rng: np.random.Generator, unit: float) -> Camera:
    """A camera move at a gentle speed; panning right moves the picture to the left."""
    pan, zoom = float(rng.uniform(0.055, 0.085)) * unit, float(rng.uniform(0.07, 0.11))
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


def _dark_clouds(page: Page) -> None:
    """Banks of dark cloud over rain, a grey one over snow; no clouds otherwise."""
    weather = page.choices.weather
    if weather not in ("rain", "snow"):
        return
    rng = page.rng("veils")
    for i in range(2 if weather == "rain" else 1):
        speed = float(rng.choice([-1, 1]) * rng.uniform(0.04, 0.10)) * page.unit
        place = float(rng.uniform(-0.03, 0.12))
        thick = float(rng.uniform(0.06, 0.10)) * page.unit
        tone = "storm" if weather == "rain" else "grey"
        page.veils.append(Veil(f"cloud {i}", place, thick, 0.85, speed, tone, "", 0.15))
