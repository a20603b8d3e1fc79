"""Wash distance: how much of a picture is filled evenly, washed, or textured."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from conclvd.evaluate.metrics.edges import slopes
from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.style import Feature, Lab, Vector

WINDOW = 15  # pixels of 256
GRAIN = 3.0  # pixels
LIMITS = (0.2, 0.8, 3.2, np.inf)  # of lightness, per 3 pixels


def runs(picture: Lab) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """How steeply the surroundings of each pixel run from dark to light, and how rough they are.

    The length of the mean slope, and what the mean length of the slopes has above that.
    """
    across, down = slopes(picture, GRAIN)
    mean_across, mean_down, length = (
        cv2.blur(one, (WINDOW, WINDOW)) for one in (across, down, np.hypot(across, down))
    )
    run = np.hypot(mean_across, mean_down)
    return run, length - run


def washes(picture: Lab) -> Vector:
    """Parts of the picture up to each pair of limits of run and roughness.

    A cartoon's fills have neither, a wash runs from dark to light over many pixels, the texture of
    a photograph rises and falls everywhere.
    """
    run, rough = runs(picture)
    return np.array([((run < one) & (rough < other)).mean() for one in LIMITS for other in LIMITS])


WASHES = Feature(washes, floor=0.005)  # of the picture
METRIC = style_metric("wash-distance", "wash distance", WASHES)
