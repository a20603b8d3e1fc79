"""Edge distance: how many edges a picture has, how sharp they are, and how they end."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.style import Feature, Lab, Vector

SCALES = (1.0, 2.0, 4.0)  # pixels of 256
STEPS = (50, 75, 90, 95, 99)


def slopes(
    picture: Lab, scale: float
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """How much lightness changes at a scale, across and down, per `scale` pixels."""
    smooth = cv2.GaussianBlur(picture[..., 0], (0, 0), scale)
    across = cv2.Scharr(smooth, cv2.CV_32F, 1, 0, scale=scale / 32)
    down = cv2.Scharr(smooth, cv2.CV_32F, 0, 1, scale=scale / 32)
    return across, down


def edges(picture: Lab) -> Vector:
    """Percentiles of the slope of lightness at three scales, as log(1 + slope).

    A brush's edge is soft on one side, an outline steep on both, a photograph's texture steep all
    over: the percentiles fall off differently, and differently from scale to scale.
    """
    found = [np.percentile(np.hypot(*slopes(picture, scale)), STEPS) for scale in SCALES]
    vector: Vector = np.log1p(np.concatenate(found))
    return vector


EDGES = Feature(edges, floor=0.01)  # of log(1 + slope)
METRIC = style_metric("edge-distance", "edge distance", EDGES)
