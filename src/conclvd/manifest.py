"""The dataset folder: clips, and `metadata.jsonl` with one record a clip.

The layout is Hugging Face's videofolder, so that `datasets.load_dataset("videofolder", ...)` reads
it too. One line of JSON a clip, UTF-8, `file_name` first, relative to the folder. The format is
written down in docs/dataset.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    Field,
    JsonValue,
    field_validator,
    model_validator,
)

from conclvd.errors import DatasetError
from conclvd.lines import Record, append_line, numbered, parse, write_lines

MANIFEST: Final = "metadata.jsonl"
SCHEMA_VERSION: Final = 2


Rate = Annotated[Fraction, Field(gt=0)]  # in files "24" or "24000/1001"
Tag = Annotated[str, Field(pattern=r"^(season|weather|elements|motion|style):\S(.*\S)?$")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _from_table(found: dict[str, Any]) -> dict[str, Any]:
    """A record out of a table, where every column has something in every row: see curate/hub.py."""
    plain = {
        key: [part for part in value if part != ""] if isinstance(value, list) else value
        for key, value in found.items()
        if value != "" or key in ("caption", "text")
    }
    attributes = plain.get("attributes")
    if isinstance(attributes, str):
        plain["attributes"] = json.loads(attributes)
    return plain


class ClipRecord(Record):
    """One clip of a dataset.

    `caption` is the English caption, `caption_zh` the Chinese one; `tags` are "kind:word", such as
    "season:autumn". `source` says where the clip is from, `source_sha256` is the sum of that file,
    and `start` and `end`, in seconds, the part of it; `seed` how a painted clip was made.
    `reviewed_by` is the person who confirmed the captions, None while nobody has; `suggested_by`
    the model that wrote a caption. `attributes` are known to be visible, as plain data; `flags`
    what was measured but not removed, such as "subtitles". `fps` is in frames per second, `width`
    and `height` in pixels; `sha256` of the file, in lower-case hexadecimal. Only `file_name` and
    `caption` must be there. Records of schema version 1 (`text` for `caption`) are read as well.
    """

    file_name: str
    schema_version: Literal[2] = SCHEMA_VERSION
    caption: str
    caption_zh: str | None = None
    tags: tuple[Tag, ...] = ()
    source: str | None = None
    source_sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    start: Seconds | None = None
    end: Seconds | None = None
    license: str | None = None
    reviewed_by: str | None = Field(default=None, min_length=1)
    suggested_by: str | None = Field(default=None, min_length=1)
    split: str | None = Field(default=None, pattern=r"^\w[\w-]*$")
    flags: tuple[str, ...] = ()
    attributes: dict[str, JsonValue] | None = None
    seed: int | None = Field(default=None, ge=0)
    fps: Rate | None = None
    frames: int | None = Field(default=None, gt=0)
    width: int | None = Field(default=None, gt=0)
    height: int | None = Field(default=None, gt=0)
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")

    @model_validator(mode="before")
    @classmethod
    def _upgrade(cls, found: Any) -> Any:
        """What schema version 1 called `text`, and a hand-made videofolder often does."""
        if isinstance(found, dict):
            found = _from_table(found)
        if not isinstance(found, dict) or found.get("schema_version", 1) != 1:
            return found
        renamed = {"text": "caption", "text_zh": "caption_zh"}
        return {renamed.get(key, key): value for key, value in found.items()} | {
            "schema_version": SCHEMA_VERSION
        }

    @field_validator("file_name")
    @classmethod
    def _inside(cls, name: str) -> str:
        path = PurePosixPath(name)
        outside = path.is_absolute() or ".." in path.parts or not path.parts
        if outside or any(character in name for character in "\\\0\n"):
            raise ValueError("name a file inside the dataset folder, with forward slashes")
        return name

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError(f"end is {self.end} and start {self.start}; end must be later")
        return self

    @property
    def origin(self) -> str:
        """What must not be in two splits: the source's content, its name, or the clip itself."""
        if self.source_sha256 is not None:
            return self.source_sha256
        if self.source is not None and self.seed is not None:
            return f"{self.source}, seed {self.seed}"
        return self.source or self.file_name


def read_manifest(folder: Path) -> list[ClipRecord]:
    """The records of a dataset folder, in file order.

    Raises DatasetError, with the line, for a missing or unreadable file, an unknown key, a value
    that does not fit, or a clip that is listed twice.
    """
    path = folder / MANIFEST
    records: list[ClipRecord] = []
    seen: set[str] = set()
    for where, line in manifest_lines(folder):
        record = parse(line, ClipRecord, where)
        if record.file_name in seen:
            raise DatasetError(f"{path} lists {record.file_name} twice; remove one of the lines")
        seen.add(record.file_name)
        records.append(record)
    return records


def manifest_lines(folder: Path) -> list[tuple[str, str]]:
    """Every line that counts, with the words that say where it is; see `lines`."""
    path = folder / MANIFEST
    try:
        return numbered(path)
    except FileNotFoundError as error:
        raise DatasetError(
            f"there is no {MANIFEST} in {folder}; name a dataset folder, or make one with "
            "`conclvd dataset paint`"
        ) from error


def write_manifest(folder: Path, records: Iterable[ClipRecord]) -> None:
    """Write all records, whole or not at all."""
    write_lines(folder / MANIFEST, map(record_line, records))


def append_record(folder: Path, record: ClipRecord) -> None:
    """Add one record at the end, or, when that fails, nothing. Raises DatasetError."""
    append_line(folder / MANIFEST, record_line(record))


def record_line(record: ClipRecord) -> str:
    """A record as its line of the file, with the line's end; what says nothing is left out."""
    return json.dumps(said(record), ensure_ascii=False) + "\n"


def said(record: ClipRecord) -> dict[str, Any]:
    """What a record says, as plain data."""
    plain = record.model_dump(mode="json", exclude_none=True)
    return {key: value for key, value in plain.items() if value != []}
