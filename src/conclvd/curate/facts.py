"""What a video is, measured from its packets, not its header alone; and its frames by number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import Field

from conclvd.errors import MediaError
from conclvd.lines import Record
from conclvd.manifest import Rate
from conclvd.video.colours import is_hdr
from conclvd.video.container import container
from conclvd.video.probe import quarter_turns

_USUAL: Final = tuple(map(Fraction, ("24000/1001", "24", "25", "30000/1001", "30", "50", "60")))
_LOCAL: Final = {"protocol_whitelist": "file"}  # a playlist must not fetch from elsewhere


class BrokenVideo(MediaError):
    """A video that is missing, or not one, or breaks off."""


class VideoFacts(Record):
    """A video's one picture stream.

    `width` and `height` are the pixels as stored, `rotation` how many degrees anticlockwise they
    are turned to be shown, `aspect` the width of a pixel over its height. `fps` is in frames per
    second, constant: of a variable rate the usual one near its commonest. Frame i is shown at the
    timestamp `first_pts` + i·`period`, in `time_base` seconds; without timestamps `period` is None.
    `frames` counts them on that grid, `seconds` is how long they play.
    """

    width: int = Field(gt=0)
    height: int = Field(gt=0)
    rotation: int = 0
    aspect: Rate = Fraction(1)
    fps: Rate
    frames: int = Field(gt=0)
    seconds: float = Field(ge=0)
    variable: bool = False
    hdr: bool = False
    time_base: Rate
    first_pts: int = 0
    period: Rate | None = None

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height of the picture as it is shown, in its own pixels."""
        return (self.width, self.height) if self.rotation % 180 == 0 else (self.height, self.width)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """The container and its picture stream; BrokenVideo when it has none or cannot be read."""
    try:
        with container(path.absolute(), options=_LOCAL) as file:
            streams = [
                stream
                for stream in file.streams.video
                if "attached_pic" not in str(stream.disposition).lower()  # a cover of music
            ]
            if not streams:
                raise BrokenVideo(f"{path} has no pictures, only {_kinds(file)}; name a video")
            streams[0].thread_type = "AUTO"
            yield file, streams[0]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BrokenVideo(f"cannot read {path}: {reason}; it may be broken") from error


def measure(path: Path) -> VideoFacts:
    """Read a video's facts from its packets and its first frame. Raises BrokenVideo."""
    if not path.is_file():
        raise BrokenVideo(f"there is no file {path}; check the name")
    if path.stat().st_size == 0:
        raise BrokenVideo(f"{path} is empty (0 bytes); copy it again")
    with opened(path) as (file, stream):
        stamps = [packet.pts for packet in file.demux(stream) if packet.size]
        claimed = _claimed(file, stream)
    with opened(path) as (file, stream):
        first = next(file.decode(stream), None)
        if first is None or not stamps:
            raise BrokenVideo(f"{path} has no frame that can be read; it may be broken")
        timing = _timing(path, stream, stamps, claimed)
        return VideoFacts(
            width=first.width,
            height=first.height,
            rotation=90 * quarter_turns(first),
            aspect=Fraction(stream.sample_aspect_ratio or 1),
            hdr=is_hdr(first),
            **timing,
        )


def _timing(path: Path, stream: Any, stamps: list[int | None], claimed: float) -> Any:
    """Rate, grid and length out of the packets' timestamps."""
    base = Fraction(stream.time_base)
    named = stream.average_rate or stream.guessed_rate
    if len(stamps) < 2 or None in stamps:
        fps = Fraction(named or 25)
        alone = stamps[0] is not None
        return {
            "fps": fps,
            "frames": len(stamps),
            "seconds": float(len(stamps) / fps),
            "time_base": base,
            "first_pts": stamps[0] if alone else 0,
            "period": 1 / fps / base if alone else None,
        }
    times = np.unique(np.array(stamps, dtype=np.int64))
    first, span = int(times[0]), int(times[-1] - times[0])
    there = float(span * base) * len(times) / (len(times) - 1)
    if there < 0.9 * claimed:
        raise BrokenVideo(f"{path} breaks off at {there:.1f} of {claimed:.1f} s; copy it again")
    period = Fraction(span, len(times) - 1)
    drift = np.abs((times - first) / float(period) - np.arange(len(times))).max()
    variable = bool(drift > 0.49)
    if variable:
        gaps = np.diff(times)
        usual = gaps[np.abs(gaps / np.median(gaps) - 1) < 0.2]
        fps = _usual(1 / (Fraction(int(usual.sum()), len(usual)) * base))
        period = 1 / fps / base
    else:
        fps = _rate(1 / (period * base), stream)
    frames = round(span / period) + 1
    return {
        "fps": fps,
        "frames": frames,
        "seconds": float(frames / fps),
        "variable": variable,
        "time_base": base,
        "first_pts": first,
        "period": period,
    }


def _rate(measured: Fraction, stream: Any) -> Fraction:
    """The rate that the file names, or a usual one, when near enough to the measured one."""
    named = [Fraction(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate]
    near = [rate for rate in (*named, *_USUAL) if abs(rate / measured - 1) <= 0.001]
    return near[0] if near else measured.limit_denominator(1001)


def _usual(measured: Fraction) -> Fraction:
    """The nearest usual rate, when one is near: timestamps in milliseconds are not exact."""
    whole = [rate for rate in _USUAL if rate.denominator == 1]
    nearest = min(whole, key=lambda rate: abs(rate / measured - 1))
    near = abs(nearest / measured - 1) <= 0.03
    return nearest if near else measured.limit_denominator(1001)


def _claimed(file: Any, stream: Any) -> float:
    """How many seconds the header promises, 0 when it says nothing of the pictures."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    clock = re.fullmatch(r"(\d+):(\d+):([\d.]+)", stream.metadata.get("DURATION", ""))
    if clock:
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
    if len(file.streams) == 1 and file.duration:
        return float(file.duration / 1_000_000)
    return 0.0


def _kinds(file: Any) -> str:
    kinds = sorted({"a cover" if s.type == "video" else str(s.type) for s in file.streams})
    return " and ".join(kinds) or "no stream at all"


def pictures(path: Path, facts: VideoFacts, first: int = 0) -> Iterator[tuple[int, Any]]:
    """Pairs of a frame's number and the frame (av.VideoFrame), from frame `first` on.

    Numbers are those of the constant grid in `facts`, without gaps: a variable rate repeats and
    leaves out frames as a player does. Raises MediaError where the file breaks off.
    """
    seek = first > 0 and facts.period is not None
    with opened(path) as (file, stream):
        if seek:
            assert facts.period is not None
            # a little early: some containers land behind the frame that was asked for
            target = facts.first_pts + int((first - 1) * facts.period)
            file.seek(target, stream=stream, backward=True)
        frames = _numbered(file.decode(stream), facts)
        start = next(frames, None)
        if not seek or (start is not None and start[0] <= first):
            yield from _steady(start, frames, first)
            return
    with opened(path) as (file, stream):
        frames = _numbered(file.decode(stream), facts)
        yield from _steady(next(frames, None), frames, first)


def _numbered(frames: Iterator[Any], facts: VideoFacts) -> Iterator[tuple[int, Any]]:
    for count, frame in enumerate(frames):
        if facts.period is None or frame.pts is None:
            yield count, frame
        else:
            yield round((frame.pts - facts.first_pts) / facts.period), frame


def _steady(
    current: tuple[int, Any] | None, frames: Iterator[tuple[int, Any]], first: int
) -> Iterator[tuple[int, Any]]:
    """Without gaps, from `first` on: each frame is shown until the next one's number."""
    if current is None:
        return
    number, frame = current
    due = first
    for following, next_frame in frames:
        for slot in range(max(due, number), following):
            yield slot, frame
            due = slot + 1
        number, frame = following, next_frame
    if number >= due:
        yield number, frame
