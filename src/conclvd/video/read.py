"""Read the frames of a video one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from conclvd.tensors import Frame
from conclvd.video.container import container
from conclvd.video.formats import Format, input_format, png_folder
from conclvd.video.probe import picture_files, reading

_BT709 = 1


def read_frames(path: Path) -> Iterator[Frame]:
    """Yield the frames, uint8 [h w 3] RGB, in order.

    Raises MediaError, on the first frame or where the file breaks off, when it cannot be read.
    """
    kind = input_format(path)
    with reading(path):
        if kind is Format.PNG:
            for file in picture_files(png_folder(path)):
                yield from _pictures(file)
        elif kind is Format.MP4:
            yield from _decoded(path)
        else:
            yield from _pictures(path)


def _decoded(path: Path) -> Iterator[Frame]:
    with container(path) as file:
        for frame in file.decode(video=0):
            matrix = "ITU709" if frame.colorspace == _BT709 else "ITU601"
            yield frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray()


def _pictures(path: Path) -> Iterator[Frame]:
    from PIL import Image, ImageSequence

    with Image.open(path) as picture:
        for shown in ImageSequence.Iterator(picture):
            yield np.asarray(shown.convert("RGB"))
