"""One writer a folder: of a dataset, of a study, of a comparison; and what killed ones left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from conclvd.errors import DatasetError
from conclvd.files import cannot_write, sweep

_LOCK: Final = ".conclvd.lock"
_HOLDER: Final = ".conclvd.holder"


@contextmanager
def writing(folder: Path, command: str) -> Iterator[None]:
    """Hold the folder for `command`; made when missing, and swept.

    The operating system lets go of the lock when the process ends, however it ends. Raises
    DatasetError, saying who holds it, at once when another process does.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise DatasetError(
            f"{folder} is in use by {_holder(folder)}; wait until it is done, or stop it"
        ) from None
    except OSError as error:
        raise DatasetError(
            f"cannot work in {folder}: {error.strerror or error}; choose a folder that can be "
            "written to"
        ) from error
    try:
        since = datetime.now().strftime("%Y-%m-%d %H:%M")
        with cannot_write(folder / _HOLDER, DatasetError):
            (folder / _HOLDER).write_text(f"`{command}`, process {os.getpid()}, since {since}")
        sweep(folder.rglob(".*"))
        yield
    finally:
        (folder / _HOLDER).unlink(missing_ok=True)
        lock.release()


def _holder(folder: Path) -> str:
    try:
        return (folder / _HOLDER).read_text() or "another run"
    except OSError:
        return "another run"
