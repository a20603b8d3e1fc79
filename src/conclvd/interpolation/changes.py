"""What happens between two frames of a video: nothing, motion, or a cut."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from conclvd.tensors import Frame

# A repeated drawing, encoded twice: of 255, over the frame and over its worst cell.
REPEAT_MEAN, REPEAT_CELL = 0.35, 1.5
CELLS = 48  # a side
# Of 145 pairs within painted and published clips the largest change is 0.003, of pairs of frames
# from different ones the smallest 0.24; a pan by a third of the picture makes up to 0.12.
CUT = 0.15
_THUMBNAIL = 32
_BINS = 8


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
