"""Every word that captions can use, read off the grammar's own tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from conclvd.paint.words import lexicon_en, lexicon_en_elements, lexicon_zh, lexicon_zh_elements
from conclvd.paint.words.templates import cover, literals


@dataclass(frozen=True)
class Vocabulary:
    """`english`: lower-case words; compounds whole and in parts ("grey-blue", "grey", "blue").
    `chinese`: the phrases captions are put together from, of one to a dozen characters."""

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
    for template in _templates(lexicon_en, lexicon_en_elements):
        for phrase in cover(template):
            english.update(english_words(phrase))
    chinese: set[str] = set()
    for template in _templates(lexicon_zh, lexicon_zh_elements):
        for piece in literals(template):
            chinese.update(re.findall(r"[\u4e00-\u9fff]+", piece))
    return Vocabulary(frozenset(english), frozenset(chinese))


def english_words(text: str) -> set[str]:
    """The English words of a text in lower case, compounds whole and in parts."""
    compounds = re.findall(r"[a-z]+(?:-[a-z]+)*", text.lower())
    return set(compounds).union(*(compound.split("-") for compound in compounds))


def _templates(*modules: ModuleType) -> Iterator[str]:
    for module in modules:
        for name, table in vars(module).items():
            if name.isupper():
                yield from [table] if isinstance(table, str) else table.values()
