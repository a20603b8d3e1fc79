"""Whether a result can be written, asked before the long work rather than after it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import typer

from conclvd.errors import MediaError
from conclvd.files import check_writable
from conclvd.video.formats import Format, format_of, png_folder

GIF_MOST = 50  # frames a second: browsers show a shorter delay than 0.02 s as 0.1 s


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


def warn_of_rate(path: Path, fps: Fraction) -> None:
    """Say when a video at `path` will not be shown at its rate."""
    if format_of(path) is Format.GIF and fps > GIF_MOST:
        typer.echo(
            f"warning: browsers show a gif of more than {GIF_MOST} frames a second far too slowly, "
            f"and this one has {float(fps):g}; choose .webp or .mp4, or a lower --fps",
            err=True,
        )


def _check_folder(target: Path) -> None:
    folder = target.parent
    if not folder.is_dir():
        raise MediaError(f"cannot write {target}: there is no folder {folder}; make it first")
    check_writable(target, MediaError)
