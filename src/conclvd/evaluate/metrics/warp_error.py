"""Flow-warp error: what of a frame is not where its own motion takes it."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from conclvd.evaluate.metric import FLOWING, Measured, VideoMetric
from conclvd.evaluate.sample import Sample
from conclvd.interpolation.warp import consistency
from conclvd.interpolation.warp import sample as sampled

LEAST = 0.01  # of the picture that must be seen in both frames
SCALE = 1000


def warp_error(
    first: Float[Tensor, "1 3 h w"],
    second: Float[Tensor, "1 3 h w"],
    there: Float[Tensor, "1 2 h w"],
    back: Float[Tensor, "1 2 h w"],
) -> float | None:
    """1000 x the mean squared difference of a frame and the next one warped back onto it.

    Of colours in [0, 1], so 0 to 1000, over the pixels seen in both frames: a pixel counts as far
    as its flow there and back agree (Lai et al., 2018, with soft masks). None where that is less
    than 1 % of the picture.
    """
    seen = consistency(there, back)
    if seen.mean() < LEAST:
        return None
    squared = (sampled(second, there) - first).square().mean(1, keepdim=True)
    return SCALE * float((squared * seen).sum() / seen.sum())


def measure(sample: Sample) -> Measured:
    """Of a sample of two frames or more; pairs without a flow that holds are left out."""
    found = [
        warp_error(
            sample.picture(index),
            sample.picture(index + 1),
            sample.flows[index : index + 1],
            sample.flow(index + 1, index),
        )
        for index in range(sample.pairs)
    ]
    held = [error for error in found if error is not None]
    if not held:
        return Measured(None, 0, "no flow between its frames holds")
    return Measured(sum(held) / len(held), len(held))


METRIC = VideoMetric("warp-error", "warp error x1000", 3, "lower", FLOWING, measure=measure)
