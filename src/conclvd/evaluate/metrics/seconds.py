"""Seconds a video: what it took to make one, as its maker noted."""

from __future__ import annotations

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.sample import Sample


def measure(sample: Sample) -> Measured:
    """Of a sample whose making is known."""
    assert sample.making is not None
    return Measured(sample.making.seconds, len(sample.frames))


METRIC = VideoMetric(
    name="seconds",
    title="seconds a video",
    digits=1,
    better="lower",
    needs=frozenset({Need.MAKING}),
    measure=measure,
)
