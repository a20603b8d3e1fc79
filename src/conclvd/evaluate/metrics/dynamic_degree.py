"""Dynamic degree: in how many pairs of frames something moves."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.sample import Sample

FASTEST = 0.05  # of the pixels
DYNAMIC_AT = 6 / 256  # of the smaller side, in a step from frame to frame


def fastest_flow(flows: Float[Tensor, "p 2 h w"]) -> Float[Tensor, p]:
    """How far the fastest 5 % of the pixels of each pair go on average, in pixels."""
    lengths = flows.norm(dim=1).flatten(1)
    count = max(1, int(FASTEST * lengths.shape[1]))
    return torch.topk(lengths, count).values.mean(1)


def dynamic_degree(flows: Float[Tensor, "p 2 h w"]) -> float:
    """Part of the pairs whose fastest 5 % of pixels go more than 6 min(h, w) / 256, 0 to 1.

    VBench (Huang et al., 2024), which says of a video only whether enough of its pairs do.
    """
    limit = DYNAMIC_AT * min(flows.shape[-2:])
    return float((fastest_flow(flows) > limit).double().mean())


def measure(sample: Sample) -> Measured:
    """Of a sample of two frames or more."""
    return Measured(dynamic_degree(sample.flows), sample.pairs)


METRIC = VideoMetric(
    name="dynamic-degree",
    title="dynamic degree",
    digits=3,
    better=None,
    needs=frozenset({Need.PAIRS, Need.FLOW}),
    measure=measure,
)
