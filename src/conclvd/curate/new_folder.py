"""Folders that appear when they are whole."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conclvd.errors import DatasetError
from conclvd.lock import sweep


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder to write to that becomes `out` when the block ends well. Raises DatasetError."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetError(f"{out} is there already; choose a new folder")
    sweep(out.parent.glob(f".{glob.escape(out.name)}.*"))
    partial = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        partial.mkdir(parents=True)
        yield partial
        if out.exists():
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        raise DatasetError(
            f"cannot write {out}: {error.strerror or error}; check the folder and the free space"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
