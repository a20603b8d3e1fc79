"""Every word that captions can use, read off the grammar's own tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from conclvd.paint.words import (
    lexicon_en,
    lexicon_en_elements,
    lexicon_en_manner,
    lexicon_zh,
    lexicon_zh_elements,
    lexicon_zh_manner,
    verses_en,
    verses_zh,
)
from conclvd.paint.words.templates import cover, literals
from conclvd.paint.words.traditional import spellings

ENGLISH = (lexicon_en, lexicon_en_elements, lexicon_en_manner, verses_en)
CHINESE = (lexicon_zh, lexicon_zh_elements, lexicon_zh_manner, verses_zh)


@dataclass(frozen=True)
class Vocabulary:
    """`english`: lower-case words; compounds whole and in parts ("grey-blue", "grey", "blue").
    `chinese`: the phrases captions are put together from, of one to a dozen
    characters, simplified and traditional."""

    english: frozenset[str]
    chinese: frozenset[str]

    @property
    def characters(self) -> frozenset[str]:
        """Every Chinese character that captions use."""
        return frozenset("".join(self.chinese))


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The words of both languages; a prompt's other words mean nothing to the embedded model."""
    english: set[str] = set()
    for template in _templates(*ENGLISH):
        for phrase in cover(template):
            english.update(english_words(phrase))
    chinese: set[str] = set()
    for template in _templates(*CHINESE):
        for piece in literals(template):
            for phrase in re.findall(r"[\u4e00-\u9fff]+", piece):
                chinese.update(spellings(phrase))
    return Vocabulary(frozenset(english), frozenset(chinese))


def english_words(text: str) -> set[str]:
    """The English words of a text in lower case, compounds whole and in parts."""
    compounds = re.findall(r"[a-z]+(?:-[a-z]+)*", text.lower())
    return set(compounds).union(*(compound.split("-") for compound in compounds))


def _templates(*modules: ModuleType) -> Iterator[str]:
    for module in modules:
        for name, table in vars(module).items():
            if name == "VERSES":
                yield from (verse.text for verse in table)
            elif name.isupper() and name not in ("_LINES", "POEMS"):
                yield from [table] if isinstance(table, str) else table.values()
