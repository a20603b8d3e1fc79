"""Attributes: closed word lists, and plain data there and back."""

import json

import numpy as np
import pytest

from conclvd.paint.scene.attributes import DETAILS, ELEMENT_MOTIONS, ELEMENTS, Attributes, Element
from scenes import random_attributes


def test_survives_json() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        attributes = random_attributes(rng)
        assert Attributes.from_dict(json.loads(json.dumps(attributes.to_dict()))) == attributes


def test_finds_an_element_by_kind() -> None:
    boat = Element("boat", side="left", motion="right", count=2, visible=0.1)
    attributes = Attributes("ink", elements=(Element("moon"), boat))
    assert attributes.element("boat") is boat
    assert attributes.element("pagoda") is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "dragon"}, "kind is 'dragon'"),
        ({"kind": "boat", "motion": "sway"}, "motion of boat is 'sway'"),
        ({"kind": "boat", "side": "top"}, "side is 'top'"),
        ({"kind": "village", "detail": "red"}, "detail of village is 'red'"),
        ({"kind": "boat", "count": 0}, "count of boat is 0"),
        ({"kind": "boat", "visible": 1.5}, "visible of boat is 1.5"),
    ],
)
def test_refuses_an_unknown_value_by_name(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Element(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"palette": "neon"}, "palette is 'neon'"),
        ({"palette": "ink", "weather": "hail"}, "weather is 'hail'"),
        ({"palette": "ink", "wind": "up"}, "wind is 'up'"),
        ({"palette": "ink", "camera": "roll"}, "camera is 'roll'"),
        ({"palette": "ink", "elements": (Element("boat"), Element("boat"))}, "twice"),
    ],
)
def test_refuses_attributes_that_cannot_be(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Attributes(**fields)  # type: ignore[arg-type]


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(TypeError):
        Attributes.from_dict({"palette": "ink", "dragons": 3})


def test_every_detail_is_of_a_known_kind() -> None:
    assert set(DETAILS) <= set(ELEMENTS) == set(ELEMENT_MOTIONS)


def test_a_mirror_image_swaps_left_and_right_alone() -> None:
    boat = Element("boat", side="left", motion="right", visible=0.01)
    sun = Element("sun", side="center", motion="rise", detail="red", visible=0.01)
    seen = Attributes("ink", wind="left", camera="pan right", elements=(boat, sun))
    mirrored = seen.mirrored()
    assert mirrored.elements == (
        Element("boat", side="right", motion="left", visible=0.01),
        sun,
    )
    assert (mirrored.wind, mirrored.camera) == ("right", "pan left")
    assert mirrored.mirrored() == seen
    still = Attributes("ink", camera="zoom in")
    assert still.mirrored() == still
