"""How fast a training step of ink-mini's base is: eager or compiled, by memory layout and batch.

    python benchmarks/base_step.py [--batch 512] [--steps 40] [--toy]

Random latents and tokens; text encoder, U-Net, loss, backward, clipping, AdamW and the moving
average, as `python -m conclvd.train base` does them. Encoding newly painted clips stands apart.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPTextConfig, CLIPTextModel

from conclvd.train.autoencoder import new_autoencoder
from conclvd.train.base import Denoiser, new_scheduler, new_unet
from conclvd.train.ema import MovingAverage
from conclvd.train.latent_store import encode_frames
from conclvd.train.launch import start
from conclvd.train.losses import add_noise, diffusion_loss, min_snr_weights
from conclvd.train.sizes import INK_MINI, TOY, ModelSizes
from report import report

VARIANTS = {
    "eager": (False, False),
    "eager, channels_last": (False, True),
    "compiled": (True, False),
    "compiled, channels_last": (True, True),
}


def random_text_encoder(sizes: ModelSizes) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=3000,
        hidden_size=sizes.text_width,
        intermediate_size=4 * sizes.text_width,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=sizes.text_tokens,
        bos_token_id=0,
        eos_token_id=1,
    )
    return CLIPTextModel(config)


def synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


class Step:
    """One variant's training step, on data drawn anew each time."""

    def __init__(self, sizes: ModelSizes, batch: int, *, compiled: bool, last: bool) -> None:
        self.accelerator = start()
        self.device = self.accelerator.device
        denoiser = Denoiser(random_text_encoder(sizes), new_unet(sizes)).to(self.device)
        if last:
            denoiser.unet.to(memory_format=torch.channels_last)
        self.denoiser, self.batch, self.sizes, self.last = denoiser, batch, sizes, last
        self.average = MovingAverage(denoiser.parameters())
        optimizer = torch.optim.AdamW(denoiser.parameters(), fused=self.device.type == "cuda")
        model, self.optimizer = self.accelerator.prepare(denoiser, optimizer)
        self.model: Callable[..., Tensor] = torch.compile(model) if compiled else model
        self.alphas = new_scheduler().alphas_cumprod.to(self.device)

    def __call__(self) -> Tensor:
        """Make one step; returns its loss."""
        side = self.sizes.picture // 8
        shape = (self.batch, self.sizes.latent_channels, side, side)
        latents = torch.randn(shape, device=self.device)
        tokens = torch.randint(3000, (self.batch, self.sizes.text_tokens), device=self.device)
        steps = torch.randint(len(self.alphas), (self.batch,), device=self.device)
        noise = torch.randn_like(latents)
        noisy = add_noise(latents, noise, self.alphas[steps])
        if self.last:
            noisy = noisy.contiguous(memory_format=torch.channels_last)
        predicted, _ = self.model(noisy, steps, tokens)
        loss = diffusion_loss(predicted, noise, min_snr_weights(self.alphas[steps]))
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.denoiser.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update()
        return loss


def seconds_a_step(step: Step, steps: int) -> tuple[float, float]:
    """Seconds of the first three steps (which compile), and of each of those that follow."""
    began = time.perf_counter()
    for _ in range(3):
        step()
    synchronize()
    warm = time.perf_counter()
    for _ in range(steps):
        step()
    synchronize()
    return warm - began, (time.perf_counter() - warm) / steps


def encoding_seconds(sizes: ModelSizes, clips: int) -> float:
    """Seconds to encode two frames each of so many clips, as a refresh does."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    vae = new_autoencoder(sizes).requires_grad_(False).to(device, memory_format=torch.channels_last)
    frames = torch.randint(0, 255, (clips, 2, sizes.picture, sizes.picture, 3), dtype=torch.uint8)
    for _ in range(2):
        synchronize()
        began = time.perf_counter()
        encode_frames(vae, frames.to(device))
        synchronize()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--toy", action="store_true", help="tiny sizes, for a CPU")
    arguments = parser.parse_args()
    sizes = TOY if arguments.toy else INK_MINI
    figures: dict[str, object] = {"batch": arguments.batch}
    for name in arguments.variants:
        compiled, last = VARIANTS[name]
        step = Step(sizes, arguments.batch, compiled=compiled, last=last)
        if "GFLOP a step" not in figures:
            with FlopCounterMode(display=False) as counter:
                step()
            figures["GFLOP a step"] = counter.get_total_flops() / 1e9
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        first, each = seconds_a_step(step, arguments.steps)
        figures[f"{name}: first 3 steps, s"] = first
        figures[f"{name}: ms a step"] = 1000 * each
        if torch.cuda.is_available():
            figures[f"{name}: peak GiB"] = torch.cuda.max_memory_allocated() / 2**30
        print(name, figures, flush=True)
        del step
        torch.compiler.reset()
    figures["encoding 96 clips, ms"] = 1000 * encoding_seconds(sizes, 96)
    report("base_step", figures)


if __name__ == "__main__":
    main()
