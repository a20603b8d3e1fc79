"""A frozen base: what the motion module is added to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from conclvd.errors import ModelError
from conclvd.models.vocabulary import Vocabulary


@dataclass(frozen=True)
class Base:
    """A frozen latent diffusion model, its parts on the CPU and in evaluation mode.

    `hashes` are the sha256 of the weights of each part. `motion` is the folder of the motion
    module that comes with the model, None when it has none; `vocabulary` likewise.
    """

    name: str
    tokenizer: CLIPTokenizer
    text_encoder: CLIPTextModel
    unet: UNet2DConditionModel
    vae: AutoencoderKL
    scheduler: DDIMScheduler
    hashes: dict[str, str]
    motion: Path | None = None
    vocabulary: Vocabulary | None = None

    @property
    def pixels_per_latent(self) -> int:
        """How many pixels a side one latent stands for; 8 in Stable Diffusion."""
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def native_size(self) -> int:
        """The side in pixels of the pictures that the U-Net was trained on."""
        size: int = self.unet.config.sample_size
        return size * self.pixels_per_latent


def check_fit(base: Base) -> None:
    """Raise ModelError when the parts of `base` are of different models."""
    latent, taken = base.vae.config.latent_channels, base.unet.config.in_channels
    if taken != latent:
        raise ModelError(
            f"the U-Net of {base.name} takes {taken} channels, but its autoencoder makes {latent}; "
            "inpainting and upscaling models cannot be used"
        )
    width, wanted = base.text_encoder.config.hidden_size, base.unet.config.cross_attention_dim
    if width != wanted:
        raise ModelError(
            f"the U-Net of {base.name} wants text of width {wanted}, but its text encoder gives "
            f"{width}; use a model of the Stable Diffusion 1 family"
        )
