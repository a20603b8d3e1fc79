"""Training RAFT-small from scratch, on painted clips with their flow and on layered motions."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from safetensors.torch import save_file
from torch import Tensor

from conclvd.interpolation.flow import DisFlow
from conclvd.interpolation.raft import Raft, raft_small
from conclvd.interpolation.raft_flow import RaftFlow, load_raft
from conclvd.tensors import Flow, Frame
from conclvd.train.clock import Clock, learning_rate, set_learning_rate
from conclvd.train.ema import MovingAverage
from conclvd.train.flow_store import FlowPairs, FlowStore, pairs_of
from conclvd.train.launch import start
from conclvd.train.layered_motion import layered_pairs
from conclvd.train.painting import PaintingPool, PaintOrder, paint_sample
from conclvd.train.runlog import RunLog

WEIGHTS = "raft_small.safetensors"
DISCOUNT = 0.8  # of the loss of each earlier update (Teed and Deng, 2020, Eq. 7)
LONGEST = 200.0  # pixels; what moves further is not learned from
FIRST_HELD_OUT = 820_000
NOISE = 0.01  # deviation of the noise on each picture, of 1

Estimator = Callable[[FlowPairs], Float[Tensor, "b 2 h w"]]


@dataclass(frozen=True)
class FlowRun:
    """Settings of a run; writes `out/raft_small.safetensors`. `start` holds one to go on from.

    Half of each batch are painted pairs, half layered motions with painted textures.
    """

    out: Path
    seconds: float
    workers: int
    picture: int = 256
    batch: int = 24
    peak_rate: float = 4e-4
    updates: int = 10
    fps: float = 6.0
    capacity: int = 12_000
    first_clips: int = 120
    held_out: int = 40
    start: Path | None = None


def sequence_loss(
    flows: Sequence[Float[Tensor, "b 2 h w"]],
    wanted: Float[Tensor, "b 2 h w"],
    valid: Bool[Tensor, "b h w"],
) -> Float[Tensor, ""]:
    """Discounted L1 distance of the flow after each update, over the valid pixels."""
    valid = (valid & (wanted.norm(dim=1) < LONGEST))[:, None]
    count = valid.sum().clamp(min=1)
    total = torch.zeros((), device=wanted.device)
    for index, flow in enumerate(flows):
        error = torch.where(valid, (flow - wanted).abs(), 0).sum() / count
        total = total + DISCOUNT ** (len(flows) - 1 - index) * error
    return total


def end_point_error(
    flow: Float[Tensor, "b 2 h w"], wanted: Float[Tensor, "b 2 h w"], valid: Bool[Tensor, "b h w"]
) -> float:
    """Mean distance in pixels over the valid ones."""
    return float((flow - wanted).norm(dim=1)[valid].mean())


def farneback(source: Frame, target: Frame) -> Flow:
    """OpenCV's flow by Farneback's polynomials: what the authors' release interpolates with."""
    before, after = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (source, target))
    start: Flow = np.zeros((*before.shape, 2), np.float32)
    flow: Flow = cv2.calcOpticalFlowFarneback(before, after, start, 0.5, 4, 21, 5, 7, 1.5, 0)
    return flow


def layered_batch(textures: Float[Tensor, "b 3 h w"]) -> FlowPairs:
    """Layered motions of these textures; their flow is known everywhere."""
    pairs = layered_pairs(textures)
    everywhere = torch.ones_like(pairs.flow[:, 0], dtype=torch.bool)
    return FlowPairs(pairs.first, pairs.second, pairs.flow, everywhere)


def mixed_batch(painted: FlowPairs) -> FlowPairs:
    """Half of the painted pairs as they are; the others lend their pictures to layered motions."""
    half = len(painted.first) // 2
    made = layered_batch(painted.first[half:])
    return FlowPairs(
        torch.cat([painted.first[:half], made.first]),
        torch.cat([painted.second[:half], made.second]),
        torch.cat([painted.flow[:half], made.flow]),
        torch.cat([painted.valid[:half], made.valid]),
    )


def disturbed(pictures: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Pictures in [-1, 1] of pictures in [0, 1], a little brighter or darker, and noisy."""
    gain = 1 + 0.05 * torch.randn(len(pictures), 1, 1, 1, device=pictures.device)
    noise = NOISE * torch.randn_like(pictures)
    return (pictures * gain + noise).clamp(0, 1) * 2 - 1


def train_flow(run: FlowRun) -> dict[str, float]:
    """Train until the time is spent; returns the end-point errors on held-out pairs, in pixels."""
    accelerator = start(half=False)
    device = accelerator.device
    log = RunLog(run.out, "flow", main=accelerator.is_main_process)
    network = raft_small() if run.start is None else load_raft(run.start / WEIGHTS)
    network.requires_grad_(True).train().to(device)
    average = MovingAverage(network.parameters())
    optimizer = torch.optim.AdamW(network.parameters(), lr=0, weight_decay=1e-4)
    model, optimizer = accelerator.prepare(network, optimizer)
    order = PaintOrder(frames=2, fps=run.fps, size=run.picture, captions=0, flow=True)
    pool = PaintingPool(
        order, run.workers, rank=accelerator.process_index, ranks=accelerator.num_processes
    )
    torch.manual_seed(1 + accelerator.process_index)
    with pool:
        store = FlowStore(pool, run.capacity, device)
        store.refresh(at_least=run.first_clips)
        clock = Clock(accelerator, run.seconds)
        step = 0
        while True:
            if step % 10 == 0 or run.seconds < 60:
                clock.sync()
                store.refresh()
            if clock.over:
                break
            rate = learning_rate(run.peak_rate, step, clock.fraction, warmup=200, decay_from=0.2)
            set_learning_rate(optimizer, rate)
            pairs = mixed_batch(store.batch(run.batch))
            flows = model(disturbed(pairs.first), disturbed(pairs.second), run.updates)
            loss = sequence_loss(flows, pairs.flow, pairs.valid)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            average.update()
            if step % 100 == 0:
                error = end_point_error(flows[-1].detach(), pairs.flow, pairs.valid)
                log.write(step=step, clips=store.painted, loss=loss.item(), error=error)
            step += 1
    average.swap()
    if accelerator.is_main_process:
        _save(network, run.out / WEIGHTS)
    log.write(step=step, clips=store.painted, pairs=step * run.batch)
    result = _held_out(run, order, network, device) if accelerator.is_main_process else {}
    log.write(**result)
    return result


def _save(network: Raft, path: Path) -> None:
    """Half precision, written beside its name and renamed when whole."""
    weights = {name: value.half().cpu() for name, value in network.state_dict().items()}
    part = path.with_name(path.name + ".part")
    save_file(weights, part, metadata={"format": "pt"})
    os.replace(part, path)


def _held_out(
    run: FlowRun, order: PaintOrder, network: Raft, device: torch.device
) -> dict[str, float]:
    """End-point errors of RAFT and its peers on held-out painted and layered pairs."""
    seeds = range(FIRST_HELD_OUT, FIRST_HELD_OUT + run.held_out)
    painted = pairs_of([paint_sample(seed, order) for seed in seeds], device)
    torch.manual_seed(2)
    layered = layered_batch(painted.second)
    estimators: dict[str, Estimator] = {
        "raft": _by_raft(RaftFlow(network)),
        "dis": _by_frames(DisFlow()),
        "farneback": _by_frames(farneback),
        "still": lambda pairs: torch.zeros_like(pairs.flow),
    }
    return {
        f"{name} on {kind}": end_point_error(estimate(pairs), pairs.flow, pairs.valid)
        for name, estimate in estimators.items()
        for kind, pairs in (("painted", painted), ("layered", layered))
    }


def _by_raft(estimator: RaftFlow) -> Estimator:
    def estimate(pairs: FlowPairs) -> Float[Tensor, "b 2 h w"]:
        starts = range(0, len(pairs.first), 4)
        return torch.cat(
            [estimator.flows(pairs.first[i : i + 4], pairs.second[i : i + 4]) for i in starts]
        )

    return estimate


def _by_frames(find: Callable[[Frame, Frame], Flow]) -> Estimator:
    def estimate(pairs: FlowPairs) -> Float[Tensor, "b 2 h w"]:
        pictures = [
            (side * 255).round().to("cpu", torch.uint8).movedim(1, -1).contiguous().numpy()
            for side in (pairs.first, pairs.second)
        ]
        flows = [find(first, second) for first, second in zip(*pictures, strict=True)]
        return torch.from_numpy(np.stack(flows)).movedim(-1, 1).to(pairs.flow.device)

    return estimate
