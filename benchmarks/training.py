"""Seconds a training step and peak memory, beside a plain diffusers loop, at random weights.

    python benchmarks/training.py [--size sd15|toy] [--batch 1] [--steps 30]
    accelerate launch benchmarks/training.py --batch 16        # several GPUs

The paper's setting: 8 frames of 256². The peer is diffusers' UNetMotionModel with AnimateDiff's
two attentions, frozen weights in float32 under fp16 autocast, AdamW. Both are given latents and
text states, so that neither encodes. What is timed of ours is the body of `trainer/loop.py`:
losses of both terms, clipping, AdamW, the moving average where it is on.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel
from torch import Tensor

from conclvd.models.motion import MotionModule
from conclvd.train.base import new_scheduler
from conclvd.train.ema import MovingAverage
from conclvd.train.losses import add_noise
from conclvd.train.trainer.device import (
    DTYPES,
    graphed,
    new_accelerator,
    new_optimizer,
    precision,
)
from conclvd.train.trainer.model import build_model, learning
from conclvd.train.trainer.objective import batch_losses
from conclvd.train.trainer.samples import Batch
from conclvd.train.trainer.settings import TrainSettings, check_settings
from report import report

FRAMES = 8
WARM_UP = 5


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

    def batch(self, clips: int, device: torch.device) -> Batch:
        """Random latents, noise and text."""
        shape = (clips, FRAMES, 4, self.side, self.side)
        return Batch(
            torch.randn(shape),
            torch.randn(shape),
            torch.randint(1000, (clips,)),
            torch.randn(clips, *self.text),
        ).to(device)


SIZES = {
    "sd15": Size((320, 640, 1280, 1280), 2, (77, 768), 32, 32),
    "toy": Size((32, 64, 64, 64), 1, (8, 16), 8, 8),
}
# Ours, from the plain loop on: what each setting gives.
VARIANTS: dict[str, dict[str, Any]] = {
    "ours": {"use_ema": False},
    "ours, moving average": {"use_ema": True},
    "ours, gradient checkpointing": {"use_ema": False, "gradient_checkpointing": True},
    "ours, CUDA graph": {"use_ema": False, "cuda_graph": True},
}


def timed(step: Callable[[], object], steps: int, device: torch.device) -> tuple[float, float]:
    """Median seconds of a step, and the peak of the device's memory in GiB (0 on a CPU)."""
    cuda = device.type == "cuda"
    for _ in range(WARM_UP):
        step()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    seconds = []
    for _ in range(steps):
        if cuda:
            torch.cuda.synchronize()
        started = time.perf_counter()
        step()
        if cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    peak = torch.cuda.max_memory_allocated() / 2**30 if cuda else 0.0
    return statistics.median(seconds), peak


def plain_loop(size: Size, batch: Batch, device: torch.device) -> Callable[[], object]:
    """A step as most scripts have it."""
    torch.manual_seed(0)
    unet = UNetMotionModel.from_unet2d(size.unet(), MotionAdapter(**size.motion())).to(device)
    unet.requires_grad_(False)
    motion = [p for name, p in unet.named_parameters() if "motion_modules." in name]
    for parameter in motion:
        parameter.requires_grad_(True)
    unet.train()
    optimizer = torch.optim.AdamW(motion, lr=1e-5)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    alphas = new_scheduler().alphas_cumprod.to(device)
    text = batch.states.repeat_interleave(FRAMES, 0)

    def step() -> None:
        noisy = add_noise(batch.latents, batch.noise, alphas[batch.steps]).transpose(1, 2)
        with torch.autocast(device.type, torch.float16, enabled=device.type == "cuda"):
            predicted: Tensor = unet(noisy, batch.steps, text).sample
        loss = torch.nn.functional.mse_loss(predicted.float(), batch.noise.transpose(1, 2))
        torch.autograd.backward(scaler.scale(loss))
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(motion, 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()

    return step


def our_loop(size: Size, batch: Batch, settings: TrainSettings) -> Callable[[], object]:
    """The body of the trainer's loop."""
    torch.manual_seed(0)
    accelerator = new_accelerator(settings)
    device = accelerator.device
    bare = build_model(
        size.unet(),
        MotionModule(**size.motion()),
        settings,
        noise_size=4 * size.side**2,
        frozen_dtype=DTYPES[precision(settings)],
    ).to(device)
    weights = learning(bare)
    average = MovingAverage(weights.values()) if settings.use_ema else None
    model, optimizer = accelerator.prepare(bare, new_optimizer(weights.values(), settings))
    model.train()
    if settings.cuda_graph:
        model = graphed(model, (batch.latents, batch.steps, batch.states))
    alphas = new_scheduler().alphas_cumprod.to(device)

    def step() -> None:
        losses = batch_losses(model, batch, alphas, settings)
        accelerator.backward(losses.total)
        accelerator.clip_grad_norm_(weights.values(), settings.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=not settings.cuda_graph)
        if average:
            average.update()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", choices=SIZES, default="sd15")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--steps", type=int, default=30)
    arguments = parser.parse_args()
    size = SIZES[arguments.size]
    torch.set_float32_matmul_precision("high")
    values = {"train_data_dir": Path(), "report_to": "none", "resolution": 8 * size.side}
    accelerator = new_accelerator(check_settings(values, "benchmark"))
    device, processes = accelerator.device, accelerator.num_processes
    batch = size.batch(arguments.batch, device)
    figures: dict[str, object] = {"size": arguments.size, "batch": arguments.batch}
    figures["processes"] = processes
    loops: dict[str, Callable[[], Callable[[], object]]] = {}
    if processes == 1:
        loops["diffusers + AdamW"] = lambda: plain_loop(size, batch, device)
    for name, change in VARIANTS.items():
        if change.get("cuda_graph") and (device.type != "cuda" or processes > 1):
            continue
        given = check_settings({**values, **change}, name)
        loops[name] = lambda given=given: our_loop(size, batch, given)  # type: ignore[misc]
    for name, build in loops.items():
        seconds, peak = timed(build(), arguments.steps, device)
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()
        figures[f"{name}, s a step"] = seconds
        figures[f"{name}, clips/s"] = arguments.batch * processes / seconds
        if peak:
            figures[f"{name}, peak GiB"] = peak
    if accelerator.is_main_process:
        report(f"training-{arguments.size}-{arguments.batch}x{processes}", figures)


if __name__ == "__main__":
    main()
