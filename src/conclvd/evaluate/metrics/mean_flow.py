"""Mean flow: how far everything moves. Dynamic degree is 0 for all gentle videos; this is not."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.sample import Sample

SIDE = 256


def mean_flow(flows: Float[Tensor, "p 2 h w"]) -> float:
    """Mean length of the flow from frame to frame, in pixels of a picture 256 pixels across.

    At least 0. The smaller side counts, so that a video and its enlargement have the same.
    """
    return float(flows.norm(dim=1).mean()) * SIDE / min(flows.shape[-2:])


def measure(sample: Sample) -> Measured:
    """Of a sample of two frames or more."""
    return Measured(mean_flow(sample.flows), sample.pairs)


METRIC = VideoMetric(
    name="mean-flow",
    title="mean flow, px of 256",
    digits=2,
    better=None,
    needs=frozenset({Need.PAIRS, Need.FLOW}),
    measure=measure,
)
