"""Captions in words that the shipped model has learnt: the grammar may have got new ones since."""

from __future__ import annotations

from functools import cache

import numpy as np

from conclvd.generate.prompt import unknown_words
from conclvd.models.source import ink_mini
from conclvd.models.vocabulary import Vocabulary, read_vocabulary
from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.words.captions import Language, planned_caption

DRAWS = 400


@cache
def shipped_vocabulary() -> Vocabulary:
    return read_vocabulary(ink_mini() / "vocabulary.json")


def known_caption(attributes: Attributes, language: Language = "en", seed: int = 0) -> str:
    """The first caption drawn with `seed` that has no word the shipped model never learnt.

    It names everything, and quotes no verse.
    """
    rng = np.random.default_rng(seed)
    for _ in range(DRAWS):
        text, plan = planned_caption(attributes, rng, language)
        plain = plan.complete(attributes) and not plan.verses
        if plain and not unknown_words(text, shipped_vocabulary()):
            return text
    raise AssertionError(f"no caption of {DRAWS} is in the shipped vocabulary: {attributes}")
