"""Training RAFT-small from scratch, on painted clips with their flow and on layered motions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from conclvd.errors import TrainingError
from conclvd.files import whole
from conclvd.interpolation.flow import DisFlow, FlowEstimator
from conclvd.interpolation.raft import Raft, quick_layout, raft_small
from conclvd.interpolation.raft_flow import RaftFlow, load_raft
from conclvd.pretrain.flow_error import ORDER, Farneback, NoFlow, flow_errors, held_out_pairs
from conclvd.pretrain.flow_step import Step, optimizer_of, training_step
from conclvd.pretrain.flow_store import FlowPairs, FlowStore
from conclvd.pretrain.stage import REFRESH, Stage, StageRun
from conclvd.tensor_file import write_tensors
from conclvd.train.captured import Captured
from conclvd.train.ema import MovingAverage

WEIGHTS = "raft_small.safetensors"
FRAMES = 5  # a painted clip: four pairs cost hardly more than one, for composing takes the time
FEW_UPDATES_UNTIL = 0.4  # of the time; half as many updates teach as much at first and cost half
SAVE_SECONDS = 60.0  # between two looks at held-out pairs, each with the weights saved


@dataclass(frozen=True, kw_only=True)
class FlowRun(StageRun):
    """Settings of a run; writes `out/raft_small.safetensors`. `weights` holds one to go on from.

    Half of each batch are painted pairs, half layered motions with painted textures. `graph`
    makes a CUDA graph of the step, on one GPU alone.
    """

    batch: int = 32
    peak_rate: float = 4e-4
    capacity: int = 6_000
    first_clips: int = 120
    picture: int = 256
    updates: int = 12
    held_out: int = 40
    graph: bool = True


def train_flow(run: FlowRun) -> dict[str, float]:
    """Train until the time is spent; returns the end-point errors on held-out pairs, in pixels."""
    stage = Stage("flow", run, half=False)
    torch.backends.cudnn.benchmark = True  # every step has the same shapes
    device, accelerator = stage.device, stage.accelerator
    network = raft_small() if run.weights is None else load_raft(run.weights / WEIGHTS)
    network.requires_grad_(True).train().to(device)
    quick_layout(network)
    average = MovingAverage(network.parameters())
    optimizer = optimizer_of(network.parameters(), device)
    model = accelerator.prepare(network)
    order = replace(ORDER, frames=FRAMES, sizes=((run.picture, run.picture),))
    refresh = 1 if run.seconds < 60 else REFRESH
    use_graph = run.graph and device.type == "cuda" and accelerator.num_processes == 1
    step: Step | None = None
    updates, saved = 0, 0.0
    with stage.clips(order) as pool:
        store = FlowStore(pool, order, run.capacity, device)
        held_out = held_out_pairs(run.held_out, device, order)  # while the first clips are painted
        torch.manual_seed(1 + accelerator.process_index)
        for count in stage.steps(
            store, optimizer, average, warmup=200, decay_from=0.1, refresh=refresh
        ):
            if stage.clock.elapsed - saved > SAVE_SECONDS and stage.main:
                saved = stage.clock.elapsed
                stage.log.write(step=count, **_saved(network, average, run.out, held_out))
            early = stage.clock.fraction <= FEW_UPDATES_UNTIL
            wanted = -(-run.updates // 2) if early else run.updates
            if wanted != updates or step is None:
                updates, step = wanted, None  # an older graph gives its memory back first
                step = training_step(model, optimizer, store, batch=run.batch, updates=updates)
                step = Captured(step, (), device) if use_graph else step
                stage.log.write(step=count, updates=updates, graph=use_graph)
            result = step()
            if count % 100 == 0:
                errors = {"painted": result.painted.item(), "layered": result.layered.item()}
                stage.log.write(step=count, clips=store.painted, loss=result.loss.item(), **errors)
    stage.log.write(step=stage.step, clips=store.painted, pairs=stage.step * run.batch)
    figures: dict[str, float] = {}
    if stage.main:
        figures = _saved(network, average, run.out, held_out)
        peers: dict[str, FlowEstimator] = {
            "dis": DisFlow(),
            "farneback": Farneback(),
            "none": NoFlow(),
        }
        figures |= flow_errors(peers, held_out)
    stage.log.write(**figures)
    return figures


def _saved(
    network: Raft, average: MovingAverage, out: Path, held_out: dict[str, FlowPairs]
) -> dict[str, float]:
    """Save the averaged weights, in half precision; their errors on held-out pairs.

    The errors are of a copy: the network in training may be part of a CUDA graph.
    """
    names = [name for name, _ in network.named_parameters()]
    weights = dict(zip(names, average.averages, strict=True))
    half = {name: value.half() for name, value in weights.items()}
    with whole(out / WEIGHTS, TrainingError) as part:
        write_tensors(part, half, {"format": "pt"})
    copy = load_raft(out / WEIGHTS).to(held_out["painted"].first.device)
    return flow_errors({"raft": RaftFlow(copy)}, held_out)
