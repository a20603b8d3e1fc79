"""The words a model was trained on, for models that know only some."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from conclvd.errors import ModelError
from conclvd.files import read_text
from conclvd.lines import parse

LANGUAGES = ("en", "zh")


class Vocabulary(BaseModel, frozen=True):
    """English words in lower case and Chinese words of one or more characters."""

    en: frozenset[Annotated[str, StringConstraints(to_lower=True)]]
    zh: frozenset[str]

    def words(self, language: str) -> list[str]:
        """All words of "en" or "zh", sorted."""
        return sorted(self.en if language == "en" else self.zh)


def read_vocabulary(path: Path) -> Vocabulary:
    """Read `{"en": [...], "zh": [...]}`. Raises ModelError when the file holds something else."""
    return parse(read_text(path, ModelError), Vocabulary, str(path), ModelError)
