"""FFmpeg containers, with FFmpeg's errors as OSError, and the H.264 that is written into them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any


@contextmanager
def container(path: Path, mode: str = "r", **settings: Any) -> Iterator[Any]:
    """An open PyAV container; whatever FFmpeg raises within the block becomes an OSError."""
    import av

    try:
        with av.open(str(path), mode, **settings) as opened:
            yield opened
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise OSError(error.errno, error.strerror) from error


def add_h264(
    file: Any, fps: Fraction, width: int, height: int, threads: int, **options: str
) -> Any:
    """A stream of pictures in an mp4: yuv420p, BT.709, limited range, as players expect.

    Macroblock-tree rate control reads memory it never set (x264 165, SIMD code): one file in thirty
    came out different.
    """
    stream = file.add_stream("libx264", rate=fps, options={**options, "x264-params": "mbtree=0"})
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    codec = stream.codec_context
    codec.thread_count = threads
    codec.colorspace = codec.color_primaries = codec.color_trc = 1  # BT.709
    codec.color_range = 1
    return stream
