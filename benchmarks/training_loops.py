"""A training step of a plain diffusers loop, and of the trainer: what `training.py` times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel
from torch import Tensor, nn

from conclvd.models.motion import MotionModule
from conclvd.pretrain.base import new_scheduler
from conclvd.train.captured import Captured
from conclvd.train.device import DTYPES, new_optimizer, precision, replays
from conclvd.train.ema import MovingAverage
from conclvd.train.losses import add_noise
from conclvd.train.masters import Masters
from conclvd.train.model import build_model, keep_transposed
from conclvd.train.objective import Losses, batch_losses
from conclvd.train.samples import Batch, Samples, Window, batches, join
from conclvd.train.settings import TrainSettings

FRAMES = 8
WINDOWS = 32
COMPILED = "graph, compiled feed-forwards"  # compiling takes a minute or two


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
    if device.type == "cuda" and number != torch.float32:
        keep_transposed(model.unet)
    if name == COMPILED:
        compile_feed_forwards(model)
    forget_peaks(device)
    weights = masters.weights
    average = MovingAverage(weights.values()) if settings.use_ema else None
    optimizer = new_optimizer(weights.values(), settings)
    alphas = new_scheduler().alphas_cumprod.to(device)
    samples = size.samples(settings)

    def run(*parts: Tensor) -> Losses:
        losses = batch_losses(model, Batch(*parts), alphas, settings, settings.lambda_con)
        accelerator.backward(losses.total)
        return replace(losses, total=losses.total.detach())

    model.train()
    losses_of: Callable[..., Losses] = run
    if replays(settings):
        example = join([samples[0]] * settings.train_batch_size).to(device)
        losses_of = Captured(run, example, device)
        masters.clear()
    stream = batches(
        samples,
        0,
        rank=accelerator.process_index,
        ranks=accelerator.num_processes,
        pin_memory=device.type == "cuda",
    )

    def step() -> Tensor:
        losses = losses_of(*next(stream).to(device))
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
