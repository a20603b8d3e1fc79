"""Captions say what is visible, nothing else, in many words and in both languages."""

import re
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType

import numpy as np
import pytest

from conclvd.paint.scene.attributes import (
    Attributes,
)
from conclvd.paint.words import lexicon_en, lexicon_en_elements, lexicon_zh, lexicon_zh_elements
from conclvd.paint.words.captions import Language, caption, vocabulary
from conclvd.paint.words.templates import cover, literals
from conclvd.paint.words.vocabulary import english_words
from scenes import random_attributes

COUNT = 5000


@lru_cache
def samples() -> list[tuple[Attributes, str, str]]:
    rng = np.random.default_rng(7)
    scenes = [random_attributes(rng) for _ in range(COUNT)]
    return [(scene, caption(scene, rng, "en"), caption(scene, rng, "zh")) for scene in scenes]


# --- only what is visible ------------------------------------------------------------------------

ELEMENT_TABLES = {"COUNTED", "MASS_ONE", "MASS_MANY", "MOVE_VERB", "MOTION_VERB", "STAND_VERB"}
ELEMENT_TABLES |= {"MEASURED", "NAME", "FLOCK", "MOVE", "MOTION", "STAND"}
FACTS = {"TONE": "palette", "COLOR": "palette", "TIME": "time", "MOUNTAIN": "mountains"}
FACTS |= {"HILLS": "mountains", "WEATHER": "weather", "WEATHER_TAG": "weather"}
FACTS |= {"WEATHER_BLOWN": "weather", "CAMERA": "camera", "CAMERA_TAG": "camera"}
FACTS |= {"SIDE": "side", "DIRECTION": "direction"}
PLAIN = {"WIND": "wind", "WIND_TAG": "wind", "WATER": "water", "WATER_TAIL": "water"}
PLAIN |= {"WATER_MIRROR": "water", "ON_WATER": "water", "BY_WATER": "water", "FALL": "waterfall"}
PLAIN |= {"MOUNTAIN_OVER_WATER": "water", "STYLE_INK": "ink", "SWAY": "sway"}


def owners(
    modules: tuple[ModuleType, ...], split: Callable[[str], set[str]]
) -> dict[str, set[str]]:
    """For every word, the facts that may bring it into a caption; "" is any caption."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for name, table in vars(module).items():
            if not name.isupper() or name.startswith("_"):
                continue
            rows = table if isinstance(table, dict) else {"": table}
            for key, template in rows.items():
                if name in ELEMENT_TABLES and isinstance(table, dict):
                    fact = re.split("[/ ]", key)[0]
                elif name in FACTS:
                    fact = f"{FACTS[name]} {key}"
                elif name == "PLACE":
                    fact = {"cliff": "waterfall"}.get(key, "water" if "water" in key else "")
                else:
                    fact = PLAIN.get(name, "")
                for phrase in [template] if isinstance(template, str) else template:
                    for word in split(phrase):
                        found[word].add(fact)
    return found


def facts(attributes: Attributes) -> set[str]:
    true = {"", f"palette {attributes.palette}", f"time {attributes.time}"}
    true |= {f"mountains {attributes.mountains}", f"weather {attributes.weather}"}
    true |= {f"camera {attributes.camera}", f"direction {attributes.wind}"}
    true |= {"water"} if attributes.water else set()
    true |= {"wind"} if attributes.wind else set()
    true |= {"ink"} if attributes.palette in ("ink", "mist") else set()
    for element in attributes.elements:
        true |= {element.kind, f"side {element.side}", f"direction {element.motion}"}
        true |= {"sway"} if element.motion == "sway" else set()
    return true


def english_of(template: str) -> set[str]:
    return set().union(*(english_words(phrase) for phrase in cover(template)))


def characters_of(template: str) -> set[str]:
    return set(re.findall(r"[\u4e00-\u9fff]", "".join(literals(template))))


@lru_cache
def reasons_of(language: Language) -> dict[str, set[str]]:
    """For every English word or Chinese character, the facts that may bring it in."""
    if language == "zh":
        return owners((lexicon_zh, lexicon_zh_elements), characters_of)
    table = owners((lexicon_en, lexicon_en_elements), english_of)
    table["an"].add("")  # made of "a" before a vowel
    return table


@pytest.mark.slow
def test_every_english_word_has_a_visible_reason() -> None:
    table = reasons_of("en")
    for attributes, text, _ in samples():
        true = facts(attributes)
        for word in english_words(text):
            assert table[word] & true, f"{word!r} in {text!r} of {attributes}"


def test_every_chinese_character_has_a_visible_reason() -> None:
    table = reasons_of("zh")
    for attributes, _, text in samples():
        true = facts(attributes)
        for character in re.findall(r"[\u4e00-\u9fff]", text):
            assert table[character] & true, f"{character!r} in {text!r} of {attributes}"


# Written by hand, apart from the tables: what a reader would object to.
OBJECTIONS = {
    "sun": (r"\bsun\b", r"太阳|红日|金日|日轮"),
    "moon": (r"\bmoon\b", r"月"),
    "boat sailboat fisherman": (r"\bboats?\b|skiff|sampan|\bjunk|sailboat|\bsails?\b", r"船|舟|帆"),
    "fisherman boat": (r"fisher|angler", r"渔|钓"),
    "village cottage hut": (r"\bhouses?\b|cottage|village|\bhut", r"屋|村|舍|庐"),
    "pavilion": (r"pavilion|gazebo", r"亭(?!亭)(?<!亭亭)"),
    "pagoda": (r"pagoda", r"塔"),
    "bridge": (r"bridge", r"桥"),
    "waterfall": (r"waterfall|cascade", r"瀑|飞泉"),
    "geese": (r"goose|geese", r"雁"),
    "cranes": (r"\bcranes?\b", r"鹤"),
    "pine": (r"\bpines?\b", r"松"),
    "willow": (r"willow", r"柳"),
    "bamboo": (r"bamboo", r"竹|篁"),
    "blossom tree lotus meadow": (r"blossom|bloom|\bflower", r"桃花|梨花|梅|荷花|樱"),
    "reeds": (r"\breeds?\b", r"芦|苇"),
    "rocks": (r"boulder", r"(?<!灰)岩石|石头|礁"),
    "lotus": (r"lotus", r"荷|莲"),
    "path": (r"\bpath|\btrail", r"小路|小径"),
    "meadow": (r"meadow", r"草地"),
    "bare_tree": (r"bare tree", r"枯树|秃树"),
}


@pytest.mark.parametrize("kinds", OBJECTIONS)
def test_what_is_not_there_is_not_named(kinds: str) -> None:
    named = 0
    for attributes, english, chinese in samples():
        there = any(attributes.element(kind) for kind in kinds.split())
        for pattern, text in zip(OBJECTIONS[kinds], (english, chinese), strict=True):
            if re.search(pattern, text, re.IGNORECASE):
                named += 1
                assert there, f"{text!r} of {attributes}"
    assert named > 100


@pytest.mark.parametrize(
    ("pattern", "forbidden"),
    [
        (r"\brain|drizzl|雨", "rain"),
        (r"snow(ing|fall|flake)|飘雪|雪花", "snow"),
        (r"petal|花瓣", "petals"),
    ],
)
def test_weather_is_told_only_where_it_falls(pattern: str, forbidden: str) -> None:
    for attributes, *texts in samples():
        if attributes.weather != forbidden:
            assert not re.search(pattern, " ".join(texts)), texts


def test_nothing_is_said_to_be_absent() -> None:
    for _, english, chinese in samples():
        assert not re.search(r"\b(no|not|never|nobody|nothing|empty)\b", english), english
        assert not re.search("没|无人|未", chinese), chinese


# --- how often, how long, how varied -------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_palette_and_mountains_are_told_often(language: Language) -> None:
    told: dict[str, list[bool]] = {"palette": [], "mountains": []}
    for attributes, english, chinese in samples():
        words = english_words(english) if language == "en" else set(chinese)
        true = facts(attributes)
        reasons = [reasons_of(language)[word] & true for word in words]
        palette = {f"palette {attributes.palette}"}
        if attributes.time == attributes.palette:
            palette.add(f"time {attributes.time}")
        told["palette"].append(any(reason and reason <= palette for reason in reasons))
        if attributes.mountains:
            told["mountains"].append({f"mountains {attributes.mountains}"} in reasons)
    assert np.mean(told["palette"]) >= 0.8
    assert np.mean(told["mountains"]) >= 0.65


def test_captions_fit_the_text_encoder() -> None:
    english = np.array([len(text.split()) for _, text, _ in samples()])
    chinese = np.array([len(text) for *_, text in samples()])
    assert english.max() <= 55
    assert (english < 48).mean() >= 0.97
    assert (chinese < 70).mean() >= 0.97
    assert np.percentile(english, 10) <= 12  # short ones too
    assert np.percentile(chinese, 10) <= 16


def test_words_are_many() -> None:
    words = set().union(*(english_words(text) for _, text, _ in samples()))
    characters = set(re.findall(r"[\u4e00-\u9fff]", "".join(text for *_, text in samples())))
    assert len(words) >= 500
    assert len(characters) >= 500
    assert len({text for _, text, _ in samples()}) > 0.99 * COUNT


def test_languages_do_not_mix() -> None:
    for _, english, chinese in samples():
        assert re.fullmatch(r"[A-Za-z ,.-]+", english), english
        assert re.fullmatch(r"[\u4e00-\u9fff，。、：； ]+", chinese), chinese


def test_no_stray_spaces_or_stops() -> None:
    for _, english, chinese in samples():
        assert not re.search(r"  | [,.]|,,|\.\.|^[,. ]|[, ]$|\ba [aeiou](?!ne\b)", english), english
        assert not re.search(r"[，。、]{2}|^[，。、 ]|[，、 ]$", chinese), chinese


def test_the_vocabulary_holds_every_word_used() -> None:
    known = vocabulary()
    characters = known.characters
    for _, english, chinese in samples():
        assert english_words(english) - {"an"} <= known.english
        assert set(re.findall(r"[\u4e00-\u9fff]", chinese)) <= characters
