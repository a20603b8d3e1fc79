"""The file between measuring and tables: one line of JSON a video and metric."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import Field, FiniteFloat, model_validator

from conclvd.errors import DatasetError
from conclvd.files import read_bytes, whole
from conclvd.lines import Record, parse, split

SCHEMA_VERSION: Final = 1
What = TypeVar("What")


class Row(Record):
    """What one metric found in one video.

    `video` is relative to the folder measured, None for a metric of a whole set or a prompt that
    has no video. `value` is None where nothing was found, and `skipped` then says why. `n` is how
    many frames, pairs of frames or videos the value is of. `clip` names the CLIP with its weights'
    hash, `reference` the reference set with its contents' hash, `flow` the flow's estimator, with
    its weights' hash where it has any, `flow_size` the (width, height) in pixels of the frames it
    was found between, `device` what made the video; None where there was none.
    `interval` is that of a metric of a whole set, which rows alone could not give.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    method: str = Field(min_length=1)
    video: str | None
    prompt: str | None
    seed: int | None
    metric: str = Field(min_length=1)
    value: float | None = Field(allow_inf_nan=False)
    n: int = Field(ge=0)
    skipped: str | None
    clip: str | None
    reference: str | None = None
    flow: str | None = None
    flow_size: tuple[int, int] | None = None
    device: str | None = None
    interval: tuple[FiniteFloat, FiniteFloat] | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Row:
        if (self.value is None) != (self.skipped is not None):
            raise ValueError("a row has either a value or, under skipped, the reason for none")
        return self


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write all rows, gzipped where the name ends in .gz; the file takes its place when whole.

    Raises MediaError when it cannot be written.
    """
    content = "".join(row.model_dump_json() + "\n" for row in rows).encode()
    with whole(path) as partial:
        partial.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def read_rows(paths: Sequence[Path]) -> list[Row]:
    """The rows of all files; what an earlier file holds as well, to the digit, counts once.

    Raises DatasetError, with the file and line, for what cannot be read and for a video that has
    two values of the same metric: it would count twice.
    """
    rows: list[Row] = []
    seen: dict[tuple[object, ...], str] = {}
    for path in paths:
        earlier = set(rows)
        for where, line in _lines(path):
            row = parse(line, Row, where)
            if row in earlier:
                continue
            key = (row.method, row.video, row.metric, row.clip, row.reference, row.flow)
            if key in seen and not (row.video is None and row.prompt):  # prompts may be equal
                raise DatasetError(
                    f"{where} measures {row.video or 'the set'} of {row.method!r} by "
                    f"{row.metric} again, after {seen[key]}; name different methods by --method, "
                    "or leave one file out"
                )
            seen[key] = where
            rows.append(row)
    if not rows:
        raise DatasetError(f"no rows in {', '.join(map(str, paths))}; measure videos first")
    return rows


def by_method(rows: Sequence[Row], what: Callable[[Row], What]) -> dict[str, set[What]]:
    """`what` there is in the rows of each method that have a value for a prompt."""
    found: dict[str, set[What]] = {}
    for row in rows:
        if row.value is not None and row.prompt:
            found.setdefault(row.method, set()).add(what(row))
    return found


def _lines(path: Path) -> list[tuple[str, str]]:
    try:
        content = read_bytes(path)
        return split(gzip.decompress(content) if path.suffix == ".gz" else content, path)
    except FileNotFoundError as error:
        raise DatasetError(f"there is no file {path}; check the name") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"cannot read {path}: {error}; make it again") from error
