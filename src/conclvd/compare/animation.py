"""Folders of pictures as files that browsers play, kept for the next time."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from conclvd.errors import MediaError
from conclvd.evaluate.folder_videos import rate_of
from conclvd.files import make_folder
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video

# Hidden: what looks for the folders of methods, here or in a study, is not to find it.
CACHE: Final = ".animations"
DIGITS: Final = 16


def animation(pictures: Path, sha256: str, cache: Path) -> Path:
    """The pictures as one WebP in the folder `cache`, made unless it is there already.

    `sha256` is that of the pictures: others get a file of another name. WebP needs no PyAV, as
    comparisons in pictures do not. Raises MediaError when pictures cannot be read, or the file
    cannot be written.
    """
    target = cache / f"{pictures.name}-{sha256[:DIGITS]}.webp"
    if target.is_file():
        return target
    rate = rate_of(probe(pictures))
    make_folder(cache, MediaError)
    return write_video(target, read_frames(pictures), rate)


def forget_others(cache: Path, kept: set[Path]) -> None:
    """Remove animations of pictures that are no longer shown, where the folder lets us."""
    for path in cache.rglob("*.webp"):
        if path not in kept:
            with suppress(OSError):
                path.unlink()
