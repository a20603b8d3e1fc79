"""Peak memory: the most that was in use while a video was made, as its maker noted."""

from __future__ import annotations

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.sample import Sample


def measure(sample: Sample) -> Measured:
    """Of a sample the memory of whose making is known."""
    assert sample.making is not None
    return Measured(sample.making.peak_gib, len(sample.frames))


METRIC = VideoMetric(
    name="peak-memory",
    title="peak GiB",
    digits=2,
    better="lower",
    needs=frozenset({Need.MAKING, Need.MEMORY}),
    measure=measure,
)
