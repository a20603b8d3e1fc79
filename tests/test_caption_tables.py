"""The words' tables: every value of them can be told, and their templates say what they should."""

import numpy as np
import pytest

from conclvd.paint.scene.attributes import (
    CAMERAS,
    DETAILS,
    ELEMENT_MOTIONS,
    ELEMENTS,
    MOUNTAINS,
    PALETTES,
    WEATHERS,
    Attributes,
    Element,
)
from conclvd.paint.words.captions import caption
from conclvd.paint.words.templates import cover, expand, literals


@pytest.mark.parametrize("kind", ELEMENTS)
def test_every_value_of_every_element_can_be_told(kind: str) -> None:
    rng = np.random.default_rng(0)
    for detail in (None, *DETAILS.get(kind, ())):
        for motion in (None, *ELEMENT_MOTIONS[kind]):
            for count in (1, 2, 12):
                element = Element(kind, "left", motion, count, detail, 0.1)
                attributes = Attributes("ink", mountains="round", water=True, elements=(element,))
                for _ in range(4):
                    assert caption(attributes, rng, "en")
                    assert caption(attributes, rng, "zh")


@pytest.mark.parametrize("mountains", [None, *MOUNTAINS])
def test_every_setting_can_be_told(mountains: str | None) -> None:
    rng = np.random.default_rng(0)
    for palette in PALETTES:
        for weather in WEATHERS:
            for camera in CAMERAS:
                attributes = Attributes(
                    palette, mountains=mountains, weather=weather, wind="left", camera=camera
                )
                assert caption(attributes, rng, "en").strip()
                assert caption(attributes, rng, "zh").strip()


def test_templates_expand_and_cover() -> None:
    template = "(old|) pine<|s> (stand<s||ing>|grow<s||ing>)"
    assert {expand("a|b", np.random.default_rng(s)) for s in range(20)} == {"a", "b"}
    assert expand("pine<|s>", np.random.default_rng(0), 1) == "pines"
    assert expand("glid<es|e|ing>", np.random.default_rng(0), 2) == "gliding"
    words = set().union(*(phrase.split() for phrase in cover(template)))
    assert words == {
        *("old", "pine", "pines", "stands", "stand", "standing", "grows", "grow", "growing")
    }
    assert literals("(老|)松(静|斜)立") == {"老", "松", "静", "斜", "立"}


@pytest.mark.parametrize("template", ["(a", "a)", "(a>", "a>", "<a"])
def test_a_broken_template_is_an_error(template: str) -> None:
    with pytest.raises(ValueError, match="template"):
        cover(template)
