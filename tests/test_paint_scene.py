from collections import Counter
from functools import cache

import numpy as np
import pytest

from conclvd.errors import InvalidRequest
from conclvd.paint.draw.layers import Sprite
from conclvd.paint.draw.painter import paint_scene
from conclvd.paint.scene.choices import WEIGHTS, Choices, choose
from conclvd.paint.scene.compose import compose_scene
from conclvd.paint.scene.scene import Scene

_SEEDS = range(600)


@cache
def chosen(seed: int) -> Choices:
    """What is drawn by chance alone."""
    return choose(seed, {})


@cache
def composed(seed: int) -> Scene:
    return compose_scene(seed)


def test_a_seed_gives_one_scene_and_another_seed_another() -> None:
    assert compose_scene(5) == compose_scene(5)
    assert compose_scene(5) != compose_scene(6)


@pytest.mark.parametrize("table", sorted(WEIGHTS))
def test_every_value_of_a_choice_is_drawn(table: str) -> None:
    drawn = {getattr(chosen(seed), table) for seed in _SEEDS}
    assert drawn == set(WEIGHTS[table])


def test_clashes_are_never_drawn() -> None:
    for seed in _SEEDS:
        choices = chosen(seed)
        if choices.weather == "rain":
            assert choices.disc == "none"
        if choices.palette == "snow":
            assert choices.weather in ("clear", "snow")
            assert choices.composition != "lotus"
        if choices.weather == "snow":
            assert choices.composition != "lotus"
        if choices.building == "bridge":
            assert choices.water


def test_most_scenes_are_clear_and_at_most_a_third_have_rain_or_snow() -> None:
    share = Counter(chosen(seed).weather for seed in range(2000))
    assert share["clear"] > 1000
    assert share["rain"] + share["snow"] < 2000 / 3
    for weather in ("rain", "snow", "petals", "leaves"):
        assert share[weather] > 80


def test_there_are_as_many_sparse_scenes_as_rich_ones() -> None:
    share = Counter(chosen(seed).density for seed in range(2000))
    for density in ("sparse", "medium", "rich"):
        assert share[density] / 2000 == pytest.approx(1 / 3, abs=0.04)


def test_a_sparse_scene_has_less_in_it_than_a_rich_one() -> None:
    kinds = {"sparse": [], "medium": [], "rich": []}
    for seed in _SEEDS:
        one = chosen(seed)
        told = (one.plant, one.building, one.boat, one.birds, one.disc, one.fall)
        many = sum(value != "none" for value in told) + (one.weather != "clear")
        kinds[one.density].append(many)
    assert max(kinds["sparse"]) <= 3
    assert np.mean(kinds["sparse"]) + 1 < np.mean(kinds["medium"]) < np.mean(kinds["rich"]) - 0.5


@pytest.mark.parametrize(
    ("aspect", "shape"),
    [(0.4, "hanging"), (1.0, "square"), (1.7, "landscape"), (6.0, "handscroll")],
)
def test_a_scene_is_composed_for_its_format(aspect: float, shape: str) -> None:
    for seed in range(40):
        scene = compose_scene(seed, aspect=aspect)
        assert scene.format == shape
        assert sum(element.role == "disc" for element in scene.elements) <= 1
        boats = [element.size for element in scene.elements if element.role == "boat"]
        heights = [peak.height for row in scene.ranges for peak in row.peaks]
        assert max(boats, default=0) < 0.7 * max(heights)
        for element in scene.elements:
            if element.role in ("building", "boat", "disc", "waterfall"):
                assert 0 < element.x < aspect


def test_what_is_chosen_is_placed() -> None:
    for aspect in (0.45, 1.0, 1.7, 6.0):
        for seed in range(60):
            choices = compose_scene(seed, aspect=aspect)
            roles = {element.role for element in choices.elements}
            drawn = choose(seed, {}, more=1 if choices.format in ("hanging", "handscroll") else 0)
            for table, role in (
                ("disc", "disc"),
                ("birds", "birds"),
                ("boat", "boat"),
                ("fall", "waterfall"),
                ("building", "building"),
            ):
                assert (getattr(drawn, table) != "none") == (role in roles), (aspect, seed, table)


def test_sides_do_not_depend_on_what_stands_there() -> None:
    places = {"left": 0, "right": 0}
    for seed in _SEEDS:
        choices = chosen(seed)
        if choices.plant == "pine":
            places[choices.side] += 1
    assert min(places.values()) > 0.3 * sum(places.values())


def test_the_disc_stands_on_both_sides() -> None:
    found = []
    for seed in _SEEDS:
        found += [e.x for e in composed(seed).elements if e.name == "disc"]
    assert len(found) > 100
    assert np.mean(np.array(found) < 0.4) > 0.25
    assert np.mean(np.array(found) > 0.6) > 0.25


def test_boats_and_birds_cross_the_wanted_share_of_the_picture() -> None:
    seconds = 4 / 3
    boats, birds = [], []
    for seed in _SEEDS:
        for element in composed(seed).elements:
            way = abs(element.motion.velocity[0]) * seconds
            if element.name == "boat":
                boats.append(way)
            if element.name == "birds":
                birds.append(way)
    moving = [way for way in boats if way > 0]
    assert 0.06 < 1 - len(moving) / len(boats) < 0.25
    assert min(moving) > 0.08
    assert max(moving) < 0.25
    assert min(birds) > 0.12
    assert max(birds) < 0.30


def test_overrides_fix_a_choice_and_leave_the_rest() -> None:
    seed = next(s for s in _SEEDS if chosen(s).boat == "boat" and chosen(s).water)
    free, fixed = compose_scene(seed), compose_scene(seed, boat="none")
    assert [e for e in free.elements if e.name != "boat"] == list(fixed.elements)
    assert (free.ranges, free.veils, free.camera) == (fixed.ranges, fixed.veils, fixed.camera)


def test_changing_one_element_leaves_the_other_layers_as_they_were() -> None:
    common = {"composition": "lake", "building": "pagoda", "weather": "petals"}
    with_boat = paint_scene(compose_scene(11, boat="sailboat", **common), 40.0)
    without = paint_scene(compose_scene(11, boat="none", **common), 40.0)
    layers = {layer.name: layer for layer in with_boat.layers}
    assert "boat" in layers
    assert {layer.name for layer in without.layers} == set(layers) - {"boat", "boat reflection"}
    compared = 0
    for layer in without.layers:
        if isinstance(layer, Sprite):
            other = layers[layer.name]
            assert isinstance(other, Sprite)
            np.testing.assert_array_equal(layer.texture.pixels, other.texture.pixels)
            compared += 1
    assert compared > 5


@pytest.mark.parametrize(
    ("overrides", "aspect", "said"),
    [
        ({"colour": "red"}, 1.0, "colour"),
        ({"palette": "neon"}, 1.0, "neon"),
        ({}, 0.0, "aspect"),
        ({}, 11.0, "aspect"),
    ],
)
def test_bad_requests_are_refused(overrides: dict[str, str], aspect: float, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        compose_scene(1, aspect=aspect, **overrides)
