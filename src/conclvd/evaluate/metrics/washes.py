"""Wash distance: how much of a picture is filled evenly, washed, or textured."""

from __future__ import annotations

import cv2
import numpy as np

from conclvd.evaluate.metrics.edges import slope
from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.style import Lab, Vector

WINDOW = 15  # pixels of 256
GRAIN = 2.0  # pixels
LIMITS = np.geomspace(0.1, 6.4, 7)  # of lightness, per 2 pixels


def washes(picture: Lab) -> Vector:
    """Parts of the picture up to each of 7 limits of the mean slope around a pixel.

    A cartoon's fills have none, a wash runs from dark to light over many pixels, and the texture of
    a photograph rises and falls everywhere.
    """
    around = cv2.blur(slope(picture, GRAIN), (WINDOW, WINDOW))
    return np.array([(around < limit).mean() for limit in LIMITS])


METRIC = style_metric("wash-distance", "wash distance", washes)
