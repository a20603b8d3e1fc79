"""A base in one checkpoint file of the Stable Diffusion 1 family, in the original layout."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel

from conclvd.errors import ModelError
from conclvd.files import sha256_of
from conclvd.models.base import Base
from conclvd.models.diffusers_folder import SETTINGS_FILES, load_scheduler, load_tokenizer
from conclvd.models.source import resolve
from conclvd.tensor_file import model_errors, read_tensors

STABLE_DIFFUSION = "stable-diffusion-v1-5/stable-diffusion-v1-5"
PREFIXES = {
    "unet": "model.diffusion_model.",
    "vae": "first_stage_model.",
    "text_encoder": "cond_stage_model.transformer.",
}


def from_checkpoint(name: str, path: Path, dtype: torch.dtype, vae_dtype: torch.dtype) -> Base:
    """Load the base called `name` out of one file.

    Such a file holds weights only. Its settings and tokenizer are those of the model folder that
    it lies in, as in Stable Diffusion's own repositories, or else Stable Diffusion 1.5's from the
    Hub. Raises ModelError when the file lacks a part or its weights are of other shapes.
    """
    from diffusers.loaders.single_file_utils import create_diffusers_clip_model_from_ldm

    tensors = read_tensors(path)
    for part, prefix in PREFIXES.items():
        if not any(key.startswith(prefix) for key in tensors):
            raise ModelError(
                f"{path} has no {part} (weights called {prefix}...); expected a checkpoint "
                "of the Stable Diffusion 1 family"
            )
    folder = settings_folder(path)
    with model_errors(str(path)):
        where = {"config": str(folder), "local_files_only": True}
        # The converters take what they use out of the dict: each gets its own.
        unet = UNet2DConditionModel.from_single_file(
            dict(tensors), subfolder="unet", torch_dtype=dtype, **where
        )
        vae = AutoencoderKL.from_single_file(
            dict(tensors), subfolder="vae", torch_dtype=vae_dtype, **where
        )
        text_encoder = create_diffusers_clip_model_from_ldm(
            CLIPTextModel, dict(tensors), subfolder="text_encoder", torch_dtype=dtype, **where
        )
    digest = sha256_of(path)
    for part, model in (("unet", unet), ("vae", vae), ("text_encoder", text_encoder)):
        for weight, parameter in model.named_parameters():
            if parameter.is_meta:
                raise ModelError(f"{path} lacks the weight {weight} of its {part}")
    return Base(
        name=name,
        tokenizer=load_tokenizer(folder),
        text_encoder=text_encoder.to(dtype).eval().requires_grad_(False),
        unet=unet.eval().requires_grad_(False),
        vae=vae.eval().requires_grad_(False),
        scheduler=load_scheduler(folder),
        hashes=dict.fromkeys(PREFIXES, digest),
    )


def settings_folder(checkpoint: Path) -> Path:
    """The model folder whose settings belong to `checkpoint`."""
    if (checkpoint.parent / "model_index.json").is_file():
        return checkpoint.parent
    return resolve(STABLE_DIFFUSION, hub_files=SETTINGS_FILES)
