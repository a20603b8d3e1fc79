"""Captions say what is visible, nothing else, in many words and in both languages."""

import re
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType

import numpy as np
import pytest

from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.words import lexicon_en, lexicon_zh
from conclvd.paint.words.captions import (
    MAX_CHARACTERS,
    MAX_WORDS,
    Language,
    Plan,
    planned_caption,
    vocabulary,
)
from conclvd.paint.words.poems_zh import POEMS
from conclvd.paint.words.templates import cover, literals
from conclvd.paint.words.traditional import TABLE, to_traditional
from conclvd.paint.words.verse import Verse, verse_facts
from conclvd.paint.words.vocabulary import CHINESE, ENGLISH, english_words
from scenes import random_attributes, simplified

COUNT = 3000


@lru_cache
def planned() -> list[tuple[Attributes, tuple[str, Plan], tuple[str, Plan]]]:
    rng = np.random.default_rng(7)
    scenes = [random_attributes(rng) for _ in range(COUNT)]
    return [
        (scene, planned_caption(scene, rng, "en"), planned_caption(scene, rng, "zh"))
        for scene in scenes
    ]


@lru_cache
def samples() -> list[tuple[Attributes, str, str]]:
    """Scenes with captions in both languages, the Chinese ones all in simplified characters."""
    return [(scene, en[0], simplified(zh[0])) for scene, en, zh in planned()]


def without_poems(text: str) -> str:
    """A Chinese caption without quoted lines: these need what they name, but name more."""
    return poem_lines().sub("诗", text)


@lru_cache
def poem_lines() -> re.Pattern[str]:
    lines = {line for poem in POEMS for line in cover(poem.text)}
    return re.compile("|".join(sorted(lines, key=len, reverse=True)))


# --- only what is visible ------------------------------------------------------------------------

ELEMENT_TABLES = {"COUNTED", "MASS_ONE", "MASS_MANY", "MOVE_VERB", "MOTION_VERB", "STAND_VERB"}
ELEMENT_TABLES |= {"MEASURED", "NAME", "FLOCK", "MOVE", "MOTION", "STAND", "LIGHT"}
FACTS = {"TONE": "palette", "COLOR": "palette", "TIME": "time", "MOUNTAIN": "mountains"}
FACTS |= {"HILLS": "mountains", "WEATHER": "weather", "WEATHER_TAG": "weather"}
FACTS |= {"WEATHER_BLOWN": "weather", "CAMERA": "camera", "CAMERA_TAG": "camera"}
FACTS |= {"SIDE": "side", "DIRECTION": "direction", "WAY": "direction"}
FACTS |= {"FORMAT": "format", "DISTANCE": "distance", "BRUSH": "brush", "DENSITY": "density"}
PLAIN = {"WIND": "wind", "WIND_TAG": "wind", "WATER": "water", "WATER_TAIL": "water"}
PLAIN |= {"WATER_MIRROR": "water", "ON_WATER": "water", "BY_WATER": "water", "FALL": "waterfall"}
PLAIN |= {"MOUNTAIN_OVER_WATER": "water", "STYLE_INK": "ink", "SWAY": "sway"}
PLAIN |= {"MOUNTAIN_OVER_WATER_LOW": "water", "SEAL": "seal", "INSCRIPTION": "inscription"}
PLAIN |= {"BRUSH_CLAUSE": "brush", "WATER_SEASON": "water"}


def owners(
    modules: tuple[ModuleType, ...], split: Callable[[str], set[str]]
) -> dict[str, set[str]]:
    """For every word, the facts that may bring it into a caption; "" is any caption."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for name, table in vars(module).items():
            if not name.isupper() or name.startswith("_"):
                continue
            if isinstance(table, tuple):
                for verse in table if name == "VERSES" else ():
                    for word in split(verse.text):
                        found[word].add(f"verse {verse.needs}")
                continue
            rows = table if isinstance(table, dict) else {"": table}
            for key, template in rows.items():
                if name == "LIGHT":
                    fact = key
                elif name in ELEMENT_TABLES and isinstance(table, dict):
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
    true |= {f"format {attributes.format}", f"density {attributes.density}"}
    true |= {f"distance {attributes.distance}", f"brush {attributes.brush}"}
    true |= {"brush"} if attributes.brush else set()
    true |= {"seal"} if attributes.seal else set()
    true |= {"inscription"} if attributes.inscription else set()
    true |= {"ink"} if attributes.palette in ("ink", "mist") else set()
    for element in attributes.elements:
        true |= {element.kind, f"side {element.side}", f"direction {element.motion}"}
        true.add(f"{element.kind} {attributes.time}")
        true |= {"sway"} if element.motion == "sway" else set()
    held = verse_facts(attributes)
    return true | {f"verse {verse.needs}" for verse in all_verses() if verse.fits(held)}


@lru_cache
def all_verses() -> tuple[Verse, ...]:
    return tuple(verse for module in (ENGLISH[-1], CHINESE[-1]) for verse in module.VERSES)


def english_of(template: str) -> set[str]:
    return set().union(*(english_words(phrase) for phrase in cover(template)))


def characters_of(template: str) -> set[str]:
    return set(re.findall(r"[\u4e00-\u9fff]", "".join(literals(template))))


@lru_cache
def reasons_of(language: Language) -> dict[str, set[str]]:
    """For every English word or Chinese character, the facts that may bring it in."""
    if language == "zh":
        return owners(CHINESE, characters_of)
    table = owners(ENGLISH, english_of)
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
        texts = (english, without_poems(chinese))
        for pattern, text in zip(OBJECTIONS[kinds], texts, strict=True):
            if re.search(pattern, text, re.IGNORECASE):
                named += 1
                assert there, f"{text!r} of {attributes}"
    assert named > 60


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
            assert not re.search(pattern, without_poems(" ".join(texts))), texts


def test_nothing_is_said_to_be_absent() -> None:
    for _, english, chinese in samples():
        assert not re.search(r"\b(no|not|never|nobody|nothing|empty)\b", english), english
        assert not re.search("没|无人|未", without_poems(chinese)), chinese


def test_a_quoted_line_is_of_what_is_there() -> None:
    lines = [(line, poem) for poem in POEMS for line in cover(poem.text)]
    quoted = 0
    for attributes, _, chinese in samples():
        held = verse_facts(attributes)
        for line in (line for line, _ in lines if line in chinese):
            quoted += 1
            assert any(poem.fits(held) for other, poem in lines if line in other), (
                line,
                attributes,
            )
    assert quoted > 120


# --- everything that strikes the eye -------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nine_of_ten_captions_name_everything(language: Language) -> None:
    whole = [(en if language == "en" else zh)[1].complete(scene) for scene, en, zh in planned()]
    assert np.mean(whole) >= 0.9


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_a_plan_names_is_in_the_text(language: Language) -> None:
    reasons = reasons_of(language)
    for scene, en, zh in planned()[:1500]:
        text, plan = en if language == "en" else (simplified(zh[0]), zh[1])
        words = english_words(text) if language == "en" else set(text)
        true = facts(scene)
        named = set().union(*(reasons.get(word, set()) for word in words)) & true
        for said in plan.said():
            assert said.element.kind in named, f"{said} in {text!r}"
        for verse in plan.verses:
            assert f"verse {verse.needs}" in named
        if plan.weather and "weather" not in plan.named:
            assert f"weather {scene.weather}" in named
        if plan.brush:
            assert f"brush {scene.brush}" in named


def test_short_captions_belong_to_sparse_scenes() -> None:
    lengths: dict[bool, list[int]] = {True: [], False: []}
    for scene, en, _ in planned():
        few, many = len(scene.elements) <= 1, len(scene.elements) >= 5
        if few or many:
            lengths[few].append(len(en[0].split()))
    assert np.median(lengths[True]) <= 22
    assert np.percentile(lengths[False], 15) >= 22


def test_blank_space_is_told_of_sparse_scenes_alone() -> None:
    for scene, english, chinese in samples():
        if re.search(r"\bblank (space|paper)\b(?<!white)", english) or "留白" in chinese:
            assert scene.density == "sparse" or scene.palette == "ink", (english, chinese)


# --- traditional characters ----------------------------------------------------------------------


def test_the_traditional_table_goes_there_and_back() -> None:
    assert len(set(TABLE.values())) == len(TABLE)
    for phrase in vocabulary().chinese:
        plain = simplified(phrase)
        assert simplified(to_traditional(plain)) == plain


@pytest.mark.parametrize(
    ("plain", "traditional"),
    [
        ("雪里小桥，万里江山", "雪裡小橋，萬里江山"),
        ("一只小船，只见远山", "一隻小船，只見遠山"),
        ("山重水复，云深不知处", "山重水複，雲深不知處"),
        ("向后拉开，余晖映着楼台", "向後拉開，餘暉映著樓臺"),
        ("系孤舟，采莲，细雨蒙蒙", "繫孤舟，採蓮，細雨濛濛"),
    ],
)
def test_one_character_for_several_is_told_apart(plain: str, traditional: str) -> None:
    assert to_traditional(plain) == traditional


def test_one_chinese_caption_in_five_is_traditional() -> None:
    texts = [zh[0] for *_, zh in planned()]
    old = [text for text in texts if set(text) & (set(TABLE.values()) - set(TABLE))]
    assert 0.15 < len(old) / len(texts) < 0.25
    for text in old:  # and is so from beginning to end
        assert text == to_traditional(simplified(text))


# --- how often, how long, how varied -------------------------------------------------------------


def holds(text: str, template: str) -> bool:
    """Whether a text has a piece of the template that says something."""
    return any(len(piece) > 1 and piece.lower() in text for piece in literals(template))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_palette_and_mountains_are_told_often(language: Language) -> None:
    told: dict[str, list[bool]] = {"palette": [], "mountains": []}
    for attributes, english, chinese in samples():
        tables = lexicon_en if language == "en" else lexicon_zh
        text = (english if language == "en" else chinese).lower()
        phrases = [tables.TONE[attributes.palette], tables.COLOR[attributes.palette]]
        phrases += [tables.TIME[attributes.time]] * (attributes.time == attributes.palette)
        told["palette"].append(any(holds(text, phrase) for phrase in phrases))
        if attributes.mountains:
            told["mountains"].append(holds(text, tables.MOUNTAIN[attributes.mountains]))
    assert np.mean(told["palette"]) >= 0.8
    assert np.mean(told["mountains"]) >= 0.65


def test_captions_fit_the_text_encoder() -> None:
    english = np.array([len(text.split()) for _, text, _ in samples()])
    chinese = np.array([len(text) for *_, text in samples()])
    assert english.max() <= 55
    assert (english <= MAX_WORDS).mean() >= 0.97
    assert (chinese <= MAX_CHARACTERS).mean() >= 0.97
    assert np.percentile(english, 10) <= 18  # short ones too
    assert np.percentile(chinese, 10) <= 25


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
