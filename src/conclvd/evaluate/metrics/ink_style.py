"""Ink style: the mean of the distances in tone, blank space, saturation, palette, edges, washes."""

from __future__ import annotations

import numpy as np

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.metrics.blank import blank_parts
from conclvd.evaluate.metrics.edges import edges
from conclvd.evaluate.metrics.palette import palette
from conclvd.evaluate.metrics.saturation import saturation
from conclvd.evaluate.metrics.style_distance import style_distance
from conclvd.evaluate.metrics.tones import tones
from conclvd.evaluate.metrics.washes import washes
from conclvd.evaluate.sample import Sample
from conclvd.evaluate.style import spaced

FEATURES = (tones, blank_parts, saturation, palette, edges, washes)


def measure(sample: Sample) -> Measured:
    """Of any sample."""
    reference = sample.tools.reference
    assert reference is not None
    found = [style_distance(sample.frames, each, reference.known(each)) for each in FEATURES]
    return Measured(float(np.mean(found)), len(spaced(sample.frames)))


METRIC = VideoMetric(
    name="ink-style",
    title="ink style",
    digits=2,
    better="lower",
    needs=frozenset({Need.REFERENCE}),
    measure=measure,
)
