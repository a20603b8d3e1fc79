"""What the paper's tables say (method.md 8): figures that were not measured here."""

from __future__ import annotations

from dataclasses import dataclass

# The paper does not name its CLIP, and has no measure of motion beside CLIP-temp.
NOTE = (
    "published: Tables 1 and 2 of the ConCLVD paper, not measured here; the paper does not name "
    "its CLIP, its two tables differ for the same model, and it gives no dynamic degree"
)
NOT_PUBLISHED = "not published"


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
    """The figures of the method of that name, however it is written: T2V-Zero, Text2Video-Zero."""
    return [row for row in PUBLISHED if _plain(row.method) == _plain(method)]


def unmeasured(methods: list[str]) -> list[str]:
    """The published methods that are none of `methods`, in the paper's order."""
    there = {_plain(method) for method in methods}
    names = dict.fromkeys(row.method for row in PUBLISHED)
    return [name for name in names if _plain(name) not in there]


def _plain(name: str) -> str:
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())
    return plain.replace("text2video", "t2v")
