"""The dataset folder: clips, and `metadata.jsonl` with one record a clip.

The layout is Hugging Face's videofolder, so that `datasets.load_dataset("videofolder", ...)` reads
it too. One line of JSON a clip, UTF-8, `file_name` first, relative to the folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    ValidationError,
    field_validator,
)

from conclvd.errors import DatasetError

MANIFEST: Final = "metadata.jsonl"
SCHEMA_VERSION: Final = 1


def _rate(value: Any) -> Any:
    """A rate as written in files, "24" or "24000/1001"."""
    if isinstance(value, str):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise ValueError('write a rate such as "24" or "24000/1001"') from None
    return value


Rate = Annotated[Fraction, BeforeValidator(_rate), PlainSerializer(str), Field(gt=0)]


class ClipRecord(BaseModel):
    """One clip of a dataset.

    `text` is the English caption, `text_zh` the Chinese one; `attributes` what is known to be
    visible, as plain data; `seed` and `source` how a painted clip was made; `fps` is in frames per
    second, `width` and `height` in pixels; `sha256` of the file, in lower-case hexadecimal.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_name: str
    schema_version: Literal[1] = SCHEMA_VERSION
    text: str
    text_zh: str | None = None
    attributes: dict[str, JsonValue] | None = None
    seed: int | None = Field(default=None, ge=0)
    source: str | None = None
    fps: Rate
    frames: int = Field(gt=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")

    @field_validator("file_name")
    @classmethod
    def _inside(cls, name: str) -> str:
        path = PurePosixPath(name)
        if not name or path.is_absolute() or ".." in path.parts or "\\" in name:
            raise ValueError("name a file inside the dataset folder, with forward slashes")
        return name


def read_manifest(folder: Path) -> list[ClipRecord]:
    """The records of a dataset folder, in file order.

    Raises DatasetError, with the line, for a missing or unreadable file, an unknown key, a value
    that does not fit, or a clip that is listed twice.
    """
    path = folder / MANIFEST
    lines = _read(path).split("\n")  # splitlines would split captions at U+2028
    records = [
        _parse(line, f"{path} line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]
    seen: set[str] = set()
    for record in records:
        if record.file_name in seen:
            raise DatasetError(f"{path} lists {record.file_name} twice; remove one of the lines")
        seen.add(record.file_name)
    return records


def write_manifest(folder: Path, records: Iterable[ClipRecord]) -> None:
    """Write all records; the file takes its place when it is whole."""
    path = folder / MANIFEST
    partial = path.with_name(f".{MANIFEST}.{os.getpid()}.part")
    try:
        partial.write_text("".join(_line(record) for record in records), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {error.strerror}; check the folder") from error
    finally:
        partial.unlink(missing_ok=True)


def append_record(folder: Path, record: ClipRecord) -> None:
    """Add one record at the end, or, when that fails, nothing."""
    path = folder / MANIFEST
    line = _line(record).encode()
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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DatasetError(
            f"there is no {path.name} in {path.parent}; name a dataset folder, or make one with "
            "`conclvd dataset paint`"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read {path}: {error}") from error


def _parse(line: str, where: str) -> ClipRecord:
    try:
        return ClipRecord.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the record"
        if first["type"] == "extra_forbidden":
            raise DatasetError(f"{where}: unknown key {key!r}; remove it") from error
        message = first["msg"].removeprefix("Value error, ")
        raise DatasetError(f"{where}: {key} does not fit: {message}") from error
    except ValueError as error:
        raise DatasetError(f"{where} is not JSON: {error}") from error


def _line(record: ClipRecord) -> str:
    plain = record.model_dump(mode="json", exclude_none=True)
    return json.dumps(plain, ensure_ascii=False) + "\n"
