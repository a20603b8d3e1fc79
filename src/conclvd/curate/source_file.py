"""`sources.jsonl`: the raw videos of a dataset folder, one a line."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from conclvd.curate.facts import VideoFacts
from conclvd.lines import Record, read_lines

SOURCES: Final = "sources.jsonl"
UNKNOWN: Final = "unknown"


class SourceRecord(Record):
    """One raw video, left where it is.

    `path` is absolute, `name` what its clips are told to be from, `license` the terms it may be
    used under, "unknown" when nobody said. `modified_ns` is when the file was last changed, in
    nanoseconds since 1970: while it and `bytes` are the same, the file is not read again.
    """

    schema_version: Literal[1] = 1
    path: str
    name: str = Field(min_length=1)
    license: str = Field(min_length=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int = Field(gt=0)
    modified_ns: int | None = None
    facts: VideoFacts


def read_sources(folder: Path) -> list[SourceRecord]:
    """The raw videos, in the order they were added. Raises DatasetError."""
    return read_lines(folder / SOURCES, SourceRecord)
