"""Formats, densities and brushes: what a painting of a shape shows and what is told of it."""

import cv2
import numpy as np
import pytest

from conclvd.paint.clip import paint_clip
from conclvd.paint.draw import atmosphere
from conclvd.paint.draw.layers import Sheet
from conclvd.paint.draw.manners import MANNERS
from conclvd.paint.scene.attributes import BRUSHES, DENSITIES, DISTANCES
from conclvd.paint.scene.choices import WEIGHTS
from conclvd.paint.scene.compose import compose_scene
from conclvd.paint.scene.palette import palette

_QUIET = {"camera": "static", "weather": "clear", "plant": "none", "birds": "none"}


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [(48, 112, "hanging"), (64, 64, "square"), (112, 64, "landscape"), (512, 64, "handscroll")],
)
def test_format_density_and_distance_are_told(width: int, height: int, shape: str) -> None:
    views = set()
    for seed in range(4):
        told = paint_clip(seed, frames=1, width=width, height=height).attributes
        assert told.format == shape
        assert told.density in DENSITIES
        views.add(told.distance)
    assert views <= {None, *DISTANCES}
    assert views != {None}


@pytest.mark.parametrize("brush", sorted(WEIGHTS["brush"]))
def test_a_brush_that_has_a_name_is_told(brush: str) -> None:
    assert brush in MANNERS
    fixed = {**_QUIET, "composition": "monument", "density": "medium", "palette": "ink"}
    told = paint_clip(3, frames=1, width=96, height=96, brush=brush, **fixed).attributes
    assert told.brush == (brush if brush in BRUSHES else None)


def test_mountains_in_washes_have_no_brush() -> None:
    fixed = {**_QUIET, "composition": "branch", "density": "sparse"}
    scenes = (compose_scene(seed, **fixed) for seed in range(30))
    seed = next(s.seed for s in scenes if all(r.form == "wash" for r in s.ranges))
    assert paint_clip(seed, frames=1, width=64, height=64, **fixed).attributes.brush is None


def test_weather_that_is_not_told_is_clear() -> None:
    for seed in range(12):
        scene = compose_scene(seed, weather="clear")
        assert not any(veil.tone in ("storm", "grey") for veil in scene.veils)
    assert (
        paint_clip(1, frames=2, width=48, height=48, weather="clear").attributes.weather == "clear"
    )


@pytest.mark.parametrize("side", [(160, 160), (96, 208)])
def test_one_sun_is_one_sun_and_the_water_shows_no_second(side: tuple[int, int]) -> None:
    fixed = {**_QUIET, "palette": "ink", "disc": "sun", "composition": "lake", "seal": "none",
             "building": "none", "boat": "none", "fall": "none"}  # fmt: skip
    for seed in range(8):
        frame = paint_clip(seed, frames=1, width=side[0], height=side[1], **fixed).frames[0]
        red, blue = frame[..., 0].astype(int), frame[..., 2].astype(int)
        hot = (red - blue > 90).astype(np.uint8)
        _, _, found, _ = cv2.connectedComponentsWithStats(hot)
        assert sum(area >= 12 for area in found[1:, cv2.CC_STAT_AREA]) == 1


def test_no_disc_where_none_is_chosen() -> None:
    for seed in range(40):
        scene = compose_scene(seed, disc="none")
        assert not any(element.role == "disc" for element in scene.elements)


def test_the_ends_of_a_wide_ground_are_as_light_as_its_middle() -> None:
    scene = compose_scene(4, aspect=8.0, weather="clear")
    rng = np.random.default_rng(0)
    sheet = Sheet((0.0, 0.0, 8.0, 1.0), 48)
    atmosphere.paint_ground(sheet, rng, palette("silk", rng), scene)
    tone = sheet.rgba[..., :3].mean((0, 2))
    middle = tone[150:-150].mean()
    assert abs(tone[:48].mean() / middle - 1) < 0.08
    assert abs(tone[-48:].mean() / middle - 1) < 0.08


def test_a_seal_is_told_where_it_is_seen() -> None:
    for seal in ("none", "seal"):
        told = paint_clip(2, frames=1, width=128, height=128, seal=seal).attributes
        assert told.seal == (seal == "seal")
        assert not told.inscription
