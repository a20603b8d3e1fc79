"""For how long each frame of a video is shown, on a grid of equal times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median_low

from conclvd.tensors import Frame
from conclvd.video.container import container
from conclvd.video.formats import Format
from conclvd.video.probe import VideoInfo, picture_delays, reading
from conclvd.video.read import read_frames

_DRIFT = Fraction(1, 2)  # of a frame's time, off which no frame of an even video is


@dataclass(frozen=True)
class Pace:
    """`fps` ticks a second, and for how many of them each frame is shown; () for one each."""

    fps: Fraction
    shown: tuple[int, ...] = ()

    @property
    def even(self) -> bool:
        """Whether all frames are shown for the same time."""
        return not self.shown


def read_pace(path: Path, video: VideoInfo) -> Pace:
    """The pace of a video that was probed; pictures of a folder are even. Raises MediaError."""
    if video.format is Format.PNG or video.frames < 2:
        return Pace(video.fps)
    with reading(path):
        delays = _stamped(path) if video.format is Format.MP4 else picture_delays(path)
    return pace_of(delays, video.fps) if len(delays) == video.frames else Pace(video.fps)


def pace_of(delays: Sequence[Fraction], fps: Fraction) -> Pace:
    """The pace of frames shown for these seconds; `fps` is their mean rate.

    A video is even when each frame begins within half a frame of where it would at the mean rate,
    as where delays alternate because a file has whole hundredths of a second. Otherwise the tick
    is the commonest time of a frame, none is left out, and the whole is as long as before.
    """
    total = sum(delays, Fraction(0))
    if min(delays) < 0 or not total:
        return Pace(fps)
    mean, start, drift = total / len(delays), Fraction(0), Fraction(0)
    for index, delay in enumerate(delays):
        drift = max(drift, abs(start - index * mean))
        start += delay
    tick = median_low(delays)
    if drift <= _DRIFT * mean or not tick:
        return Pace(fps)
    shown, time, ticks = [], Fraction(0), 0
    for delay in delays:
        time += delay
        end = max(ticks + 1, round(time / tick))
        shown.append(end - ticks)
        ticks = end
    return Pace((ticks / total).limit_denominator(1001), tuple(shown))


def paced_frames(path: Path, pace: Pace) -> Iterator[Frame]:
    """The frames of a video, one for each tick."""
    for index, frame in enumerate(read_frames(path)):
        for _ in range(pace.shown[index] if index < len(pace.shown) else 1):
            yield frame


def _stamped(path: Path) -> list[Fraction]:
    """How long each frame of a video file is shown; [] where the file does not say."""
    with container(path) as file:
        stream = file.streams.video[0]
        packets = [packet for packet in file.demux(stream) if packet.size]
        stamps = [packet.pts for packet in packets]
        if len(stamps) < 2 or None in stamps:
            return []
        stamps.sort()
        gaps = [after - before for before, after in pairwise(stamps)]
        return [gap * stream.time_base for gap in [*gaps, median_low(gaps)]]
