"""What a comparison writes down: one row a video, one row a method."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from conclvd.errors import DatasetError
from conclvd.manifest import MANIFEST
from conclvd.video.beside import beside

METHODS_FILE: Final = "methods.jsonl"

ASKED_FILE: Final = "asked.jsonl"

Status = Literal["done", "unfinished", "not available", "failed"]
Row = TypeVar("Row", bound=BaseModel)


class VideoRow(BaseModel):
    """A video of a method, a line of its `metadata.jsonl`.

    `seconds` are from prompt to frames with the models loaded, of `batch` videos made together the
    share of each. `peak_gib` is the most memory in use meanwhile, in GiB: the GPU's, or the whole
    process' on a CPU. What was not made here has none of them, nor a device, and maybe no seed.
    `settings` and `sha256` are those of what made it and of the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

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


class AskedRow(BaseModel):
    """A video that methods of a comparison were to make, a line of `asked.jsonl`.

    `methods` are their slugs, None for all there are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    caption: str
    seed: int
    methods: list[str] | None = None


class MethodRow(BaseModel):
    """How far a method came, a line of `methods.jsonl`.

    `videos` are those of its folder, `fetch` is what to do to get the method, `sampler` what its
    videos were made with. `lost` are the reasons of those that it could not make, by their names;
    `rest` is that of all others that are missing, where `reason` is not. An `external` method was
    not run here: its seeds are its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

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
    return _read(folder / MANIFEST, VideoRow)


def read_methods(folder: Path) -> list[MethodRow]:
    """The rows of a comparison's folder, none where it has none yet."""
    return _read(folder / METHODS_FILE, MethodRow)


def read_asked(folder: Path) -> list[AskedRow]:
    """What was asked for in a comparison's folder, nothing where that was not noted."""
    return _read(folder / ASKED_FILE, AskedRow)


def write_videos(folder: Path, rows: Iterable[VideoRow]) -> None:
    """Write a method's rows; the file takes its place when it is whole."""
    _write(folder / MANIFEST, rows)


def write_methods(folder: Path, rows: Iterable[MethodRow]) -> None:
    """Write the methods' rows; the file takes its place when it is whole."""
    _write(folder / METHODS_FILE, rows)


def write_asked(folder: Path, rows: Iterable[AskedRow]) -> None:
    """Write what is asked for; the file takes its place when it is whole."""
    _write(folder / ASKED_FILE, rows)


def _read(path: Path, kind: type[Row]) -> list[Row]:
    if not path.exists():
        return []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read {path}: {error}") from error
    return [
        _parse(line, kind, f"{path} line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]


def _parse(line: str, kind: type[Row], where: str) -> Row:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the row"
        raise DatasetError(
            f"{where}: {key}: {first['msg']}; `conclvd evaluate compare` did not write it, name "
            "another folder"
        ) from error


def _write(path: Path, rows: Iterable[BaseModel]) -> None:
    lines = [
        json.dumps(row.model_dump(exclude_none=True), ensure_ascii=False) + "\n" for row in rows
    ]
    with beside(path) as partial:
        partial.write_text("".join(lines), encoding="utf-8")
