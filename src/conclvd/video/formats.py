"""The file formats of videos, by extension."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Final

from conclvd.errors import InvalidRequest

# What is read: everything that FFmpeg plays of what people have, and pictures that move.
VIDEO_SUFFIXES: Final = (
    *(".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".gif", ".webp"),  # what most people have
    *(".3gp", ".asf", ".divx", ".dv", ".f4v", ".flv", ".m2ts", ".m2v", ".mpeg", ".mpg", ".mts"),
    *(".mxf", ".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".ts", ".vob", ".wmv", ".y4m"),
)
# Pictures of a sequence are all of one of these kinds.
PICTURE_KINDS: Final = ((".png",), (".jpg", ".jpeg"))
PICTURE_SUFFIXES: Final = tuple(suffix for kind in PICTURE_KINDS for suffix in kind)


class Format(Enum):
    """How a video is written: one file, or a folder of numbered pictures."""

    MP4 = ".mp4"
    GIF = ".gif"
    WEBP = ".webp"
    PNG = ".png"


def format_of(path: Path) -> Format:
    """The format a path asks for: its extension, or numbered PNG files for a folder.

    "clip.png" and "clip" both mean the folder "clip" (see `png_folder`). Raises InvalidRequest for
    any other extension.
    """
    suffix = path.suffix.lower()
    if not suffix or path.is_dir():
        return Format.PNG
    try:
        return Format(suffix)
    except ValueError:
        raise InvalidRequest(
            f"cannot tell a video format from {path.name!r}; end the name in .mp4, .gif, .webp, or "
            ".png for a folder of pictures"
        ) from None


def input_format(path: Path) -> Format:
    """How to read a path: as its extension says, and any other file as a video by FFmpeg."""
    try:
        return format_of(path)
    except InvalidRequest:
        return Format.MP4


def png_folder(path: Path) -> Path:
    """The folder that holds a PNG sequence: "clip.png" stands for "clip"."""
    return path.with_suffix("") if path.suffix.lower() == ".png" and not path.is_dir() else path
