"""What all metrics of style do: a video's distance from the reference, in one feature or more."""

from __future__ import annotations

import numpy as np

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.sample import Sample
from conclvd.evaluate.style import Feature

NEEDS = frozenset({Need.REFERENCE})


def style_metric(name: str, title: str, *features: Feature) -> VideoMetric:
    """The metric of a feature, or of the mean of the distances in several."""

    def measure(sample: Sample) -> Measured:
        return Measured(float(np.mean([sample.style(f) for f in features])), len(sample.labs))

    return VideoMetric(name, title, 2, "lower", NEEDS, measure=measure, features=features)
