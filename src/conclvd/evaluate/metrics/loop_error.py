"""Loop error: the jump from the last frame back to the first."""

from __future__ import annotations

from conclvd.evaluate.metric import MOVING, Measured, VideoMetric
from conclvd.evaluate.metrics.flicker import difference
from conclvd.evaluate.sample import Sample
from conclvd.tensors import Frames


def loop_error(frames: Frames) -> float:
    """How much larger the step from the last frame to the first is than those beside it, 0 to 255.

    Steps are mean absolute differences; those beside it are the first and the last step of the
    video, of which the larger counts. 0 for a video that can play on from its end, and for a still
    one.
    """
    seam = difference(frames[-1], frames[0])
    beside = max(difference(frames[0], frames[1]), difference(frames[-2], frames[-1]))
    return max(0.0, seam - beside)


def measure(sample: Sample) -> Measured:
    """Of a sample of two frames or more."""
    return Measured(loop_error(sample.frames), len(sample.frames))


METRIC = VideoMetric("loop-error", "loop error", 2, "lower", MOVING, measure=measure)
