"""Read the frames of a video one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from conclvd.errors import MediaError
from conclvd.tensors import Frame
from conclvd.video.colours import is_bt709, is_hdr, to_ordinary
from conclvd.video.container import container
from conclvd.video.formats import Format, input_format, png_folder
from conclvd.video.probe import picture_files, quarter_turns, reading, video_stream

if TYPE_CHECKING:
    from PIL import Image

_DEEP = ("I;16", "I;16L", "I;16B", "I;16N")  # 16 bits a pixel: convert() would cut them off


def read_frames(path: Path) -> Iterator[Frame]:
    """Yield the frames, uint8 [h w 3] RGB, in order, all of one size.

    They are upright, as players show them; high dynamic range becomes ordinary, and what is
    transparent lies on white. Raises MediaError, on the first frame or where the file breaks off,
    when it cannot be read, or where the size changes.
    """
    kind = input_format(path)
    with reading(path):
        if kind is Format.PNG:
            files = picture_files(png_folder(path))
            yield from _of_one_size(path, map(_upright, files), [file.name for file in files])
        elif kind is Format.MP4:
            yield from _of_one_size(path, _decoded(path))
        else:
            yield from _pictures(path)


def read_picture(path: Path) -> Frame:
    """A picture, uint8 [h w 3] RGB, upright and on white; MediaError when it cannot be read."""
    with reading(path):
        return _upright(path)


def _of_one_size(
    path: Path, frames: Iterator[Frame], names: list[str] | None = None
) -> Iterator[Frame]:
    shape = None
    for index, frame in enumerate(frames):
        shape = shape or frame.shape
        if frame.shape != shape:
            (height, width), (h, w) = shape[:2], frame.shape[:2]
            name = f"frame {index}" if names is None else names[index]
            raise MediaError(
                f"{path}: {name} is {w}x{h}, those before it are {width}x{height}; make all of "
                "one size"
            )
        yield frame


def _decoded(path: Path) -> Iterator[Frame]:
    with container(path) as file:
        stream = video_stream(path, file)
        stream.thread_type = "SLICE"  # with threads a frame each, a file that breaks off just ends
        for frame in file.decode(stream):
            pixels = to_ordinary(frame) if is_hdr(frame) else _rgb(frame)
            turns = quarter_turns(frame)
            yield np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def _rgb(frame: Any) -> Frame:
    matrix = "ITU709" if is_bt709(frame) else "ITU601"
    pixels: Frame = frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray()
    return pixels


def _pictures(path: Path) -> Iterator[Frame]:
    from PIL import Image, ImageSequence

    with Image.open(path) as picture:
        for shown in ImageSequence.Iterator(picture):
            yield _opaque(shown)


def _upright(path: Path) -> Frame:
    from PIL import Image, ImageOps

    with Image.open(path) as picture:
        ImageOps.exif_transpose(picture, in_place=True)
        return _opaque(picture)


def _opaque(picture: Image.Image) -> Frame:
    """A picture of any kind as RGB, on white where it is transparent."""
    from PIL import Image

    if picture.mode in _DEEP:
        grey = (np.asarray(picture).astype(np.float32) / 257).round().astype(np.uint8)
        return np.repeat(grey[..., None], 3, -1)
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return np.asarray(picture.convert("RGB"))
