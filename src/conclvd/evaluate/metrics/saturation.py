"""Saturation distance: how colourful a picture is, from its palest to its strongest colours."""

from __future__ import annotations

import numpy as np

from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.style import Feature, Lab, Vector

STEPS = np.linspace(2.5, 97.5, 20)


def saturation(picture: Lab) -> Vector:
    """Percentiles of CIELAB chroma: their distance is the earth mover's between distributions."""
    chroma = np.hypot(picture[..., 1], picture[..., 2])
    found: Vector = np.percentile(chroma, STEPS)
    return found


SATURATION = Feature(saturation, floor=0.5)  # of chroma
METRIC = style_metric("saturation-distance", "saturation distance", SATURATION)
