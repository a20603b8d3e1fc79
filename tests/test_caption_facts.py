"""Captions of one scene, many times over: what is told, how often, and that it agrees."""

import re
from functools import lru_cache

import numpy as np
import pytest

from conclvd.paint.scene.attributes import (
    Attributes,
    Element,
)
from conclvd.paint.words.caption_plan import SHORT, plan_caption
from conclvd.paint.words.captions import Language, caption
from scenes import simplified


def many(attributes: Attributes, language: Language = "en", count: int = 300) -> list[str]:
    rng = np.random.default_rng(3)
    return [simplified(caption(attributes, rng, language)) for _ in range(count)]


def share(texts: list[str], pattern: str) -> float:
    return sum(re.search(pattern, text, re.IGNORECASE) is not None for text in texts) / len(texts)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("way", "other"), [("left", "right"), ("right", "left")])
def test_a_motion_is_never_told_the_wrong_way(way: str, other: str, language: Language) -> None:
    boat = Element("boat", motion=way, visible=0.05)
    texts = many(Attributes("mist", mountains="steep", water=True, elements=(boat,)), language)
    both = rf"from {other} to {way}|[自从由](左|右)[往向](左|右)"
    sides = {"left": "left|左", "right": "right|右"}
    rest = [re.sub(both, "", text) for text in texts]
    assert share(rest, sides[other]) == 0
    assert share(texts, sides[way]) > 0.6


def test_counts_agree() -> None:
    def texts(count: int) -> list[str]:
        cranes = Element("cranes", motion="left", count=count, visible=0.05)
        return many(Attributes("ink", elements=(cranes,)))

    assert share(texts(1), r"\bcranes\b|\btwo\b") == 0
    assert share(texts(2), r"\bcrane\b|\bone\b|flock") == 0
    assert share(texts(2), r"\b(two|pair|couple)\b") > 0.3
    assert share(texts(5), r"\bflock\b|\bflight\b|\bgroup\b|\bline\b") > 0.2
    assert share(texts(1), r"cranes? (fly|soar|glide)\b") == 0


RISING = "[日阳].*(升|空|高)|(升|空|高)的.*[日阳]"


@lru_cache
def long_ones(attributes: Attributes, language: Language) -> list[str]:
    """Captions that are not of the short form."""
    found = []
    for seed in range(400):
        if plan_caption(attributes, np.random.default_rng(seed)).form != SHORT:
            text = caption(attributes, np.random.default_rng(seed), language)
            found.append(simplified(text))
    return found


BUSY = Attributes(
    "silk",
    mountains="karst",
    water=True,
    weather="petals",
    wind="left",
    camera="zoom in",
    elements=(
        Element("boat", side="left", motion="right", visible=0.02),
        Element("geese", motion="left", count=5, visible=0.01),
        Element("sun", motion="rise", side="right", visible=0.02),
        Element("pagoda", side="left", visible=0.03),
        Element("willow", side="right", motion="sway", visible=0.1),
    ),
)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (r"petal", "花|英"),
        (r"(skiff|boat|canoe)\w*( \S+){0,8} (right|rightwards?)\b", "(船|舟).*右"),
        (r"(goose|geese|birds)( \S+){0,8} (left|leftwards?)\b", "雁.*左"),
        (
            r"\bsun\b( \S+){0,9}? (ris|climb|com|ascend|go)",
            "[日阳].*(升|空|高)|(升|空|高)的.*[日阳]",
        ),
        (
            r"zoom|closer|push|moves? in|draws nearer|approach|advanc",
            "推|拉近|靠近|放大|前移|渐近",
        ),
    ],
)
def test_what_moves_is_told_in_three_of_four_captions(english: str, chinese: str) -> None:
    assert share(long_ones(BUSY, "en"), english) >= 0.75
    assert share(long_ones(BUSY, "zh"), chinese) >= 0.75


def test_the_same_generator_gives_the_same_caption() -> None:
    for language in ("en", "zh"):
        first, second = (caption(BUSY, np.random.default_rng(5), language) for _ in range(2))
        assert first == second
        assert first != caption(BUSY, np.random.default_rng(6), language)
