"""Edge distance: how many edges a picture has, how sharp they are, and how they end."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.style import Lab, Vector

SCALES = (1.0, 2.0, 4.0)  # pixels of 256
STEPS = (50, 75, 90, 95, 99)


def slope(picture: Lab, scale: float) -> Float32[np.ndarray, "h w"]:
    """How steeply lightness changes at a scale, per `scale` pixels."""
    smooth = cv2.GaussianBlur(picture[..., 0], (0, 0), scale)
    across, down = (cv2.Scharr(smooth, cv2.CV_32F, *d, scale=1 / 32) for d in ((1, 0), (0, 1)))
    steep: Float32[np.ndarray, "h w"] = scale * np.hypot(across, down)
    return steep


def edges(picture: Lab) -> Vector:
    """Percentiles of the slope of lightness at three scales, as log(1 + slope).

    A brush's edge is soft on one side, an outline steep on both, a photograph's texture steep all
    over: the percentiles fall off differently, and differently from scale to scale.
    """
    found = [np.percentile(slope(picture, scale), STEPS) for scale in SCALES]
    vector: Vector = np.log1p(np.concatenate(found))
    return vector


METRIC = style_metric("edge-distance", "edge distance", edges)
