"""What is kept in a file of how it was interpolated, around what was kept in it before."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import ClassVar

from conclvd import __version__
from conclvd.video.embedded import validated

FORMAT = "conclvd-interpolation/1"


@dataclass(frozen=True)
class Record:
    """One interpolation: its settings (sofp.Settings, the estimator's name, the file's rate).

    `source` is the text that was embedded in the video before, unchanged; None for none.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    mode: str
    passes: int
    reach: int
    merge_repeats: bool
    flow: str
    fps: Fraction
    source: str | None
    version: str = __version__

    def to_json(self) -> str:
        """One line of JSON, non-ASCII characters as they are."""
        content = {"format": FORMAT, **asdict(self)}
        return json.dumps(content, ensure_ascii=False, default=str)  # default: fps, a Fraction


def read_record(text: str, origin: str) -> Record | None:
    """Read what `Record.to_json` wrote; None when the text is anything else.

    Raises InvalidRequest when it is a record with settings this version does not know; `origin`
    names the file.
    """
    try:
        content = json.loads(text)
    except ValueError:
        return None
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        return None
    return validated(Record, content, origin)


def unwrapped(text: str, origin: str) -> tuple[list[Record], str | None]:
    """The interpolations of a file, the last first, and what was embedded before them all."""
    records: list[Record] = []
    rest: str | None = text
    while rest is not None and (record := read_record(rest, origin)) is not None:
        records.append(record)
        rest = record.source
    return records, rest
