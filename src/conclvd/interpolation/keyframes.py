"""The drawings of a video: its frames without repeats, with the cuts between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from conclvd.tensors import Frame

# A drawing shown for up to so many frames (drawn 'on twos', 'on threes') is in motion; what does
# not change for longer stands still on purpose.
LONGEST_MOTION = 3
# A repeated drawing, encoded twice: of 255, over the frame and over its worst cell.
REPEAT_MEAN, REPEAT_CELL = 0.35, 1.5
CELLS = 48  # a side
# Of 145 pairs within painted and published clips the largest change is 0.003, of pairs of frames
# from different ones the smallest 0.24; a pan by a third of the picture makes up to 0.12.
CUT = 0.15
_THUMBNAIL = 32
_BINS = 8


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


def is_repeat(first: Frame, second: Frame) -> bool:
    """Whether the second frame shows the first again, but for traces of encoding."""
    difference = cv2.absdiff(first, second).astype(np.float32).mean(-1)
    if difference.mean() > REPEAT_MEAN:
        return False
    height, width = difference.shape
    size = (min(CELLS, width), min(CELLS, height))
    cells = cv2.resize(difference, size, interpolation=cv2.INTER_AREA)
    return bool(cells.max() <= REPEAT_CELL)


def is_cut(first: Frame, second: Frame) -> bool:
    """Whether the second frame belongs to another scene than the first."""
    return change(first, second) > CUT


def change(first: Frame, second: Frame) -> float:
    """How little two frames have in common, 0 to 2: in their colours, times in their layout.

    Motion rearranges colours and fading keeps the layout: neither alone makes a new scene.
    """
    colours = float(np.abs(_colours(first) - _colours(second)).sum() / 2)
    return colours * (1 - _layout_correlation(first, second))


def _colours(frame: Frame) -> Float32[np.ndarray, "r g b"]:
    counts: np.ndarray = cv2.calcHist([frame], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
    return counts / np.float32(frame.shape[0] * frame.shape[1])


def _layout_correlation(first: Frame, second: Frame) -> float:
    """Correlation of the brightness of two thumbnails; 0 when one of them is all of one tone."""
    size = (_THUMBNAIL, _THUMBNAIL)
    small = [
        cv2.resize(frame, size, interpolation=cv2.INTER_AREA).mean(-1).ravel()
        for frame in (first, second)
    ]
    one, other = (values - values.mean() for values in small)
    scale = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / scale) if scale > 1e-3 else 0.0
