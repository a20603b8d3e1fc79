"""Training ink-mini's autoencoder: pictures to latents of 1/8 the side, and back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import AutoencoderKL
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from conclvd.generate.pixels import to_model_range
from conclvd.pretrain.discriminator import PatchDiscriminator
from conclvd.pretrain.fidelity import psnr, ssim
from conclvd.pretrain.frame_store import FrameStore
from conclvd.pretrain.painting import PaintOrder
from conclvd.pretrain.saving import save_part
from conclvd.pretrain.sizes import ModelSizes
from conclvd.pretrain.stage import Stage, StageRun
from conclvd.train.clock import set_learning_rate
from conclvd.train.ema import MovingAverage


@dataclass(frozen=True, kw_only=True)
class AutoencoderRun(StageRun):
    """Settings of a run.

    `weights` holds a `vae` to go on from, `adversary_from` is the part of the run after which the
    discriminator joins; a painted clip has `frames` pictures.
    """

    sizes: ModelSizes
    batch: int = 32
    peak_rate: float = 6e-4
    capacity: int = 16_000
    first_clips: int = 96
    frames: int = 4
    held_out: int = 64
    kl_weight: float = 1e-7
    gradient_weight: float = 0.5
    squared_weight: float = 10.0
    adversary_from: float = 0.8
    adversary_weight: float = 0.004
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


class Reconstruction(nn.Module):
    """Encode, sample and decode in one call, so that it compiles and runs on many GPUs as one."""

    def __init__(self, autoencoder: AutoencoderKL) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(
        self, pictures: Float[Tensor, "b 3 h w"]
    ) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, ""]]:
        """The decoded pictures, and the Kullback-Leibler divergence to a unit Gaussian."""
        vae = self.autoencoder
        mean, logvar = vae.quant_conv(vae.encoder(pictures)).float().chunk(2, dim=1)
        logvar = logvar.clamp(-30, 20)
        latents = mean + (0.5 * logvar).exp() * torch.randn_like(mean)
        decoded = vae.decoder(vae.post_quant_conv(latents))
        divergence = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(dim=(1, 2, 3)).mean()
        return decoded.float(), divergence


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
    """Mean PSNR in dB and SSIM of decoded pictures."""
    decoded = torch.cat(
        [
            autoencoder.decode(autoencoder.encode(p).latent_dist.mean).sample
            for p in torch.split(pictures, 16)
        ]
    )
    found, wanted = decoded.float().clamp(-1, 1) / 2 + 0.5, pictures / 2 + 0.5
    return {"psnr": psnr(found, wanted).mean().item(), "ssim": ssim(found, wanted).mean().item()}


def train_autoencoder(run: AutoencoderRun) -> dict[str, float]:
    """Train until the time is spent and write `out/vae`; returns the held-out PSNR and SSIM."""
    stage = Stage("autoencoder", run)
    accelerator = stage.accelerator
    vae = new_autoencoder(run.sizes)
    if run.weights is not None:
        vae = AutoencoderKL.from_pretrained(run.weights / "vae", torch_dtype=torch.float32).train()
    adversary = PatchDiscriminator(run.sizes.discriminator)
    layout = torch.channels_last if stage.device.type == "cuda" else torch.contiguous_format
    vae.to(stage.device, memory_format=layout)
    average = MovingAverage(vae.parameters())
    optimizer = stage.adamw(vae.parameters(), betas=(0.9, 0.99), weight_decay=1e-4)
    critic_optimizer = stage.adamw(adversary.parameters(), betas=(0.5, 0.9))
    set_learning_rate(critic_optimizer, 3e-4)
    model, critic, optimizer, critic_optimizer = accelerator.prepare(
        Reconstruction(vae), adversary, optimizer, critic_optimizer
    )
    if run.compile:
        model = torch.compile(model)
    order = PaintOrder(frames=run.frames, fps=1.5, size=run.sizes.picture, captions=1)
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
            decoded, divergence = model(pictures)
            closeness = (decoded - pictures).abs().mean()
            loss = (
                closeness
                + run.squared_weight * (decoded - pictures).square().mean()
                + run.gradient_weight * gradient_difference(decoded, pictures)
                + run.kl_weight * divergence
            )
            with_adversary = stage.clock.fraction >= run.adversary_from
            if with_adversary:
                with accelerator.autocast():
                    fooled = -accelerator.unwrap_model(critic)(decoded).float().mean()
                loss = loss + run.adversary_weight * fooled
            stage.descend(loss, vae.parameters(), optimizer)
            if with_adversary:
                critic_optimizer.zero_grad(set_to_none=True)
                real, fake = critic(torch.cat([pictures, decoded.detach()])).float().chunk(2)
                hinge = functional.relu(1 - real).mean() + functional.relu(1 + fake).mean()
                accelerator.backward(hinge)
                critic_optimizer.step()
                critic_optimizer.zero_grad(set_to_none=True)
            if step % 200 == 0:
                stage.log.write(
                    step=step,
                    clips=store.painted,
                    loss=loss.item(),
                    l1=closeness.item(),
                    kl=divergence.item(),
                    critic=hinge.item() if with_adversary else None,
                    **(measure(vae, held_out) if step % 1000 == 0 else {}),
                )
        calibration, _ = store.batch(min(512, 4 * len(store)))
    average.swap()
    vae.eval().float()
    normalize_latents(vae, calibration)
    result = measure(vae, held_out)
    stage.log.write(step=stage.step, clips=store.painted, pictures=stage.step * run.batch, **result)
    if stage.main:
        save_part(vae, run.out / "vae")
    return result
