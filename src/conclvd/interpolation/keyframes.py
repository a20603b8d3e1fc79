"""The drawings of a video: its frames without repeats, with the cuts between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conclvd.interpolation.changes import is_cut, is_repeat
from conclvd.tensors import Frame

# A drawing shown for up to so many frames (drawn 'on twos', 'on threes') is in motion; what does
# not change for longer stands still on purpose.
LONGEST_MOTION = 3


@dataclass(frozen=True)
class Keyframe:
    """A drawing: first shown as frame `start` of the video, for `shown` frames.

    `shot` counts the shots, from 0: between two drawings of different shots there is a cut.
    """

    frame: Frame
    start: int
    shown: int
    shot: int


def keyframes(frames: Iterable[Frame], *, merge_repeats: bool) -> Iterator[Keyframe]:
    """The drawings of a video, one by one.

    With `merge_repeats` a frame that is shown two or three times is one drawing; frames that stand
    still for longer are drawings of their own, as all are without it.
    """
    run, start, shot, still = list[Frame](), 0, 0, False
    for index, frame in enumerate(frames):
        if run and merge_repeats and is_repeat(run[0], frame):
            run.append(frame)
            still = still or len(run) > LONGEST_MOTION
            if still:
                for offset, one in enumerate(run[:-1]):
                    yield Keyframe(one, start + offset, 1, shot)
                run, start = [frame], index
            continue
        if run:
            yield Keyframe(run[0], start, len(run), shot)
            shot += is_cut(run[-1], frame)
        run, start, still = [frame], index, False
    if run:
        yield Keyframe(run[0], start, len(run), shot)
