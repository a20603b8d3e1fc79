"""Blank space (留白): how much of a picture is left empty, and where."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool

from conclvd.evaluate.metric import Measured, VideoMetric
from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.metrics.tones import ink
from conclvd.evaluate.sample import Sample
from conclvd.evaluate.style import Feature, Lab, Vector

WINDOW = 17  # pixels of 256
GRAIN = 1.5  # pixels: the standard deviation that paper's grain and a camera's noise vanish at
EMPTY = 2.5  # of lightness: the deviation within the window below which nothing is drawn there
LIGHT = 0.5  # of ink: what is darker is painted
PARTS = 3


def blank(picture: Lab) -> Bool[np.ndarray, "h w"]:
    """Where nothing is drawn: light for this picture, and even but for its grain."""
    smooth = cv2.GaussianBlur(picture[..., 0], (0, 0), GRAIN)
    mean = cv2.blur(smooth, (WINDOW, WINDOW))
    square = cv2.blur(smooth**2, (WINDOW, WINDOW))
    even = np.sqrt(np.maximum(square - mean**2, 0)) < EMPTY
    empty: Bool[np.ndarray, "h w"] = even & (ink(picture) < LIGHT)
    return empty


def blank_parts(picture: Lab) -> Vector:
    """The blank part of the upper, the middle and the lower third."""
    thirds = np.array_split(blank(picture), PARTS)
    return np.array([third.mean() for third in thirds])


def blank_space(pictures: Sequence[Lab]) -> float:
    """Part of the pictures that is left empty, 0 to 1."""
    return float(np.mean([blank(picture).mean() for picture in pictures]))


def measure(sample: Sample) -> Measured:
    """Of any sample."""
    return Measured(blank_space(sample.labs), len(sample.labs))


BLANK_PARTS = Feature(blank_parts, floor=0.01)  # of a third
SPACE = VideoMetric("blank-space", "blank space", 3, None, measure=measure)
METRIC = style_metric("blank-distance", "blank-space distance", BLANK_PARTS)
