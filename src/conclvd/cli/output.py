"""Whether a result can be written, asked before the long work rather than after it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from conclvd.errors import MediaError
from conclvd.video.formats import Format, format_of, png_folder


def check_output(path: Path) -> None:
    """Raise MediaError when a video cannot be written to `path`."""
    kind = format_of(path)
    target = png_folder(path) if kind is Format.PNG else path
    if kind is not Format.PNG and target.is_dir():
        raise MediaError(f"cannot write {target}: it is a folder; name a file in it")
    _check_folder(target)


def check_file(path: Path) -> None:
    """Raise MediaError when a file, such as a table, cannot be written to `path`."""
    if path.is_dir():
        raise MediaError(f"cannot write {path}: it is a folder; name a file in it")
    _check_folder(path)


def _check_folder(target: Path) -> None:
    folder = target.parent
    if not folder.is_dir():
        raise MediaError(f"cannot write {target}: there is no folder {folder}; make it first")
    try:
        # The only test that knows of read-only disks, quotas and permissions alike.
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".conclvd-"):
            pass
    except OSError as error:
        raise MediaError(
            f"cannot write into {folder.absolute()}: {error.strerror}; choose another folder "
            "with -o"
        ) from error
