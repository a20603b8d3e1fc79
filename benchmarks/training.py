"""Seconds a training step and peak memory, beside a plain diffusers loop, at random weights.

    python benchmarks/training.py                       # SD 1.5's size, batch 1 and 16; a GPU
    python benchmarks/training.py --size toy --steps 3  # the same in a minute, on a CPU

The paper's setting: 8 frames of 256². The peer is diffusers' UNetMotionModel with AnimateDiff's
two attentions, frozen weights in float32 under fp16 autocast, AdamW; it is given its batch on the
device. Ours is the body of `trainer/loop.py` with its stream of samples from cached latents: both
losses, clipping, AdamW, and the moving average where it says so. Every loop has processes of its
own, so that none profits or suffers from another; on a machine with several GPUs ours runs on
all of them too. Peak memory is PyTorch's: allocated, and reserved from the device. While a graph is
replayed, what it works on is reserved but not allocated: compare what is reserved. The 8-bit AdamW
needs bitsandbytes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from conclvd.train.device import new_accelerator
from conclvd.train.settings import TrainSettings, check_settings
from report import report
from training_loops import COMPILED, SIZES, Size, Step, our_loop, plain_loop

WARM_UP, BLOCKS = 5, 3
PEER = "diffusers + AdamW"
# Ours, from the plain loop on: what each setting gives.
VARIANTS: dict[str, dict[str, Any]] = {
    "eager": {"use_ema": False, "cuda_graph": False},
    "graph": {"use_ema": False, "cuda_graph": True},
    "graph, moving average": {"use_ema": True, "cuda_graph": True},
    "graph, checkpointing": {
        "use_ema": False, "cuda_graph": True, "gradient_checkpointing": True
    },
    "graph, 8-bit AdamW": {"use_ema": False, "cuda_graph": True, "use_8bit_adam": True},
    "graph, checkpointing, 8-bit AdamW": {
        "use_ema": False, "cuda_graph": True, "gradient_checkpointing": True, "use_8bit_adam": True
    },
    COMPILED: {"use_ema": False, "cuda_graph": True},
}  # fmt: skip
LOOPS = [PEER, *(name for name in VARIANTS if name != COMPILED)]
ON_SEVERAL = ("eager", "graph")


def timed(step: Step, steps: int, device: torch.device) -> dict[str, float]:
    """Seconds a step, median of blocks of steps, and the last loss."""

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    for _ in range(WARM_UP):
        step()
    seconds = []
    for _ in range(BLOCKS):
        wait()
        started = time.perf_counter()
        for _ in range(max(1, steps // BLOCKS)):
            loss = step()
        wait()
        seconds.append((time.perf_counter() - started) / max(1, steps // BLOCKS))
    found = {"s a step": float(np.median(seconds)), "last loss": float(loss)}
    if device.type == "cuda":
        found["peak GiB"] = torch.cuda.max_memory_allocated() / 2**30
        found["reserved GiB"] = torch.cuda.max_memory_reserved() / 2**30
    return found


def settings_of(name: str, size: Size, clips: int) -> TrainSettings:
    """The settings of a loop; a CPU has no graphs to replay."""
    values = {"train_data_dir": Path(), "report_to": "none", "resolution": 8 * size.side}
    change = dict(VARIANTS.get(name, {}))
    if not torch.cuda.is_available():
        change["cuda_graph"] = False
    return check_settings({**values, "train_batch_size": clips, **change}, name)


def work(name: str, arguments: argparse.Namespace) -> None:
    """Measure one loop in this process (or these), and write what was found."""
    size = SIZES[arguments.size]
    torch.set_float32_matmul_precision("high")
    found: dict[str, object] = {}
    for clips in arguments.batches:
        torch.manual_seed(0)
        settings = settings_of(name, size, clips)
        accelerator = new_accelerator(settings)
        try:
            step = (
                plain_loop(size, settings, accelerator)
                if name == PEER
                else our_loop(name, size, settings, accelerator)
            )
            figures = timed(step, arguments.steps, accelerator.device)
            del step
        except RuntimeError as error:  # out of memory, say: the others go on
            found[f"{clips}"] = str(error).strip().splitlines()[0]
            break
        figures["clips/s"] = clips * accelerator.num_processes / figures["s a step"]
        found[f"{clips}"] = figures
        if accelerator.is_main_process:
            arguments.write.write_text(json.dumps(found), encoding="utf-8")
    if accelerator.is_main_process:
        arguments.write.write_text(json.dumps(found), encoding="utf-8")


def measured(name: str, processes: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """What processes of its own find of a loop."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        launch = ["-m", "torch.distributed.run", "--nproc-per-node", str(processes), "--standalone"]
        command = [
            sys.executable, *(launch if processes > 1 else []), __file__, "--size", arguments.size,
            "--steps", str(arguments.steps), "--batches", *map(str, arguments.batches),
            "--work", name, "--write", str(file),
        ]  # fmt: skip
        ended = subprocess.run(command, check=False, timeout=arguments.timeout)
        if not file.is_file():
            return {"any": f"ended with code {ended.returncode}"}
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", choices=SIZES, default="sd15")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16], help="clips a process")
    parser.add_argument("--steps", type=int, default=18)
    parser.add_argument("--loops", nargs="+", default=LOOPS, help="all but the compiled one")
    parser.add_argument("--timeout", type=float, default=150, help="seconds for a loop")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work, arguments)
        return
    cards = max(1, torch.cuda.device_count())
    runs = [(name, 1) for name in arguments.loops]
    runs += [(name, cards) for name in ON_SEVERAL if cards > 1 and name in arguments.loops]
    figures: dict[str, object] = {"size": arguments.size, "steps": arguments.steps}
    for name, processes in runs:
        try:
            found = measured(name, processes, arguments)
        except subprocess.TimeoutExpired:
            found = {"any": f"took more than {arguments.timeout:.0f} s"}
        where = name if processes == 1 else f"{name}, {processes} GPUs"
        for clips, values in found.items():
            named = values.items() if isinstance(values, dict) else [("failed", values)]
            figures |= {f"{where}, batch {clips}, {what}": value for what, value in named}
        report(f"training-{arguments.size}", figures)  # again after each: nothing is lost


if __name__ == "__main__":
    main()
