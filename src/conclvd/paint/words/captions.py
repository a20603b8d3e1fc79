"""Captions of painted clips, in English and Chinese, that say only what is visible.

A caption is drawn in two steps: which facts it tells (`caption_plan`), then in which words
(`captions_en`, `captions_zh`). Both take their facts from `Attributes` alone, and nothing is ever
said to be absent.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from numpy.random import Generator

from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.words.caption_plan import Plan, plan_caption
from conclvd.paint.words.captions_en import write_en
from conclvd.paint.words.captions_zh import write_zh
from conclvd.paint.words.vocabulary import Vocabulary, vocabulary

__all__ = ["Language", "Plan", "Vocabulary", "caption", "planned_caption", "vocabulary"]

Language: TypeAlias = Literal["en", "zh"]

MAX_WORDS: Final = 46  # English; the embedded text encoder reads 62 tokens
MAX_CHARACTERS: Final = 68  # Chinese


def caption(attributes: Attributes, rng: Generator, language: Language) -> str:
    """Describe a clip in a sentence or a few, or in keywords; the same rng state, the same text."""
    return planned_caption(attributes, rng, language)[0]


def planned_caption(attributes: Attributes, rng: Generator, language: Language) -> tuple[str, Plan]:
    """A caption and the facts it tells, for who wants to check what became of them.

    A plan that turns out too long for the text encoder loses its least important facts until it
    fits (`MAX_WORDS`, `MAX_CHARACTERS`).
    """
    plan = plan_caption(attributes, rng)
    while True:
        if language == "en":
            text = write_en(attributes, plan, rng)
            fits = len(text.split()) <= MAX_WORDS
        else:
            text = write_zh(attributes, plan, rng)
            fits = len(text) <= MAX_CHARACTERS
        shorter = plan.shorter()
        if fits or shorter is None:
            return text, plan
        plan = shorter
