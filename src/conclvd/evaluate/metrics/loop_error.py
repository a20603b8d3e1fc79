"""Loop error: the jump from the last frame back to the first."""

from __future__ import annotations

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.metrics.flicker import difference, flicker
from conclvd.evaluate.sample import Sample
from conclvd.tensors import Frames


def loop_error(frames: Frames) -> float:
    """How much more the first frame differs from the last than neighbours do, 0 to 255.

    0 where playing on from the last frame to the first is a step like any other; also for a still
    video.
    """
    return max(0.0, difference(frames[-1], frames[0]) - flicker(frames))


def measure(sample: Sample) -> Measured:
    """Of a sample of two frames or more."""
    return Measured(loop_error(sample.frames), len(sample.frames))


METRIC = VideoMetric(
    name="loop-error",
    title="loop error",
    digits=2,
    better="lower",
    needs=frozenset({Need.PAIRS}),
    measure=measure,
)
