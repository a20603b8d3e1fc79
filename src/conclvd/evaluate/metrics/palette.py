"""Palette distance: which colours there are, and how much of each."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np

from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.style import Feature, Lab, Vector

GRID = 64  # cells a side: colours of areas, not of grain
STEPS = np.linspace(2.5, 97.5, 20)
# the 13 directions to the neighbours of a cube
DIRECTIONS = np.array([d for d in product((-1, 0, 1), repeat=3) if d > (0, 0, 0)], np.float64)
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)


def palette(picture: Lab) -> Vector:
    """Percentiles of the colours along 13 directions of CIELAB.

    Their distance is the sliced earth mover's distance between the palettes (Bonneel et al., 2015),
    in units of CIELAB.
    """
    cells = cv2.resize(picture, (GRID, GRID), interpolation=cv2.INTER_AREA).reshape(-1, 3)
    found: Vector = np.percentile(cells @ DIRECTIONS.T, STEPS, axis=0).T.ravel()
    return found


PALETTE = Feature(palette, floor=0.5)  # of CIELAB
METRIC = style_metric("palette-distance", "palette distance", PALETTE)
