"""Files of one JSON object a line, each line a pydantic model or a plain object.

They are in UTF-8, with or without a byte order mark; blank lines count for nothing, and nothing but
the end of a line ends it. A last line without its end, in which the JSON breaks off, was never
finished, as by a machine that went down: it is left out, and the next line takes its place. One
that is whole counts, as editors leave it. Whatever else does not fit is an error with its line.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from conclvd.errors import ConclvdError, DatasetError
from conclvd.files import cannot_write, decoded, read_bytes, to_disk, write_text

Model = TypeVar("Model", bound=BaseModel)
Line = BaseModel | Mapping[str, Any] | str  # a text is a line as it is, with its end


class Record(BaseModel):
    """What stands in a file: it does not change, and a key that is none of its own is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- reading -------------------------------------------------------------------------------------


def read_lines(
    path: Path, model: type[Model], error: type[ConclvdError] = DatasetError
) -> list[Model]:
    """All lines of a file as models, none when there is no file.

    Raises `error`, with the line, for what cannot be read.
    """
    try:
        return [parse(line, model, where, error) for where, line in numbered(path, error)]
    except FileNotFoundError:
        return []


def numbered(path: Path, error: type[ConclvdError] = DatasetError) -> list[tuple[str, str]]:
    """Every line that counts, with the words that say where it is; see `files.read_text`."""
    return split(read_bytes(path, error), path, error)


def split(
    content: bytes, path: Path, error: type[ConclvdError] = DatasetError
) -> list[tuple[str, str]]:
    """The lines of what the file `path` holds, as `numbered` gives them."""
    content = content.rstrip(b"\0")  # some file systems fill up with them
    end = content.rfind(b"\n") + 1
    text = decoded(content[:end] if _is_torn(content[end:]) else content, path, error)
    # splitlines would split captions at U+2028
    found = enumerate(text.split("\n"), 1)
    return [(f"{path} line {number}", line.strip()) for number, line in found if line.strip()]


def parse(
    text: str, model: type[Model], where: str, error: type[ConclvdError] = DatasetError
) -> Model:
    """One JSON text as a model; `error`, beginning with `where`, when it does not fit."""
    try:
        return model.model_validate_json(text)
    except ValidationError as found:
        first = found.errors()[0]
        why = first["msg"].removeprefix("Value error, ")
        if first["type"] == "json_invalid":
            raise error(f"{where} is not JSON: {why.removeprefix('Invalid JSON: ')}") from found
        key = ".".join(str(part) for part in first["loc"]) or "the record"
        if first["type"] == "extra_forbidden":
            raise error(f"{where}: unknown key {key!r}; remove it") from found
        raise error(f"{where}: {key} does not fit: {why}") from found


def parse_object(text: str, where: str, error: type[ConclvdError] = DatasetError) -> dict[str, Any]:
    """One JSON text as a plain object; `error`, beginning with `where`, when it is none."""
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as found:
        raise error(f"{where} is not JSON: {found}") from found
    if not isinstance(plain, dict):
        raise error(f"{where} is no record, but a {type(plain).__name__}; write one JSON object")
    return plain


def _is_torn(last: bytes) -> bool:
    """Whether what stands behind the last line's end is the beginning of a JSON object."""
    try:
        text = last.decode()
    except UnicodeDecodeError as found:
        if found.reason != "unexpected end of data":
            return False
        text = last[: found.start].decode()
    if not text.lstrip("\ufeff \t\r").startswith("{"):
        return not text.strip()
    try:
        from_json(text.lstrip("\ufeff"))
    except ValueError as found:
        return str(found).startswith("EOF while parsing")
    return False


# --- writing -------------------------------------------------------------------------------------


def write_lines(
    path: Path, records: Iterable[Line], error: type[ConclvdError] = DatasetError
) -> None:
    """Write all lines, whole or not at all, on the disk when this returns."""
    write_text(path, "".join(map(_line, records)), error)


def append_line(path: Path, record: Line, error: type[ConclvdError] = DatasetError) -> None:
    """Add one line, on the disk when this returns, or nothing."""
    line = _line(record).encode()
    with cannot_write(path, error), path.open("a+b", buffering=0) as file:
        end = _ended(file.fileno())
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                file.truncate(end)
            raise
        if end == 0:
            to_disk(path.parent)  # the new file's name, too


def _ended(file: int) -> int:
    """Let the open file end with a line's end; returns its size. What is torn is cut off."""
    size = start = os.fstat(file).st_size
    tail = b""
    while start > 0 and b"\n" not in tail:
        start = max(0, start - 65536)
        tail = os.pread(file, size - start, start)
    last = tail[tail.rfind(b"\n") + 1 :]
    if not last:
        return size
    line = last.rstrip(b"\0")
    torn = _is_torn(line)
    size -= len(last) - (0 if torn else len(line))
    os.ftruncate(file, size)
    return size if torn else size + os.write(file, b"\n")


def _line(record: Line) -> str:
    if isinstance(record, str):
        return record
    if isinstance(record, BaseModel):
        return record.model_dump_json(exclude_none=True) + "\n"
    return json.dumps(record, ensure_ascii=False) + "\n"
