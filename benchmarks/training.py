"""Seconds a training step and peak memory, beside a plain diffusers loop, at random weights.

    python benchmarks/training.py                       # SD 1.5's size, batch 1 and 16; a GPU
    python benchmarks/training.py --size toy --steps 3  # the same in a minute, on a CPU

The paper's setting: 8 frames of 256². The peer is diffusers' UNetMotionModel with AnimateDiff's
two attentions, frozen weights in float32 under fp16 autocast, AdamW; it is given its batch on the
device. Ours is the body of `trainer/loop.py` with its stream of samples from cached latents: both
losses, clipping, AdamW, and the moving average where it says so. Every loop has processes of its
own, so that none profits or suffers from another; on a machine with several GPUs ours runs on
all of them too. Peak memory is PyTorch's, what a graph's recording takes included: allocated, and
reserved from the device.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel
from torch import Tensor, nn

from conclvd.models.motion import MotionModule
from conclvd.train.base import new_scheduler
from conclvd.train.ema import MovingAverage
from conclvd.train.losses import add_noise
from conclvd.train.trainer.device import (
    DTYPES,
    new_accelerator,
    new_optimizer,
    precision,
    replays,
)
from conclvd.train.trainer.graph import Replay
from conclvd.train.trainer.masters import Masters
from conclvd.train.trainer.model import build_model
from conclvd.train.trainer.objective import Losses, batch_losses
from conclvd.train.trainer.samples import Batch, Samples, Window, batches, join
from conclvd.train.trainer.settings import TrainSettings, check_settings
from report import report

FRAMES = 8
WARM_UP = 5
BLOCKS = 3
WINDOWS = 32


@dataclass(frozen=True)
class Size:
    """A U-Net of Stable Diffusion's layout, and the latents that go through it."""

    channels: tuple[int, ...]
    layers: int
    text: tuple[int, int]
    side: int
    groups: int

    def unet(self) -> UNet2DConditionModel:
        """An image U-Net with random weights."""
        return UNet2DConditionModel(
            sample_size=self.side,
            block_out_channels=self.channels,
            layers_per_block=self.layers,
            cross_attention_dim=self.text[1],
            attention_head_dim=8,
            norm_num_groups=self.groups,
        )

    def motion(self) -> dict[str, Any]:
        """The settings of a motion module for it."""
        return {
            "block_out_channels": self.channels,
            "motion_layers_per_block": self.layers,
            "motion_norm_num_groups": self.groups,
            "motion_max_seq_length": 32,
        }

    def samples(self, settings: TrainSettings) -> Samples:
        """Samples of random latents with random text, as a cache would give them."""
        rng = np.random.default_rng(0)

        def draw(*shape: int) -> np.ndarray:
            return rng.standard_normal(shape).astype(np.float16)

        latents = (2, FRAMES, 4, self.side, self.side)
        windows = [Window(draw(*latents), (draw(*self.text),)) for _ in range(WINDOWS)]
        empty = draw(*self.text)
        return Samples(windows, empty, settings, diffusion_steps=1000, scaling_factor=0.18215)


SIZES = {
    "sd15": Size((320, 640, 1280, 1280), 2, (77, 768), 32, 32),
    "toy": Size((32, 64, 64, 64), 1, (8, 16), 8, 8),
}
PEER = "diffusers + AdamW"
COMPILED = "graph, compiled feed-forwards"  # compiling takes a minute or two
# Ours, from the plain loop on: what each setting gives.
VARIANTS: dict[str, dict[str, Any]] = {
    "eager": {"use_ema": False, "cuda_graph": False},
    "graph": {"use_ema": False, "cuda_graph": True},
    "graph, moving average": {"use_ema": True, "cuda_graph": True},
    "graph, checkpointing": {
        "use_ema": False, "cuda_graph": True, "gradient_checkpointing": True
    },
    "graph, channels last": {"use_ema": False, "cuda_graph": True},
    COMPILED: {"use_ema": False, "cuda_graph": True},
}  # fmt: skip
LOOPS = [PEER, *(name for name in VARIANTS if name != COMPILED)]
ON_SEVERAL = ("eager", "graph")
Step = Callable[[], Tensor]


def plain_loop(size: Size, settings: TrainSettings, accelerator: Accelerator) -> Step:
    """A step as most scripts have it."""
    device = accelerator.device
    with torch.device(device):
        base, adapter = size.unet(), MotionAdapter(**size.motion())
    unet = UNetMotionModel.from_unet2d(base, adapter).to(device)
    del base, adapter
    unet.requires_grad_(False)
    motion = [p for name, p in unet.named_parameters() if "motion_modules." in name]
    for parameter in motion:
        parameter.requires_grad_(True)
    unet.train()
    forget_peaks(device)
    optimizer = torch.optim.AdamW(motion, lr=settings.learning_rate)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    alphas = new_scheduler().alphas_cumprod.to(device)
    batch = join([size.samples(settings)[i] for i in range(settings.train_batch_size)]).to(device)
    text = batch.states.repeat_interleave(FRAMES, 0)

    def step() -> Tensor:
        noisy = add_noise(batch.latents, batch.noise, alphas[batch.steps]).transpose(1, 2)
        with torch.autocast(device.type, torch.float16, enabled=device.type == "cuda"):
            predicted: Tensor = unet(noisy, batch.steps, text).sample
        loss = nn.functional.mse_loss(predicted.float(), batch.noise.transpose(1, 2))
        torch.autograd.backward(scaler.scale(loss))
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(motion, 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        return loss.detach()

    return step


def our_loop(name: str, size: Size, settings: TrainSettings, accelerator: Accelerator) -> Step:
    """The body of the trainer's loop."""
    device, number = accelerator.device, DTYPES[precision(settings)]
    with torch.device(device):
        model = build_model(
            size.unet(),
            MotionModule(**size.motion()),
            settings,
            noise_size=4 * size.side**2,
            frozen_dtype=number,
        )
    masters = Masters(model, number)
    if "channels last" in name and device.type == "cuda":  # on a CPU, PyTorch 2.13 crashes
        for part in model.unet.children():
            part.to(memory_format=torch.channels_last)
    if name == COMPILED:
        compile_feed_forwards(model)
    forget_peaks(device)
    weights = masters.weights
    average = MovingAverage(weights.values()) if settings.use_ema else None
    optimizer = new_optimizer(weights.values(), settings)
    alphas = new_scheduler().alphas_cumprod.to(device)
    samples = size.samples(settings)

    def run(batch: Batch) -> Losses:
        losses = batch_losses(model, batch, alphas, settings)
        accelerator.backward(losses.total)
        return replace(losses, total=losses.total.detach())

    model.train()
    losses_of: Callable[[Batch], Losses] = run
    if replays(settings):
        losses_of = Replay(run, join([samples[0]] * settings.train_batch_size).to(device))
        masters.clear()
    stream = batches(
        samples,
        0,
        rank=accelerator.process_index,
        ranks=accelerator.num_processes,
        pin_memory=device.type == "cuda",
    )

    def step() -> Tensor:
        losses = losses_of(next(stream).to(device))
        masters.collect()
        masters.step(optimizer, settings.max_grad_norm, accelerator.scaler)
        if average:
            average.update()
        return losses.total.clone()

    return step


def compile_feed_forwards(model: nn.Module) -> None:
    """Let the compiler fuse what is between the feed-forwards' products: half of all kept."""
    from diffusers.models.attention import FeedForward

    torch._dynamo.config.recompile_limit = 64  # one for every size of the U-Net
    for part in model.modules():
        if isinstance(part, FeedForward):
            part.compile(dynamic=False)


def forget_peaks(device: torch.device) -> None:
    """Building a model in float32 is no part of what training takes."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


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
