"""Temporal flicker: how much pixels change from frame to frame."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from conclvd.evaluate.metric import MOVING, Measured, VideoMetric
from conclvd.evaluate.sample import Sample
from conclvd.tensors import Frame, Frames


def difference(first: Frame, second: Frame) -> float:
    """Mean absolute difference of two frames, in levels of 255."""
    return float(cv2.absdiff(first, second).mean())


def flicker(frames: Frames) -> float:
    """Mean absolute difference of neighbouring frames, 0 to 255.

    VBench's temporal flickering is 1 - flicker / 255. Motion counts as well: compare videos that
    move alike, or read the warp error.
    """
    return float(np.mean([difference(first, second) for first, second in pairwise(frames)]))


def measure(sample: Sample) -> Measured:
    """Of a sample of two frames or more."""
    return Measured(flicker(sample.frames), sample.pairs)


METRIC = VideoMetric("flicker", "flicker", 2, "lower", MOVING, measure=measure)
