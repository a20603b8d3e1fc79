"""What all metrics of style do: a video's distance from the reference, in one feature."""

from __future__ import annotations

import numpy as np

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.reference import Known
from conclvd.evaluate.sample import Sample
from conclvd.evaluate.style import Feature, distance, lab, spaced
from conclvd.tensors import Frames


def style_distance(frames: Frames, feature: Feature, known: Known) -> float:
    """How far the frames are from the reference set, mean over up to 8 of them.

    In units of how far the reference pictures are from one another: 1 for a picture that could be
    one of them, 0 only for copies, without an upper limit.
    """
    found = [distance(feature(lab(frame)), known.vectors) for frame in spaced(frames)]
    return float(np.mean(found)) / known.spread


def style_metric(name: str, title: str, feature: Feature) -> VideoMetric:
    """The metric of a feature."""

    def measure(sample: Sample) -> Measured:
        assert sample.tools.reference is not None
        known = sample.tools.reference.known(feature)
        value = style_distance(sample.frames, feature, known)
        return Measured(value, len(spaced(sample.frames)))

    return VideoMetric(
        name=name,
        title=title,
        digits=2,
        better="lower",
        needs=frozenset({Need.REFERENCE}),
        measure=measure,
    )
