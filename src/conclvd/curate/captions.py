"""How long a caption may be, and what it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from conclvd.errors import ModelError
from conclvd.models.source import resolve

_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_FILLERS: Final = frozenset(
    {
        *("a", "an", "and", "as", "at", "by", "from", "in", "into", "is", "it", "its", "of", "off"),
        *("on", "or", "out", "over", "that", "the", "their", "there", "to", "under", "up", "with"),
    }
)


class CaptionLimit:
    """The length of captions in a text encoder's tokens, and the most it reads."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.most: int = tokenizer.model_max_length

    @classmethod
    def of_model(cls, name: str) -> CaptionLimit:
        """The limit of a model: embedded, a diffusers folder or a Hub id. Raises ModelError."""
        from transformers import AutoTokenizer

        folder = resolve(name, hub_files=("tokenizer/*",)) / "tokenizer"
        if not folder.is_dir():
            raise ModelError(f"{name} has no folder tokenizer; name a model in diffusers layout")
        try:
            return cls(AutoTokenizer.from_pretrained(str(folder)))
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"cannot read the tokenizer of {name}: {reason}") from error

    def length(self, caption: str) -> int:
        """Tokens, with those that mark the beginning and the end."""
        return len(self._tokenizer(caption, verbose=False).input_ids)


def common_words(captions: Iterable[str]) -> Counter[str]:
    """How many captions have each English word, articles and prepositions left out."""
    counts: Counter[str] = Counter()
    for caption in captions:
        found = {word.lower() for word in _WORD.findall(caption)} - _FILLERS
        counts.update(sorted(found))  # words that are equally common keep one order in every run
    return counts


def word_count(caption: str) -> int:
    """Words of an English caption; in a Chinese one every character is one."""
    chinese = len(_CHINESE.findall(caption))
    return chinese or len(_WORD.findall(caption))
