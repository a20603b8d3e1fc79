"""Captions of painted clips, in English and Chinese, that say only what is visible.

A caption is drawn in two steps: which facts it tells (`caption_plan`), then in which words
(`captions_en`, `captions_zh`). Both take their facts from `Attributes` alone, and what they do not
tell is not in the picture.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from numpy.random import Generator

from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.words.caption_plan import Plan, plan_caption
from conclvd.paint.words.captions_en import write_en
from conclvd.paint.words.captions_zh import write_zh
from conclvd.paint.words.traditional import to_traditional
from conclvd.paint.words.verses_en import VERSES as VERSES_EN
from conclvd.paint.words.verses_zh import VERSES as VERSES_ZH
from conclvd.paint.words.vocabulary import Vocabulary, vocabulary

__all__ = ["Language", "Plan", "Vocabulary", "caption", "planned_caption", "vocabulary"]

Language: TypeAlias = Literal["en", "zh"]

MAX_WORDS: Final = 45  # English; the embedded text encoder reads 62 tokens
MAX_CHARACTERS: Final = 72  # Chinese
TRADITIONAL: Final = 0.2  # share of the Chinese captions in traditional characters


def caption(attributes: Attributes, rng: Generator, language: Language) -> str:
    """Describe a clip in a sentence or a few, or in keywords; the same rng state, the same text."""
    return planned_caption(attributes, rng, language)[0]


def planned_caption(attributes: Attributes, rng: Generator, language: Language) -> tuple[str, Plan]:
    """A caption and the facts it tells, for who wants to check what became of them.

    A plan that turns out too long for the text encoder loses its ornaments, then its least
    important facts until it fits (`MAX_WORDS`, `MAX_CHARACTERS`).
    """
    plan = plan_caption(attributes, rng, VERSES_EN if language == "en" else VERSES_ZH)
    while True:
        if language == "en":
            text = write_en(attributes, plan, rng)
            fits = len(text.split()) <= MAX_WORDS
        else:
            text = write_zh(attributes, plan, rng)
            fits = len(text) <= MAX_CHARACTERS
        shorter = plan.shorter()
        if fits or shorter is None:
            break
        plan = shorter
    if language == "zh" and rng.random() < TRADITIONAL:
        text = to_traditional(text)
    return text, plan
