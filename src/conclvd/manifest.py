"""The dataset folder: clips, and `metadata.jsonl` with one record a clip.

The layout is Hugging Face's videofolder, so that `datasets.load_dataset("videofolder", ...)` reads
it too. One line of JSON a clip, UTF-8, `file_name` first, relative to the folder. The format is
written down in docs/dataset.md.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    ValidationError,
    field_validator,
    model_validator,
)

from conclvd.errors import DatasetError

MANIFEST: Final = "metadata.jsonl"
SCHEMA_VERSION: Final = 2


def _rate(value: Any) -> Any:
    """A rate as written in files, "24" or "24000/1001"."""
    if isinstance(value, str):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise ValueError('write a rate such as "24" or "24000/1001"') from None
    return value


Rate = Annotated[Fraction, BeforeValidator(_rate), PlainSerializer(str), Field(gt=0)]


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


class ClipRecord(BaseModel):
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

    model_config = ConfigDict(extra="forbid", frozen=True)

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
        record = parse_record(line, where)
        if record.file_name in seen:
            raise DatasetError(f"{path} lists {record.file_name} twice; remove one of the lines")
        seen.add(record.file_name)
        records.append(record)
    return records


def manifest_lines(folder: Path) -> list[tuple[str, str]]:
    """Every line that is not blank, with the words that say where it is."""
    path = folder / MANIFEST
    lines = _read(path).split("\n")  # splitlines would split captions at U+2028
    return [(f"{path} line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]


def parse_record(line: str, where: str) -> ClipRecord:
    """One line as a record; DatasetError, beginning with `where`, when it does not fit."""
    try:
        return ClipRecord.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the record"
        if first["type"] == "extra_forbidden":
            raise DatasetError(f"{where}: unknown key {key!r}; remove it") from error
        message = first["msg"].removeprefix("Value error, ")
        raise DatasetError(f"{where}: {key} does not fit: {message}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where} is not JSON: {error}") from error


def write_manifest(folder: Path, records: Iterable[ClipRecord]) -> None:
    """Write all records; the file takes its place when it is whole."""
    path = folder / MANIFEST
    partial = path.with_name(f".{MANIFEST}.{os.getpid()}.part")
    try:
        partial.write_text("".join(record_line(record) for record in records), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {error.strerror}; check the folder") from error
    finally:
        partial.unlink(missing_ok=True)


def append_record(folder: Path, record: ClipRecord) -> None:
    """Add one record at the end, or, when that fails, nothing."""
    path = folder / MANIFEST
    line = record_line(record).encode()
    try:
        with path.open("ab", buffering=0) as file:
            end = file.tell()
            if file.write(line) != len(line):
                file.truncate(end)
                raise DatasetError(f"cannot write {path}: the disk is full; free some space")
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {error.strerror}; check the folder") from error


def drop_torn_line(folder: Path) -> None:
    """Remove a last line without its end, as a machine that went down may leave it."""
    path = folder / MANIFEST
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        path.write_bytes(whole)


def file_sum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal, as records have it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DatasetError(
            f"there is no {path.name} in {path.parent}; name a dataset folder, or make one with "
            "`conclvd dataset paint`"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read {path}: {error}") from error


def record_line(record: ClipRecord) -> str:
    """A record as its line of the file, with the line's end; what says nothing is left out."""
    plain = record.model_dump(mode="json", exclude_none=True)
    said = {key: value for key, value in plain.items() if value != []}
    return json.dumps(said, ensure_ascii=False) + "\n"
