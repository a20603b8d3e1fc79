"""Ink style: the mean of the distances in tone, blank space, saturation, palette, edges, washes."""

from __future__ import annotations

import numpy as np

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.metrics.blank import BLANK_PARTS
from conclvd.evaluate.metrics.edges import EDGES
from conclvd.evaluate.metrics.palette import PALETTE
from conclvd.evaluate.metrics.saturation import SATURATION
from conclvd.evaluate.metrics.tones import TONES
from conclvd.evaluate.metrics.washes import WASHES
from conclvd.evaluate.sample import Sample

FEATURES = (TONES, BLANK_PARTS, SATURATION, PALETTE, EDGES, WASHES)


def measure(sample: Sample) -> Measured:
    """Of any sample."""
    return Measured(float(np.mean([sample.style(each) for each in FEATURES])), len(sample.labs))


METRIC = VideoMetric(
    name="ink-style",
    title="ink style",
    digits=2,
    better="lower",
    needs=frozenset({Need.REFERENCE}),
    measure=measure,
    features=FEATURES,
)
