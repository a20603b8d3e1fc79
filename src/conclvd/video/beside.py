"""Files written beside their target and renamed when whole: no reader ever sees a half file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from conclvd.errors import MediaError


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A name beside `target` to write to; takes the target's place when the block ends well.

    When it does not, by an error or by Ctrl-C, what was written is removed and an older target
    stays. Failures of the file system become MediaError.
    """
    partial = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
    try:
        yield partial
        os.replace(partial, target)
    except OSError as error:
        raise MediaError(
            f"cannot write {target}: {_reason(error)}; check the folder, its permissions and the "
            "free space, or choose another place"
        ) from error
    finally:
        _remove(partial)


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):  # it may not be there, nor its folder
            path.unlink()
