"""Files of one JSON object a line, each line a pydantic model."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from conclvd.errors import DatasetError

Model = TypeVar("Model", bound=BaseModel)


def read_lines(path: Path, model: type[Model]) -> list[Model]:
    """All lines of a file, none when there is no file; a torn last line is left out.

    Raises DatasetError, with the line, for what cannot be read.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read {path}: {error}") from error
    whole = content.split("\n")[:-1]  # what follows the last line's end was never finished
    return [
        parse(line, model, f"{path} line {number}") for number, line in enumerate(whole, 1) if line
    ]


def parse(text: str, model: type[Model], where: str) -> Model:
    """One JSON text as a model; DatasetError, beginning with `where`, when it does not fit."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            reason = first["msg"].removeprefix("Invalid JSON: ")
            raise DatasetError(f"{where} is not JSON: {reason}") from error
        key = ".".join(str(part) for part in first["loc"]) or "the record"
        reason = first["msg"].removeprefix("Value error, ")
        raise DatasetError(f"{where}: {key} does not fit: {reason}") from error


def write_lines(path: Path, records: Iterable[BaseModel]) -> None:
    """Write all lines; the file takes its place when it is whole."""
    write_text(path, "".join(_line(record) for record in records))


def write_text(path: Path, text: str) -> None:
    """Write a text; the file takes its place when it is whole. Raises DatasetError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def append_line(path: Path, record: BaseModel) -> None:
    """Add one line, on the disk when this returns, or nothing. Raises DatasetError.

    What a machine that went down left of a line is removed first.
    """
    line = _line(record).encode()
    try:
        with path.open("a+b", buffering=0) as file:
            end = _drop_torn(file.fileno())
            if file.write(line) != len(line):
                file.truncate(end)
                raise DatasetError(f"cannot write {path}: the disk is full; free some space")
            os.fsync(file.fileno())
    except OSError as error:
        raise _cannot_write(path, error) from error


def _drop_torn(file: int) -> int:
    """Cut the open file behind its last line's end; returns its size."""
    size = end = os.fstat(file).st_size
    while end > 0:
        start = max(0, end - 65536)
        block = os.pread(file, end - start, start)
        found = block.rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end < size:
        os.ftruncate(file, end)
    return end


def _line(record: BaseModel) -> str:
    return record.model_dump_json(exclude_none=True) + "\n"


def _cannot_write(path: Path, error: OSError) -> DatasetError:
    return DatasetError(
        f"cannot write {path}: {error.strerror or error}; check the folder and the free space"
    )
