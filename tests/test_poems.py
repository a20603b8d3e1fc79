"""The lines of poems: of what they name, and that the captions' words hold them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from conclvd.generate.prompt import unknown_words
from conclvd.models.vocabulary import Vocabulary
from conclvd.paint.scene.attributes import ELEMENTS, PALETTES, TIMES, WEATHERS, Attributes, Element
from conclvd.paint.words.captions import caption, vocabulary
from conclvd.paint.words.templates import cover, expand
from conclvd.paint.words.verse import Verse, draw_verses, fitting
from conclvd.paint.words.verses_en import VERSES as ENGLISH
from conclvd.paint.words.verses_zh import VERSES as CHINESE

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from poems import LINES, Line, share_seen

SNOW_RIVER = Attributes(
    "snow",
    mountains="steep",
    water=True,
    weather="snow",
    elements=(
        Element("boat", motion="still", detail="fisherman", visible=0.01),
        Element("fisherman", motion="still", visible=0.003),
    ),
)


@pytest.fixture(scope="module")
def known() -> Vocabulary:
    words = vocabulary()
    return Vocabulary(en=words.english | {"an"}, zh=words.chinese)


def test_the_benchmark_has_twenty_lines_in_known_words(known: Vocabulary) -> None:
    assert len({line.text for line in LINES}) == 20
    for line in LINES:
        assert unknown_words(line.text, known) == []


def test_the_benchmark_asks_for_what_the_probe_can_answer() -> None:
    choices = {"palette": PALETTES, "weather": WEATHERS, "time": TIMES}
    for name in (name for line in LINES for name in line.seen):
        question, _, answer = name.partition(" ")
        if answer:
            assert answer in choices[question]
        else:
            assert name in (*ELEMENTS, "mountains")


def test_shares_are_of_what_is_named() -> None:
    line = Line("a", "b", ("boat", "weather snow"))
    assert share_seen(line, frozenset({"boat", "moon"})) == 0.5
    assert share_seen(line, frozenset({"boat", "weather snow"})) == 1


@pytest.mark.parametrize("verses", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_line_needs_facts_that_exist(verses: tuple[Verse, ...], known: Vocabulary) -> None:
    plain = {*ELEMENTS, *PALETTES, *TIMES, "water", "hills", "green", "cold", "clear"}
    plain |= {"raining", "snowing", "petalfall", "leaf_fall", "sparse"}
    for verse in verses:
        assert verse.names, verse
        for need in verse.needs.split():
            assert need.lstrip("!").split(".")[0] in plain, verse
        for text in cover(verse.text):
            assert unknown_words(text.replace("D", ""), known) == [], text
        if re.search(r"D\b|D", verse.text):
            assert ".goes" in verse.needs.split()[0], verse


def test_the_line_of_a_scene_is_found() -> None:
    texts = [verse.text for verse in fitting(CHINESE, SNOW_RIVER)]
    assert "孤舟蓑笠翁，独钓寒江雪" in texts
    assert not any("月" in text for text in texts)
    drawn = [caption(SNOW_RIVER, np.random.default_rng(i), "zh") for i in range(300)]
    assert sum("寒江雪" in text for text in drawn) > 10


def test_lines_of_one_caption_name_different_things() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        lines = draw_verses(CHINESE, SNOW_RIVER, rng)
        assert 1 <= len(lines) <= 2
        if len(lines) == 2:
            assert not lines[0].names & lines[1].names
        assert all(expand(line.text, rng) for line in lines)


def test_a_line_without_its_things_does_not_fit() -> None:
    bare = Attributes("ink", mountains="round")
    assert all(verse.names <= {"hills"} for verse in fitting((*CHINESE, *ENGLISH), bare))
    assert draw_verses((), bare, np.random.default_rng(0)) == []
