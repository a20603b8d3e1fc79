"""A base in diffusers layout: one folder a part, settings as JSON, weights as safetensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from conclvd.errors import ModelError
from conclvd.files import sha256_of
from conclvd.models.base import Base
from conclvd.models.source import MOTION
from conclvd.models.vocabulary import read_vocabulary
from conclvd.tensor_file import model_errors

# The parts of a base, and the names that the settings file of each may have.
SETTINGS: dict[str, tuple[str, ...]] = {
    "tokenizer": ("tokenizer.json", "vocab.json"),
    "text_encoder": ("config.json",),
    "unet": ("config.json",),
    "vae": ("config.json",),
    "scheduler": ("scheduler_config.json",),
}
# The parts that have weights, and what those files are called before the suffix.
WEIGHTS = {
    "text_encoder": "model",
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
}
VOCABULARY = "vocabulary.json"
SETTINGS_FILES = ("model_index.json", "*/config.json", "scheduler/*.json", "tokenizer/*")
HUB_FILES = (
    *SETTINGS_FILES,
    VOCABULARY,
    f"{MOTION}/diffusion_pytorch_model.safetensors",
    *(f"{part}/{stem}.safetensors" for part, stem in WEIGHTS.items()),
    *(f"{part}/{stem}-0*.safetensors" for part, stem in WEIGHTS.items()),
    *(f"{part}/{stem}.safetensors.index.json" for part, stem in WEIGHTS.items()),
)


def from_folder(name: str, folder: Path, dtype: torch.dtype, vae_dtype: torch.dtype) -> Base:
    """Load the base called `name` from its folder; nothing is downloaded.

    Raises ModelError that names the part which is missing, broken or of another kind.
    """
    check_folder(folder)
    motion, vocabulary = folder / MOTION, folder / VOCABULARY
    return Base(
        name=name,
        tokenizer=load_tokenizer(folder),
        text_encoder=load_weights(CLIPTextModel, folder / "text_encoder", dtype),
        unet=load_weights(UNet2DConditionModel, folder / "unet", dtype),
        vae=load_autoencoder(folder, vae_dtype),
        scheduler=load_scheduler(folder),
        hashes={part: sha256_of(*weight_files(folder / part)) for part in WEIGHTS},
        motion=motion if motion.is_dir() else None,
        vocabulary=read_vocabulary(vocabulary) if vocabulary.is_file() else None,
    )


def check_folder(folder: Path) -> None:
    """Raise ModelError that names the first part that `folder` lacks or has of another kind."""
    if (folder / "text_encoder_2").is_dir():
        raise ModelError(
            f"{folder} is a Stable Diffusion XL model; use one of the Stable Diffusion 1 family"
        )
    for part, names in SETTINGS.items():
        if not (folder / part).is_dir():
            raise ModelError(
                f"{folder} has no {part}/; a model folder holds {', '.join(SETTINGS)} "
                "(diffusers layout)"
            )
        if not any((folder / part / name).is_file() for name in names):
            raise ModelError(f"{folder / part} has no {' or '.join(names)}")
        if part in WEIGHTS and not weight_files(folder / part):
            raise ModelError(f"{folder / part} has no weights ({WEIGHTS[part]}.safetensors)")
    config = folder / "unet" / "config.json"
    with model_errors(str(config)):
        found = json.loads(config.read_text(encoding="utf-8")).get("_class_name")
    if found != "UNet2DConditionModel":
        raise ModelError(
            f"{folder / 'unet'} is a {found}; the base must be an image model of the Stable "
            "Diffusion 1 family (UNet2DConditionModel)"
        )


def weight_files(part: Path) -> list[Path]:
    """The weights of one part, whole or in shards; a pickle only where there is nothing else."""
    stem = WEIGHTS[part.name]
    whole = part / f"{stem}.safetensors"
    if whole.is_file():
        return [whole]
    shards = sorted(part.glob(f"{stem}-*-of-*.safetensors"))
    if shards:
        return shards
    # Both libraries read pickles with weights_only=True: nothing in them runs.
    pickles = [part / f"{stem}.bin", part / "pytorch_model.bin"]
    return [path for path in pickles if path.is_file()]


def load_tokenizer(folder: Path) -> CLIPTokenizer:
    """The tokenizer of a model folder."""
    with model_errors(str(folder / "tokenizer")):
        return CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)


def load_scheduler(folder: Path) -> DDIMScheduler:
    """The noise schedule of a model folder, whatever sampler it was saved for."""
    with model_errors(str(folder / "scheduler")):
        return DDIMScheduler.from_pretrained(folder / "scheduler", local_files_only=True)


def load_autoencoder(folder: Path, dtype: torch.dtype = torch.float32) -> AutoencoderKL:
    """The autoencoder of a model folder."""
    return load_weights(AutoencoderKL, folder / "vae", dtype)


def load_weights(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    """A model of the class `kind`, for inference; ModelError when it lacks some of its weights."""
    with model_errors(str(folder)):
        model, report = kind.from_pretrained(
            folder, dtype=dtype, local_files_only=True, output_loading_info=True
        )
    missing = [*report["missing_keys"], *report["mismatched_keys"]]
    if missing:
        raise ModelError(
            f"{folder} cannot be loaded: {len(missing)} of its weights are missing or of another "
            f"shape than config.json says, the first is {missing[0]}"
        )
    return model.eval().requires_grad_(False)
