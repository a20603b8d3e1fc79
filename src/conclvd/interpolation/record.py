"""What is kept in a file of how it was interpolated, around what was kept in it before."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from conclvd import __version__
from conclvd.video.embedded import Embedded, content_of, validated


@dataclass(frozen=True)
class Record(Embedded):
    """One interpolation: its settings (sofp.Settings, the estimator's name, the file's rate).

    `source` is the text that was embedded in the video before, unchanged; None for none.
    """

    FORMAT: ClassVar[str] = "conclvd-interpolation/1"

    mode: str
    passes: int
    reach: int
    merge_repeats: bool
    flow: str
    fps: Fraction
    source: str | None
    version: str = __version__


def unwrapped(text: str, origin: str) -> tuple[list[Record], str | None]:
    """The interpolations of a file, the last first, and what was embedded before them all.

    Raises InvalidRequest for one with settings this version does not know; `origin` names the file.
    """
    records: list[Record] = []
    rest: str | None = text
    while rest is not None and (content := content_of(rest)).pop("format", None) == Record.FORMAT:
        records.append(validated(Record, content, origin))
        rest = records[-1].source
    return records, rest
