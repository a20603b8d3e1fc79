"""What it took to make a video, as its maker noted: seconds, and the most memory in use."""

from __future__ import annotations

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.sample import Sample


def cost_metric(name: str, title: str, digits: int, noted: str, *needs: Need) -> VideoMetric:
    """The metric of a figure that is `noted` in `Making`."""

    def measure(sample: Sample) -> Measured:
        return Measured(getattr(sample.making, noted), len(sample.frames))

    return VideoMetric(name, title, digits, "lower", frozenset(needs), measure=measure)


SECONDS = cost_metric("seconds", "seconds a video", 1, "seconds", Need.MAKING)
PEAK_MEMORY = cost_metric("peak-memory", "peak GiB", 2, "peak_gib", Need.MAKING, Need.MEMORY)
