"""The words a model was trained on, for models that know only some."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from conclvd.errors import ModelError

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Vocabulary:
    """English words in lower case and Chinese words of one or more characters."""

    en: frozenset[str]
    zh: frozenset[str]

    def words(self, language: str) -> list[str]:
        """All words of "en" or "zh", sorted."""
        return sorted(self.en if language == "en" else self.zh)


def read_vocabulary(path: Path) -> Vocabulary:
    """Read `{"en": [...], "zh": [...]}`. Raises ModelError when the file holds something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        lists = {language: content[language] for language in LANGUAGES}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f'{path} is not a vocabulary ({type(error).__name__}: {error}); expected {{"en": '
            '[words], "zh": [words]}'
        ) from error
    for language, words in lists.items():
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ModelError(f'{path}: "{language}" must be a list of words')
    return Vocabulary(en=frozenset(word.lower() for word in lists["en"]), zh=frozenset(lists["zh"]))
