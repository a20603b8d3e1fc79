"""The frames of a source, by number, from any frame on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conclvd.curate.facts import VideoFacts, opened


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
