"""What a run says of itself: one JSON object a line, in a file and, if it shall, on the screen."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from conclvd.errors import TrainingError
from conclvd.files import make_folder
from conclvd.lines import append_line, numbered, parse_object, write_lines

Row = dict[str, Any]


class Log:
    """Appends to the file `path`, which begins with the rows `kept`; silent unless `main`.

    Seconds go on from those of the last row that is kept. `shown_as` is a name to show each line
    under, on `stream`. Raises TrainingError where the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        kept: Sequence[Row] = (),
        *,
        main: bool = True,
        shown_as: str = "",
        stream: TextIO = sys.stderr,
    ) -> None:
        self.path, self._main, self._name, self._stream = path, main, shown_as, stream
        self._started = time.monotonic() - (kept[-1]["seconds"] if kept else 0.0)
        if main:
            make_folder(path.parent, TrainingError)
            write_rows(path, kept)

    def write(self, **values: object) -> None:
        """Log one line; figures are rounded to six significant digits."""
        if not self._main:
            return
        line = _line({"seconds": round(time.monotonic() - self._started, 2), **values})
        append_line(self.path, line, TrainingError)
        if self._name:
            self._stream.write(f"{self._name} {line}")
            self._stream.flush()


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write a log whole or not at all."""
    write_lines(path, map(_line, rows), TrainingError)


def read_rows(path: Path) -> list[Row]:
    """The lines of a log, none if it is not there, without a last one that is torn.

    A figure that was not a number is not in its line.
    """
    lines = numbered(path, TrainingError) if path.is_file() else []
    rows = (parse_object(line, where, TrainingError) for where, line in lines)
    return [{key: value for key, value in row.items() if value is not None} for row in rows]


def _line(row: Row) -> str:
    plain = {
        key: (float(f"{value:.6g}") if math.isfinite(value) else None)
        if isinstance(value, float)
        else value
        for key, value in row.items()
    }
    return json.dumps(plain, ensure_ascii=False) + "\n"
