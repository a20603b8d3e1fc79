"""What a training run says of itself: one JSON object a line, in its folder and on the screen."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TextIO


class RunLog:
    """Writes progress to `folder/<name>.jsonl` and a stream, unbuffered; silent unless `main`."""

    def __init__(
        self, folder: Path, name: str, *, main: bool = True, stream: TextIO = sys.stderr
    ) -> None:
        self._started = time.monotonic()
        self._name, self._main, self._stream = name, main, stream
        self._file = folder / f"{name}.jsonl"
        if main:
            folder.mkdir(parents=True, exist_ok=True)
            self._file.write_text("")

    def write(self, **values: object) -> None:
        """Log one line; floats are rounded to four significant digits."""
        if not self._main:
            return
        row: dict[str, object] = {"seconds": round(time.monotonic() - self._started, 1)}
        for key, value in values.items():
            row[key] = float(f"{value:.4g}") if isinstance(value, float) else value
        line = json.dumps(row, ensure_ascii=False)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self._stream.write(f"{self._name} {line}\n")
        self._stream.flush()
