"""One step of the training of a flow network, as it is or as a CUDA graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from conclvd.interpolation.warp import length
from conclvd.pretrain.flow_augment import disturbed, panned, turned
from conclvd.pretrain.flow_store import FlowPairs, FlowStore
from conclvd.pretrain.layered_motion import layered_pairs

DISCOUNT = 0.8  # of the loss of each earlier update (Teed and Deng, 2020, Eq. 7)
LONGEST = 200.0  # pixels; what moves further is not learned from


@dataclass(frozen=True)
class StepResult:
    """The loss, and the mean end-point errors in pixels of painted and of layered pairs."""

    loss: Float[Tensor, ""]
    painted: Float[Tensor, ""]
    layered: Float[Tensor, ""]


Step: TypeAlias = Callable[[], StepResult]


def sequence_loss(
    flows: Sequence[Float[Tensor, "b 2 h w"]],
    wanted: Float[Tensor, "b 2 h w"],
    valid: Bool[Tensor, "b h w"],
) -> Float[Tensor, ""]:
    """Discounted L1 distance of the flow after each update, over the valid pixels."""
    where = (valid[:, None] & (length(wanted) < LONGEST)).to(wanted.dtype)
    count = where.sum().clamp(min=1)
    total = torch.zeros((), device=wanted.device)
    for index, flow in enumerate(flows):
        error = ((flow - wanted).abs() * where).sum() / count
        total = total + DISCOUNT ** (len(flows) - 1 - index) * error
    return total


def mixed_batch(store: FlowStore, size: int) -> FlowPairs:
    """Half painted pairs, many of them seen by a camera that moves, half layered motions of others.

    Half of the size, rounded down, are painted.
    """
    drawn = turned(store.batch(size))
    painted = panned(drawn.rows(slice(size // 2)))
    layered = layered_pairs(drawn.first[size // 2 :])
    return FlowPairs(
        torch.cat([painted.first, layered.first]),
        torch.cat([painted.second, layered.second]),
        torch.cat([painted.flow, layered.flow]),
        torch.cat([painted.valid, layered.valid]),
    )


def training_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    store: FlowStore,
    *,
    batch: int,
    updates: int,
) -> Step:
    """A step on a new batch of the store, with `updates` of the recurrence."""
    weights = list(model.parameters())

    def step() -> StepResult:
        optimizer.zero_grad(set_to_none=True)
        pairs = mixed_batch(store, batch)
        first, second = disturbed(pairs)
        flows = model(first, second, updates)
        loss = sequence_loss(flows, pairs.flow, pairs.valid)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        errors = _errors(flows[-1].detach(), pairs)
        painted, layered = errors.tensor_split([batch // 2])
        return StepResult(loss.detach(), painted.nanmean(), layered.nanmean())

    return step


def optimizer_of(weights: Iterable[nn.Parameter], device: torch.device) -> torch.optim.AdamW:
    """AdamW whose learning rate is a tensor on the device, 0 at first, as a CUDA graph needs it."""
    on_gpu = device.type == "cuda"
    rate = torch.zeros((), device=device)
    return torch.optim.AdamW(weights, lr=rate, weight_decay=1e-4, fused=on_gpu, capturable=on_gpu)


def _errors(flow: Float[Tensor, "b 2 h w"], pairs: FlowPairs) -> Float[Tensor, b]:
    """Mean end-point error of each pair over its valid pixels; NaN where there are none."""
    error = length(flow - pairs.flow)[:, 0] * pairs.valid
    return error.sum((1, 2)) / pairs.valid.sum((1, 2))
