"""What a run says of itself: one JSON object a line, in a file and, if it shall, on the screen."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from conclvd.train.checkpoint import disk_errors

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
            with disk_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            write_rows(path, kept)

    def write(self, **values: object) -> None:
        """Log one line; figures are rounded to six significant digits."""
        if not self._main:
            return
        line = _line({"seconds": round(time.monotonic() - self._started, 2), **values})
        with disk_errors(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(line)
        if self._name:
            self._stream.write(f"{self._name} {line}")
            self._stream.flush()


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write a log whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    with disk_errors(path):
        partial.write_text("".join(map(_line, rows)), encoding="utf-8")
        os.replace(partial, path)


def read_rows(path: Path) -> list[Row]:
    """The lines of a log, none if it is not there, without a last one that is torn.

    A figure that was not a number is not in its line.
    """
    rows = []
    for line in path.read_text(encoding="utf-8").split("\n") if path.is_file() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        rows.append({key: value for key, value in row.items() if value is not None})
    return rows


def _line(row: Row) -> str:
    plain = {
        key: (float(f"{value:.6g}") if math.isfinite(value) else None)
        if isinstance(value, float)
        else value
        for key, value in row.items()
    }
    return json.dumps(plain, ensure_ascii=False) + "\n"
