"""What counts as a video in a folder: a file, or a folder of pictures."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Final

from conclvd.generate.request import KEYFRAME_RATE
from conclvd.video.formats import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from conclvd.video.probe import VideoInfo

_NUMBERED: Final = re.compile(r"(\d{4})(?!\d)")
_SEED: Final = re.compile(r"-s(\d+)$")
UNTOLD_RATE: Final = KEYFRAME_RATE  # of pictures whose folder does not tell theirs


def is_video(path: Path) -> bool:
    """Whether a path is a video file by its name, or a folder in which pictures lie."""
    if path.name.startswith("."):
        return False
    return path.suffix.lower() in VIDEO_SUFFIXES or holds_pictures(path)


def holds_pictures(path: Path) -> bool:
    """Whether a path is a folder in which pictures lie: a video, frame by frame."""
    return path.is_dir() and any(p.suffix.lower() in PICTURE_SUFFIXES for p in path.iterdir())


def videos_in(folder: Path) -> list[Path]:
    """Video files and folders of pictures directly in a folder, in natural order."""
    return sorted(filter(is_video, folder.iterdir()), key=lambda path: natural(path.name))


def natural(name: str) -> list[tuple[int, int | str]]:
    """A key that sorts numbers in names by their value: 2.mp4 before 10.mp4."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part]


def stem(path: Path) -> str:
    """A video's name without its suffix; a folder has none, whatever points are in its name."""
    return path.name if path.is_dir() else path.stem


def number_of(path: Path) -> int | None:
    """The number of four digits that a name begins with, that of its prompt from 0000 on."""
    match = _NUMBERED.match(stem(path))
    return int(match[1]) if match else None


def seed_of(path: Path) -> int | None:
    """The seed at the end of a name, 7 of 0000-s7.mp4; None where there is none."""
    match = _SEED.search(stem(path))
    return int(match[1]) if match else None


def rate_of(info: VideoInfo) -> Fraction:
    """Frames per second as the video tells them; 6, as `conclvd generate` has them, if it cannot.

    Pictures that conclvd wrote tell theirs, those of other programs do not.
    """
    return info.fps if info.rate_told else UNTOLD_RATE
