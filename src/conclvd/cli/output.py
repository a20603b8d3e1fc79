"""What is said beside the result, and whether it can be written, asked before the long work."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import typer

from conclvd.errors import MediaError
from conclvd.files import check_writable
from conclvd.video.formats import Format, format_of, png_folder

GIF_MOST = 50  # frames a second: browsers show a shorter delay than 0.02 s as 0.1 s


def note(text: str) -> None:
    """Say something on standard error."""
    typer.echo(text, err=True)


def check_output(path: Path) -> None:
    """Raise MediaError when a video cannot be written to `path`."""
    if format_of(path) is Format.PNG:
        _check_folder(png_folder(path))
    else:
        check_file(path)


def check_file(path: Path) -> None:
    """Raise MediaError when a file, such as a table, cannot be written to `path`."""
    if path.is_dir():
        raise MediaError(f"cannot write {path}: it is a folder; name a file in it")
    _check_folder(path)


def warn_of_rate(path: Path, fps: Fraction) -> None:
    """Say when a video at `path` will not be shown at its rate."""
    if format_of(path) is Format.GIF and fps > GIF_MOST:
        note(
            f"warning: browsers show a gif of more than {GIF_MOST} frames a second far too slowly, "
            f"and this one has {float(fps):g}; choose .webp or .mp4, or a lower --fps"
        )


def _check_folder(target: Path) -> None:
    folder = target.parent
    if not folder.is_dir():
        raise MediaError(f"cannot write {target}: there is no folder {folder}; make it first")
    check_writable(target, MediaError)
