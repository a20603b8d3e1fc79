"""Sound taken over from one video file to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from conclvd.video.container import container

# What players expect in mp4; sound in any other coding is encoded anew.
_COPIED = ("aac", "mp3", "ac3", "eac3", "opus", "alac")
_ENCODER = "aac"


@contextmanager
def sound(source: Path | None, target: Any) -> Iterator[Callable[[Fraction | None], None]]:
    """Add the first sound track of `source` to `target`, an open PyAV container.

    Gives a function that writes what is heard up to a time in seconds, or to the end (None), to
    be called as the pictures go on. It does nothing when `source` is None or silent.
    """
    if source is None:
        yield lambda _: None
        return
    with container(source) as file:
        if not file.streams.audio:
            yield lambda _: None
            return
        track = file.streams.audio[0]
        begin = _begin(file)
        if track.codec_context.name in _COPIED:
            packets = _copied(file, track, target.add_stream_from_template(track), begin)
        else:
            rate = track.codec_context.sample_rate
            packets = _encoded(file, track, target.add_stream(_ENCODER, rate=rate), begin)
        waiting: list[Any] = []

        def write_until(seconds: Fraction | None) -> None:
            while True:
                packet = waiting.pop() if waiting else next(packets, None)
                if packet is None:
                    return
                if seconds is not None and packet.pts * packet.time_base > seconds:
                    waiting.append(packet)
                    return
                target.mux(packet)

        yield write_until


def _begin(file: Any) -> Fraction:
    """When the pictures begin, in seconds: sound keeps its distance from it."""
    video = file.streams.video
    if not video or video[0].start_time is None:
        return Fraction(0)
    return Fraction(video[0].start_time * video[0].time_base)


def _copied(file: Any, track: Any, stream: Any, begin: Fraction) -> Iterator[Any]:
    for packet in file.demux(track):
        if packet.dts is None or packet.pts is None:  # the empty packet at the end
            continue
        shift = round(begin / packet.time_base)
        packet.pts -= shift
        packet.dts -= shift
        packet.stream = stream
        yield packet


def _encoded(file: Any, track: Any, stream: Any, begin: Fraction) -> Iterator[Any]:
    for frame in file.decode(track):
        if frame.pts is not None:
            frame.pts -= round(begin / frame.time_base)
        yield from stream.encode(frame)
    yield from stream.encode(None)
