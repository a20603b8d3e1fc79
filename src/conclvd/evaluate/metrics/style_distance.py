"""What all metrics of style do: a video's distance from the reference, in one feature."""

from __future__ import annotations

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.sample import Sample
from conclvd.evaluate.style import Feature


def style_metric(name: str, title: str, feature: Feature) -> VideoMetric:
    """The metric of a feature."""

    def measure(sample: Sample) -> Measured:
        return Measured(sample.style(feature), len(sample.labs))

    return VideoMetric(
        name=name,
        title=title,
        digits=2,
        better="lower",
        needs=frozenset({Need.REFERENCE}),
        measure=measure,
        features=(feature,),
    )
