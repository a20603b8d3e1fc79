"""How every mp4 of ours is encoded."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from conclvd.video.colours import BT709

CONTAINER: Final = {"format": "mp4", "options": {"movflags": "+faststart"}}
PIXELS: Final = "yuv420p"
_LIMITED: Final = 1  # the range of colours that players expect


def h264_stream(
    file: Any, width: int, height: int, fps: Fraction, *, crf: int, preset: str, threads: int
) -> Any:
    """A stream for yuv420p frames of even sides, in a container opened with CONTAINER.

    `crf` from 14 to 16 is visually lossless for paintings (0 is lossless, 51 the worst); a faster
    preset costs size, not quality. `threads` is 0 for all cores.
    """
    # macroblock-tree rate control reads memory it never set (x264 165, SIMD code): one file in
    # thirty came out different
    options = {"crf": str(crf), "preset": preset, "x264-params": "mbtree=0"}
    stream = file.add_stream("libx264", rate=fps, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, PIXELS
    codec = stream.codec_context
    codec.thread_count = threads
    codec.colorspace = codec.color_primaries = codec.color_trc = BT709
    codec.color_range = _LIMITED
    return stream
