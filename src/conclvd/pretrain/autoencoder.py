"""Training ink-mini's autoencoder: pictures to latents of a sixteenth of the side, and back.

Squared errors prefer a grey to a stroke that is a pixel off, so an adversary decides how strokes
look: the decoder may draw them anew.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import torch
from diffusers import AutoencoderKL
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from conclvd.generate.pixels import to_model_range
from conclvd.pretrain.adversary import Adversary, balanced, fooling_loss, telling_loss
from conclvd.pretrain.fidelity import gradient_ratio, psnr, ssim
from conclvd.pretrain.frame_store import FrameStore
from conclvd.pretrain.painting import PaintOrder
from conclvd.pretrain.saving import save_part
from conclvd.pretrain.sizes import ModelSizes
from conclvd.pretrain.stage import Stage, StageRun
from conclvd.train.clock import set_learning_rate
from conclvd.train.ema import MovingAverage

ADVERSARY_RATE = 3e-4
STROKE_SCALES = (1, 2, 4)  # pixels


@dataclass(frozen=True, kw_only=True)
class AutoencoderRun(StageRun):
    """Settings of a run.

    `weights` holds a `vae` to go on from. After the part `adversary_from` of the run the adversary
    joins; its gradient has `adversary_share` of the length of the other. `small_weight` is that of
    latents at half the size, which shall decode to the picture at half the size: a U-Net learns
    such latents better (Kouzelis et al. 2025). `frozen` keeps the encoder as it is, for a base that
    has learned its latents. A painted clip has `frames` pictures.
    """

    sizes: ModelSizes
    batch: int = 8
    peak_rate: float = 6e-4
    capacity: int = 16_000
    first_clips: int = 96
    frames: int = 2
    held_out: int = 64
    kl_weight: float = 1e-7
    gradient_weight: float = 0.5
    squared_weight: float = 4.0
    small_weight: float = 0.25
    adversary_from: float = 0.2
    adversary_share: float = 0.5
    frozen: bool = False
    compile: bool = True


def new_autoencoder(sizes: ModelSizes) -> AutoencoderKL:
    """An untrained autoencoder in Stable Diffusion's architecture, without mid-block attention."""
    levels = len(sizes.autoencoder)
    return AutoencoderKL(
        block_out_channels=sizes.autoencoder,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        layers_per_block=1,
        latent_channels=sizes.latent_channels,
        norm_num_groups=sizes.autoencoder_groups,
        mid_block_add_attention=False,
        sample_size=sizes.picture,
        scaling_factor=1.0,
    )


class Decoded(NamedTuple):
    """What became of a batch of pictures.

    `small` is decoded from latents at half the size, `divergence` the Kullback-Leibler divergence
    of the latents to a unit Gaussian.
    """

    pictures: Float[Tensor, "b 3 h w"]
    small: Float[Tensor, "b 3 h/2 w/2"]
    divergence: Float[Tensor, ""]


class Reconstruction(nn.Module):
    """Encode, sample and decode in one call, so that it compiles and runs on many GPUs as one."""

    def __init__(self, autoencoder: AutoencoderKL) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, pictures: Float[Tensor, "b 3 h w"]) -> Decoded:
        """What becomes of these pictures."""
        vae = self.autoencoder
        mean, logvar = vae.quant_conv(vae.encoder(pictures)).float().chunk(2, dim=1)
        logvar = logvar.clamp(-30, 20)
        latents = mean + (0.5 * logvar).exp() * torch.randn_like(mean)
        decoded, small = (
            vae.decoder(vae.post_quant_conv(each)).float()
            for each in (latents, functional.avg_pool2d(latents, 2))
        )
        divergence = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(dim=(1, 2, 3)).mean()
        return Decoded(decoded, small, divergence)


def gradient_difference(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean absolute difference of the pictures' horizontal and vertical gradients: edges."""
    across = (found.diff(dim=-1) - wanted.diff(dim=-1)).abs().mean()
    down = (found.diff(dim=-2) - wanted.diff(dim=-2)).abs().mean()
    return across + down


@torch.no_grad()
def normalize_latents(autoencoder: AutoencoderKL, pictures: Float[Tensor, "b 3 h w"]) -> None:
    """Fold each latent channel's mean and deviation into the 1 x 1 convolutions around it.

    Afterwards the latents of `pictures` have mean 0 and deviation 1 in every channel, what
    diffusion wants, with a scaling factor of 1; decoded pictures do not change.
    """
    means = torch.cat([autoencoder.encode(p[None]).latent_dist.mean for p in pictures])
    mean, deviation = means.mean((0, 2, 3)), means.std((0, 2, 3))
    inward, outward = autoencoder.quant_conv, autoencoder.post_quant_conv
    channels = len(mean)
    outward.bias += outward.weight.flatten(1) @ mean
    outward.weight *= deviation.view(1, -1, 1, 1)
    inward.bias[:channels] = (inward.bias[:channels] - mean) / deviation
    inward.weight[:channels] /= deviation.view(-1, 1, 1, 1)
    inward.bias[channels:] -= 2 * deviation.log()


@torch.no_grad()
def measure(autoencoder: AutoencoderKL, pictures: Float[Tensor, "b 3 h w"]) -> dict[str, float]:
    """Mean PSNR in dB, SSIM and `gradient_ratio` at 1, 2 and 4 pixels of decoded pictures."""
    figures: dict[str, list[Tensor]] = defaultdict(list)
    for part in torch.split(pictures, 8):
        decoded = autoencoder.decode(autoencoder.encode(part).latent_dist.mean).sample
        found, wanted = decoded.float().clamp(-1, 1) / 2 + 0.5, part / 2 + 0.5
        figures["psnr"].append(psnr(found, wanted))
        figures["ssim"].append(ssim(found, wanted))
        for scale in STROKE_SCALES:
            figures[f"strokes_{scale}"].append(gradient_ratio(found, wanted, scale))
    return {name: torch.cat(values).mean().item() for name, values in figures.items()}


def closeness(
    found: Float[Tensor, "b 3 h w"], wanted: Float[Tensor, "b 3 h w"], run: AutoencoderRun
) -> Float[Tensor, ""]:
    """How far decoded pictures are from the painted ones, without the adversary."""
    apart = found - wanted
    return (
        apart.abs().mean()
        + run.squared_weight * apart.square().mean()
        + run.gradient_weight * gradient_difference(found, wanted)
    )


def train_autoencoder(run: AutoencoderRun) -> dict[str, float]:
    """Train until the time is spent and write `out/vae`; returns the held-out PSNR and SSIM."""
    stage = Stage("autoencoder", run)
    accelerator = stage.accelerator
    vae = new_autoencoder(run.sizes)
    if run.weights is not None:
        vae = AutoencoderKL.from_pretrained(run.weights / "vae", torch_dtype=torch.float32).train()
    if run.frozen:
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
    layout = torch.channels_last if stage.device.type == "cuda" else torch.contiguous_format
    vae.to(stage.device, memory_format=layout)
    learning = [weight for weight in vae.parameters() if weight.requires_grad]
    average = MovingAverage(learning)
    optimizer = stage.adamw(learning, betas=(0.9, 0.99), weight_decay=1e-4)
    adversary = Adversary(run.sizes.discriminator)
    adversary_optimizer = stage.adamw(adversary.parameters(), betas=(0.5, 0.9))
    set_learning_rate(adversary_optimizer, ADVERSARY_RATE)
    model, adversary, optimizer, adversary_optimizer = accelerator.prepare(
        Reconstruction(vae), adversary, optimizer, adversary_optimizer
    )
    if run.compile:
        model = torch.compile(model)
    order = PaintOrder(frames=run.frames, fps=1.5, sizes=(run.sizes.square,), captions=1)
    with stage.clips(order) as pool:
        held_out = torch.stack(
            [
                to_model_range(torch.from_numpy(sample.frames[-1]))
                for sample in (pool.take(wait=True) for _ in range(run.held_out))
                if sample is not None
            ]
        ).to(stage.device)
        store = FrameStore(pool, run.capacity, stage.device)
        for step in stage.steps(store, optimizer, average, warmup=200, decay_from=0.5):
            pictures, _ = store.batch(run.batch)
            pictures = pictures.contiguous(memory_format=layout)
            decoded: Decoded = model(pictures)
            seen = decoded.pictures.detach().requires_grad_()
            near = closeness(seen, pictures, run)
            (gradient,) = torch.autograd.grad(near, seen)
            with_adversary = stage.clock.fraction >= run.adversary_from
            if with_adversary:
                with accelerator.autocast():
                    fooled = fooling_loss(accelerator.unwrap_model(adversary)(seen))
                (other,) = torch.autograd.grad(fooled, seen)
                gradient = balanced(gradient, other, run.adversary_share)
            small = closeness(decoded.small, functional.avg_pool2d(pictures, 2), run)
            rest = run.small_weight * small + run.kl_weight * decoded.divergence
            # its gradient at the decoded pictures is the one above
            stage.descend((decoded.pictures * gradient).sum() + rest, learning, optimizer)
            if with_adversary:
                told = telling_loss(adversary(torch.cat([pictures, seen.detach()])))
                stage.descend(told, adversary.parameters(), adversary_optimizer)
            if step % 200 == 0:
                stage.log.write(
                    step=step,
                    clips=store.painted,
                    near=near.item(),
                    small=small.item(),
                    kl=decoded.divergence.item(),
                    adversary=told.item() if with_adversary else None,
                    **(measure(vae, held_out) if step % 1000 == 0 else {}),
                )
        calibration, _ = store.batch(min(128, 4 * len(store)))
    average.swap()
    vae.eval().float()
    if not run.frozen:
        normalize_latents(vae, calibration)
    result = measure(vae, held_out)
    stage.log.write(step=stage.step, clips=store.painted, pictures=stage.step * run.batch, **result)
    if stage.main:
        save_part(vae, run.out / "vae")
    return result
