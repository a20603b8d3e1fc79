"""Tone distance: how much of a picture is in each of the five shades of ink (墨分五色)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.style import Feature, Lab, Vector

SHADES = ("clear 清", "pale 淡", "heavy 重", "thick 浓", "burnt 焦")
PAPER = 98  # percentile of lightness: the paper, or the lightest there is


def ink(picture: Lab) -> Float32[np.ndarray, "h w"]:
    """How much ink is on each pixel: 0 as light as the paper, 1 black."""
    lightness = picture[..., 0]
    paper = max(float(np.percentile(lightness, PAPER)), 1.0)
    return np.clip(1 - lightness / paper, 0, 1)


def shades(picture: Lab) -> Vector:
    """Parts of the picture in the five shades, equal steps of ink from the paper to black."""
    counts, _ = np.histogram(ink(picture), bins=len(SHADES), range=(0, 1))
    parts: Vector = counts / counts.sum()
    return parts


def tones(picture: Lab) -> Vector:
    """Parts up to each shade: their distance is the earth mover's between the distributions."""
    return np.cumsum(shades(picture))[:-1]


TONES = Feature(tones, floor=0.005)  # of the picture
METRIC = style_metric("tone-distance", "tone distance", TONES)
