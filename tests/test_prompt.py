"""What of a prompt the model will not follow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conclvd.errors import ModelError
from conclvd.generate.prompt import beyond_limit, prompt_warnings, unknown_words
from conclvd.models.vocabulary import Vocabulary, read_vocabulary
from tiny import TOKENS, VOCABULARY, tiny_tokenizer

KNOWN = Vocabulary(en=frozenset(VOCABULARY["en"]), zh=frozenset(VOCABULARY["zh"]))


def test_a_prompt_within_the_limit_is_whole() -> None:
    # One token a byte in this tokenizer, and two that mark the ends.
    assert beyond_limit("a" * (TOKENS - 2), tiny_tokenizer()) == ""


def test_what_is_cut_is_named() -> None:
    assert beyond_limit("a" * (TOKENS - 2) + " boat", tiny_tokenizer()) == "boat"


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("A misty boat drifts to the left", []),
        ("a dragon, a Dragon and a boat", ["dragon", "Dragon", "and"]),
        ("水墨山", []),
        ("小船向左漂", []),
        ("小船向右漂，龙飞", ["向右", "龙飞"]),
        ("a boat 龙", ["龙"]),
        ("1, 2; !", []),
    ],
)
def test_unknown_words_in_both_languages(text: str, unknown: list[str]) -> None:
    assert unknown_words(text, KNOWN) == unknown


def test_the_longest_chinese_word_wins() -> None:
    words = Vocabulary(en=frozenset(), zh=frozenset({"山", "山水", "水"}))
    assert unknown_words("山水画", words) == ["画"]


def test_warnings_name_the_words_and_the_way_out() -> None:
    (line,) = prompt_warnings("prompt", "a dragon", tiny_tokenizer(), KNOWN)
    assert "'dragon'" in line
    assert "conclvd vocabulary" in line


def test_a_model_without_vocabulary_knows_every_word() -> None:
    assert prompt_warnings("prompt", "a dragon", tiny_tokenizer(), None) == []


def test_a_vocabulary_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(json.dumps({"en": ["Boat", "a"], "zh": ["山"]}), encoding="utf-8")
    vocabulary = read_vocabulary(path)
    assert vocabulary.words("en") == ["a", "boat"]
    assert vocabulary.words("zh") == ["山"]


@pytest.mark.parametrize("content", ["{", "[]", '{"en": []}', '{"en": [1], "zh": []}'])
def test_a_broken_vocabulary_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=r"vocabulary\.json"):
        read_vocabulary(path)
