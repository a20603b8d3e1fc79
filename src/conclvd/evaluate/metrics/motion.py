"""How much moves, by the flow from frame to frame: in how many pairs something, and how far all.

Dynamic degree is 0 for all gentle videos; mean flow is not.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.evaluate.metric import FLOWING, Measured, VideoMetric
from conclvd.evaluate.sample import Sample

FASTEST = 0.05  # of the pixels
DYNAMIC_AT = 6 / 256  # of the smaller side, in a step from frame to frame
SIDE = 256


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


def mean_flow(flows: Float[Tensor, "p 2 h w"]) -> float:
    """Mean length of the flow from frame to frame, in pixels of a picture 256 pixels across.

    At least 0. The smaller side counts, so that a video and its enlargement have the same.
    """
    return float(flows.norm(dim=1).mean()) * SIDE / min(flows.shape[-2:])


def flow_metric(
    name: str, title: str, digits: int, found: Callable[[Tensor], float]
) -> VideoMetric:
    """The metric of what is `found` in the flows of a sample of two frames or more."""

    def measure(sample: Sample) -> Measured:
        return Measured(found(sample.flows), sample.pairs)

    return VideoMetric(name, title, digits, None, FLOWING, measure=measure)


DYNAMIC_DEGREE = flow_metric("dynamic-degree", "dynamic degree", 3, dynamic_degree)
MEAN_FLOW = flow_metric("mean-flow", "mean flow, px of 256", 2, mean_flow)
