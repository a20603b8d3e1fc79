"""What the paper's tables say (docs/method.md 8): figures that were not measured here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# The paper does not name its CLIP, and has no measure of motion beside CLIP-temp.
NOTE = (
    "published: Tables 1 and 2 of the ConCLVD paper, not measured here; the paper does not name "
    "its CLIP, its two tables differ for the same model, and it gives no dynamic degree"
)
NOT_PUBLISHED = "not published"
# What people call a published method otherwise, both as `_plain` has them. Another version, as
# Pika 1.5, is another method.
ALIASES = {
    "pika": "pika10",
    "pika1": "pika10",
    "pikav10": "pika10",
    "runwaygen2": "gen2",
    "modelscopet2v": "modelscope",
}


@dataclass(frozen=True)
class PublishedRow:
    """A method's figures in one of the paper's tables."""

    method: str
    table: int
    clip_text: float
    clip_temp: float


PUBLISHED = (
    PublishedRow("Pika 1.0", 1, 24.564, 0.972),
    PublishedRow("T2V-Zero", 1, 27.633, 0.980),
    PublishedRow("AnimateLCM", 1, 29.987, 0.970),
    PublishedRow("Gen-2", 1, 30.609, 0.978),
    PublishedRow("AnimateDiff-Lightning", 1, 30.421, 0.962),
    PublishedRow("ModelScope", 1, 29.562, 0.961),
    PublishedRow("ConCLVD", 1, 30.518, 0.983),
    PublishedRow("without SC-Attn", 2, 28.862, 0.973),
    PublishedRow("without CLofNoise", 2, 29.864, 0.964),
    PublishedRow("ConCLVD", 2, 30.526, 0.981),
)


def published_rows(method: str) -> list[PublishedRow]:
    """The figures of the method of that name, however it is written.

    T2V-Zero is Text2Video-Zero, and Pika, without a version, the Pika 1.0 of the paper.
    """
    return [row for row in PUBLISHED if _plain(row.method) == _plain(method)]


def unmeasured(methods: list[str]) -> list[str]:
    """The published methods that are none of `methods`, in the paper's order."""
    there = {_plain(method) for method in methods}
    names = dict.fromkeys(row.method for row in PUBLISHED)
    return [name for name in names if _plain(name) not in there]


def other_names(methods: Sequence[str]) -> list[str]:
    """Notes on the methods beside which stand figures of what the paper calls otherwise."""
    return [
        f"published figures beside {method} are those of {row.method}"
        for method in methods
        for row in published_rows(method)[:1]
        if _letters(method) != _letters(row.method)
    ]


def _plain(name: str) -> str:
    letters = _letters(name).replace("text2video", "t2v")
    return ALIASES.get(letters, letters)


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
