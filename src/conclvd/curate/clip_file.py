"""Clips cut out of videos, frame-accurately, encoded once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from conclvd.curate.bars import Crop
from conclvd.curate.facts import BrokenVideo, VideoFacts, pictures
from conclvd.files import whole
from conclvd.lines import Record
from conclvd.video.colours import is_bt709, to_ordinary
from conclvd.video.container import container
from conclvd.video.h264 import CONTAINER, PIXELS, h264_stream

_TURNS: Final = {
    0: (),
    90: ("transpose=cclock",),
    180: ("hflip", "vflip"),
    270: ("transpose=clock",),
}


class Span(Record):
    """Frames `start` to `stop` - 1 of a video; `crop` is in its shown pixels."""

    path: str
    facts: VideoFacts
    start: int = Field(ge=0)
    stop: int = Field(gt=0)
    crop: Crop


def write_clip(target: Path, spans: Sequence[Span], threads: int = 1) -> tuple[int, int]:
    """Write the spans, one behind another, as one mp4; returns its width and height in pixels.

    H.264, yuv420p, BT.709, square pixels, even sides, at the first span's rate. Turned, anamorphic,
    HDR, 4:4:4 and 10-bit sources become plain. Leaves nothing behind when it raises: BrokenVideo
    when a span is not all there, another MediaError when the file cannot be written.
    """
    import av

    first = spans[0]
    width, height = shown_size(first.crop, first.facts)
    fps = first.facts.fps
    with whole(target) as partial, container(partial, "w", **CONTAINER) as file:
        stream = h264_stream(file, width, height, fps, crf=14, preset="veryfast", threads=threads)
        count = 0
        for span in spans:
            for frame in _plain(span, width, height):
                frame.pts, frame.time_base = count, 1 / fps
                frame.pict_type = av.video.frame.PictureType.NONE  # not the source's
                file.mux(stream.encode(frame))
                count += 1
        file.mux(stream.encode(None))
    return width, height


def shown_size(crop: Crop, facts: VideoFacts) -> tuple[int, int]:
    """Width and height in square pixels, even."""
    upright = facts.aspect if facts.rotation % 180 == 0 else 1 / facts.aspect
    return max(2, round(crop.width * upright / 2) * 2), max(2, crop.height // 2 * 2)


def _plain(span: Span, width: int, height: int) -> Iterator[Any]:
    """The span's frames, as yuv420p of that size."""
    import av

    frames = pictures(Path(span.path), span.facts, span.start)
    graph: Any = None
    wanted = span.stop - span.start
    count = 0
    for _, frame in islice(frames, wanted):
        source = frame
        if span.facts.hdr:
            source = av.VideoFrame.from_ndarray(to_ordinary(frame), format="rgb24")
        if graph is None:
            graph = _graph(source, span, width, height)
        source.pts, source.time_base = count, Fraction(1, 1000)  # a frame may be shown twice
        graph.vpush(source)
        yield graph.vpull()
        count += 1
    if count < wanted:
        raise BrokenVideo(
            f"{span.path} ends after {count} of the {wanted} frames from frame {span.start}; it "
            "may be broken"
        )


def _graph(frame: Any, span: Span, width: int, height: int) -> Any:
    """Turn, crop, make pixels square and colours BT.709, in this order."""
    import av

    crop = span.crop
    matrix = _matrix(frame)
    steps = [
        *_TURNS[span.facts.rotation],
        f"crop=w={crop.width}:h={crop.height}:x={crop.x}:y={crop.y}:exact=1",
        f"scale=w={width}:h={height}:flags=lanczos+accurate_rnd+full_chroma_int:{matrix}"
        "out_color_matrix=bt709:out_range=tv",
        f"format=pix_fmts={PIXELS}",
    ]
    graph = av.filter.Graph()
    last = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
    )
    for step in steps:
        name, _, arguments = step.partition("=")
        following = graph.add(name, arguments) if arguments else graph.add(name)
        last.link_to(following)
        last = following
    last.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _matrix(frame: Any) -> str:
    """The colours of the source, for the scale filter; of RGB there is nothing to say."""
    if frame.format.is_rgb:
        return ""
    matrix = "bt709" if is_bt709(frame) else "bt601"
    full = int(frame.color_range) == 2
    return f"in_color_matrix={matrix}:in_range={'pc' if full else 'tv'}:"
