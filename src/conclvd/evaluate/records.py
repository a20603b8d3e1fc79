"""What a comparison writes down: one row a video, one row a method."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, JsonValue

from conclvd.lines import Record, read_lines, write_lines
from conclvd.manifest import MANIFEST

METHODS_FILE: Final = "methods.jsonl"

ASKED_FILE: Final = "asked.jsonl"

Status = Literal["done", "unfinished", "not available", "failed"]


class VideoRow(Record):
    """A video of a method, a line of its `metadata.jsonl`.

    `seconds` are from prompt to frames with the models loaded, of `batch` videos made together the
    share of each. `peak_gib` is the most memory in use meanwhile, in GiB: the GPU's, or the whole
    process' on a CPU. What was not made here has none of them, nor a device, and maybe no seed.
    `settings` and `sha256` are those of what made it and of the file.
    """

    file_name: str
    caption: str
    seed: int | None = None
    method: str
    seconds: float | None = None
    peak_gib: float | None = None
    device: str | None = None
    batch: int | None = None
    settings: str
    sha256: str


class AskedRow(Record):
    """A video that methods of a comparison were to make, a line of `asked.jsonl`.

    `methods` are their slugs, None for all there are.
    """

    name: str
    caption: str
    seed: int
    methods: list[str] | None = None


class MethodRow(Record):
    """How far a method came, a line of `methods.jsonl`.

    `videos` are those of its folder, `fetch` is what to do to get the method, `sampler` what its
    videos were made with. `lost` are the reasons of those that it could not make, by their names;
    `rest` is that of all others that are missing, where `reason` is not. An `external` method was
    not run here: its seeds are its own.
    """

    name: str
    slug: str
    status: Status
    videos: int
    reason: str | None = None
    fetch: str | None = None
    sampler: dict[str, JsonValue] | None = None
    lost: dict[str, str] | None = None
    rest: str | None = None
    external: bool = False


def read_videos(folder: Path) -> list[VideoRow]:
    """The rows of a method's folder, none where it has none yet."""
    return read_lines(folder / MANIFEST, VideoRow)


def read_methods(folder: Path) -> list[MethodRow]:
    """The rows of a comparison's folder, none where it has none yet."""
    return read_lines(folder / METHODS_FILE, MethodRow)


def read_asked(folder: Path) -> list[AskedRow]:
    """What was asked for in a comparison's folder, nothing where that was not noted."""
    return read_lines(folder / ASKED_FILE, AskedRow)


def write_videos(folder: Path, rows: Iterable[VideoRow]) -> None:
    """Write a method's rows, whole or not at all."""
    write_lines(folder / MANIFEST, map(_plain, rows))


def write_methods(folder: Path, rows: Iterable[MethodRow]) -> None:
    """Write the methods' rows, whole or not at all."""
    write_lines(folder / METHODS_FILE, map(_plain, rows))


def write_asked(folder: Path, rows: Iterable[AskedRow]) -> None:
    """Write what is asked for, whole or not at all."""
    write_lines(folder / ASKED_FILE, map(_plain, rows))


def _plain(row: BaseModel) -> dict[str, Any]:
    return row.model_dump(exclude_none=True)
