"""Folders that appear when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conclvd.errors import DatasetError
from conclvd.files import leftovers, sweep, whole_folder


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder to write to that becomes `out` when the block ends well. Raises DatasetError."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetError(f"{out} is there already; choose a new folder")
    sweep(leftovers(out))
    with whole_folder(out, DatasetError) as partial:
        yield partial
