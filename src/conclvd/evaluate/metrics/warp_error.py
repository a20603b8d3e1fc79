"""Flow-warp error: what of a frame is not where its own motion takes it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.sample import Sample
from conclvd.interpolation.occlusion import consistency
from conclvd.interpolation.warp import sample as sampled

LEAST = 0.01  # of the picture that must be seen in both frames
SCALE = 1000


def warp_errors(
    pictures: Float[Tensor, "t 3 h w"],
    flows: Float[Tensor, "p 2 h w"],
    flows_back: Float[Tensor, "p 2 h w"],
) -> Float[Tensor, p]:
    """1000 x the mean squared difference of each frame and the next one warped back onto it.

    Of colours in [0, 1], so 0 to 1000, over the pixels seen in both frames: a pixel counts as far
    as its flow there and back agree (Lai et al., 2018, with soft masks). NaN for a pair that has
    less than 1 % of them.
    """
    found = []
    for index in range(len(flows)):
        there, back = flows[index : index + 1], flows_back[index : index + 1]
        seen = consistency(there, back)
        warped = sampled(pictures[index + 1 : index + 2], there)
        squared = (warped - pictures[index : index + 1]).square().mean(1, keepdim=True)
        error = (squared * seen).sum() / seen.sum()
        found.append(error if seen.mean() >= LEAST else torch.tensor(torch.nan))
    return SCALE * torch.stack(found)


def measure(sample: Sample) -> Measured:
    """Of a sample of two frames or more; pairs without a flow that holds are left out."""
    errors = warp_errors(sample.pictures, sample.flows, sample.flows_back)
    held = errors[~errors.isnan()]
    if not len(held):
        return Measured(None, 0, "no flow between its frames holds")
    return Measured(float(held.mean()), len(held))


METRIC = VideoMetric(
    name="warp-error",
    title="warp error x1000",
    digits=3,
    better="lower",
    needs=frozenset({Need.PAIRS}),
    measure=measure,
)
