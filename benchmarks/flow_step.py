"""How long a training step of RAFT-small takes: as it is or as a CUDA graph, by memory layout.

    python benchmarks/flow_step.py [--batch 32] [--updates 12] [--steps 30] [--toy]

Drawing and disturbing the pairs, the network, loss, backward, clipping, AdamW and the moving
average, as `python -m conclvd.pretrain flow` does them; making the pairs alone stands apart.
Painted clips are random here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from conclvd.interpolation.raft import quick_layout, raft_small
from conclvd.pretrain.flow import FRAMES
from conclvd.pretrain.flow_augment import disturbed
from conclvd.pretrain.flow_error import ORDER
from conclvd.pretrain.flow_step import mixed_batch, optimizer_of, training_step
from conclvd.pretrain.flow_store import FlowStore
from conclvd.pretrain.painting import PaintedSample, PaintOrder
from conclvd.pretrain.stage import start
from conclvd.train.captured import Captured
from conclvd.train.ema import MovingAverage
from report import report

CLIPS = 64


def random_clip(order: PaintOrder, seed: int) -> PaintedSample:
    rng = np.random.default_rng(seed)
    side, pairs = order.sizes[0][0], order.frames - 1
    return PaintedSample(
        seed,
        rng.integers(0, 256, (pairs + 1, side, side, 3), np.uint8),
        captions=(),
        mirrored=(),
        attributes={},
        flow=rng.normal(0, 2, (pairs, side, side, 2)).astype(np.float32),
        flow_valid=np.ones((pairs, side, side), np.bool_),
    )


def milliseconds(work: Callable[[], object], steps: int, device: torch.device) -> float:
    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    for _ in range(2):
        work()
    wait()
    started = time.monotonic()
    for _ in range(steps):
        work()
    wait()
    return 1000 * (time.monotonic() - started) / steps


def step_of(
    store: FlowStore, quick: bool, batch: int, updates: int, *, graph: bool
) -> Callable[[], None]:
    """One step of a new network, in the `quick` layout or as it is, and of its average."""
    network = raft_small().train().to(store.device)
    if quick:
        quick_layout(network)
    average = MovingAverage(network.parameters())
    optimizer = optimizer_of(network.parameters(), store.device)
    step = training_step(network, optimizer, store, batch=batch, updates=updates)
    used = Captured(step, (), store.device) if graph else step

    def work() -> None:
        used()
        average.update()

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--batch", type=int, default=32, help="pairs")
    parser.add_argument("--updates", type=int, default=12)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--toy", action="store_true", help="tiny sizes, for a CPU")
    arguments = parser.parse_args()
    if arguments.toy:
        arguments.batch, arguments.updates, arguments.steps = 2, 2, 2
    device = start(half=False).device
    torch.backends.cudnn.benchmark = True
    order = replace(ORDER, frames=FRAMES, sizes=((128, 128),) if arguments.toy else ORDER.sizes)
    store = FlowStore(None, order, CLIPS, device)
    for seed in range(CLIPS):
        store.put(random_clip(order, seed))
    name = f"batch {arguments.batch}, {arguments.updates} updates"
    figures: dict[str, object] = {}

    def make() -> object:
        return disturbed(mixed_batch(store, arguments.batch))

    figures["ms, the pairs alone, as they are"] = milliseconds(make, arguments.steps, device)
    for quick in (False, True):
        for graph in (False, True):
            layout = "channels_last" if quick else "contiguous"
            key = f"ms a step, {name}, {layout}, {'CUDA graph' if graph else 'as it is'}"
            if graph and device.type != "cuda":
                figures[key] = "no GPU"
                continue
            work = step_of(store, quick, arguments.batch, arguments.updates, graph=graph)
            figures[key] = milliseconds(work, arguments.steps, device)
            if device.type == "cuda":
                figures[f"GB, {key}"] = torch.cuda.max_memory_reserved() / 1e9
    report("flow_step", figures)


if __name__ == "__main__":
    main()
