"""How far flows are from the known ones on held-out pairs, by how fast pixels move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from conclvd.interpolation.flow import FlowEstimator, FrameFlow
from conclvd.interpolation.warp import length
from conclvd.pretrain.flow_store import FlowPairs, FlowStore
from conclvd.pretrain.layered_motion import layered_pairs
from conclvd.pretrain.painting import PaintOrder, paint_sample
from conclvd.tensors import Flow, Frame

FIRST_HELD_OUT = 820_000
# Between neighbouring frames of a painted clip: 1/6, 1/3, 2/3 and 4/3 of a second, by turns. A
# generated clip is interpolated over steps as short, and its last frame is further away.
ORDER = PaintOrder(
    frames=2, fps=6.0, sizes=((256, 256),), captions=0, flow=True, strides=(1, 2, 4, 8)
)
# Pixels that a pixel moves, from and up to: most of them stand still, and say little of a flow.
SPEEDS = {"still": (0.0, 0.5), "slow": (0.5, 2.0), "middling": (2.0, 8.0), "fast": (8.0, 1e9)}
MOVING = SPEEDS["still"][1]


class Farneback(FrameFlow):
    """OpenCV's flow by Farneback's polynomials: what the authors' release interpolates with."""

    def __call__(self, source: Frame, target: Frame) -> Flow:
        """The flow of one pair."""
        before, after = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (source, target))
        start: Flow = np.zeros((*before.shape, 2), np.float32)
        flow: Flow = cv2.calcOpticalFlowFarneback(before, after, start, 0.5, 4, 21, 5, 7, 1.5, 0)
        return flow


class NoFlow:
    """Everything stands still: what any estimator must beat."""

    def flows(
        self, sources: Float[Tensor, "b 3 h w"], targets: Float[Tensor, "b 3 h w"]
    ) -> Float[Tensor, "b 2 h w"]:
        """Zeros."""
        return torch.zeros_like(sources[:, :2])


def held_out_pairs(
    count: int, device: torch.device, order: PaintOrder = ORDER
) -> dict[str, FlowPairs]:
    """`count` painted pairs of scenes never trained on, and as many layered motions of them."""
    store = FlowStore(None, replace(order, frames=2), count, device)
    for seed in range(FIRST_HELD_OUT, FIRST_HELD_OUT + count):
        store.put(paint_sample(seed, replace(order, frames=2)))
    every = torch.arange(count, device=device)
    painted = store.pairs(every, torch.zeros_like(every))
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(2)
        layered = layered_pairs(painted.second)
    return {"painted": painted, "layered": layered}


def end_point_errors(
    flow: Float[Tensor, "b 2 h w"], wanted: Float[Tensor, "b 2 h w"], valid: Bool[Tensor, "b h w"]
) -> dict[str, float]:
    """Mean distance in pixels over the valid ones: "all", "moving", and those of each speed.

    A kind of pixel that does not occur is left out.
    """
    error, speed = length(flow - wanted)[:, 0], length(wanted)[:, 0]
    kinds = {"all": valid, "moving": valid & (speed >= MOVING)}
    for name, (least, most) in SPEEDS.items():
        kinds[name] = valid & (speed >= least) & (speed < most)
    return {name: float(error[where].mean()) for name, where in kinds.items() if where.any()}


def flow_errors(
    estimators: Mapping[str, FlowEstimator], held_out: Mapping[str, FlowPairs]
) -> dict[str, float]:
    """End-point errors in pixels of every estimator on all held-out pairs, by speed.

    Keys are such as "dis on painted, moving".
    """
    figures: dict[str, float] = {}
    for kind, pairs in held_out.items():
        for name, estimator in estimators.items():
            flow = torch.cat(list(_flows(estimator, pairs)))
            errors = end_point_errors(flow, pairs.flow, pairs.valid)
            figures |= {f"{name} on {kind}, {speed}": error for speed, error in errors.items()}
    return figures


def _flows(estimator: FlowEstimator, pairs: FlowPairs) -> Iterable[Float[Tensor, "b 2 h w"]]:
    for start in range(0, len(pairs.first), 4):
        part = pairs.rows(slice(start, start + 4))
        yield estimator.flows(part.first, part.second)
