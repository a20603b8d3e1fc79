"""A motion LoRA: low-rank additions to the attentions of the motion module, by PEFT."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import UNetMotionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor

from conclvd.errors import TrainingError
from conclvd.files import whole
from conclvd.models.attention import AbsentAttention, SparseCausalAttention
from conclvd.models.motion import MotionModule
from conclvd.tensor_file import write_tensors

NAME = "motion"
FILE = "pytorch_lora_weights.safetensors"


def add_lora(unet: UNetMotionModel, rank: int, seed: int) -> None:
    """Add a LoRA of `rank` to every projection of the motion modules' attentions.

    `check_device` finds whether PEFT is installed.
    """
    from peft import LoraConfig

    targets = [
        f"{name}.{layer}"
        for name, attention in unet.named_modules()
        if ".motion_modules." in name and isinstance(attention, Attention)
        for layer in acting_layers(attention)
    ]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        unet.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=targets), NAME)
    for name, parameter in unet.named_parameters():
        if f".{NAME}." in name:
            parameter.data = parameter.data.float()


def acting_layers(attention: Attention) -> tuple[str, ...]:
    """The projections of an attention that can change its output."""
    if isinstance(attention.processor, AbsentAttention):
        return ()
    if isinstance(attention.processor, SparseCausalAttention):
        return ("to_v", "to_out.0")
    return ("to_q", "to_k", "to_v", "to_out.0")


def save_lora(unet: UNetMotionModel, folder: Path) -> None:
    """Write the LoRA as `pipeline.load_lora_weights` of diffusers reads it."""
    from peft import get_peft_model_state_dict

    weights = get_peft_model_state_dict(unet, adapter_name=NAME)
    named = {f"unet.{name}": value for name, value in weights.items()}
    folder.mkdir(parents=True, exist_ok=True)
    with whole(folder / FILE, TrainingError) as part:
        write_tensors(part, named, {"format": "pt"})


def merged_weights(unet: UNetMotionModel, module: MotionModule) -> dict[str, Tensor]:
    """The weights of `module`, from which it started, with the LoRA of `unet` worked in."""
    merged: dict[str, Tensor] = {}
    layers = dict(unet.named_modules())
    for name, value in module.state_dict().items():
        owner, _, kind = name.rpartition(".")
        layer = layers[owner]
        merged[name] = value
        if hasattr(layer, "get_delta_weight") and kind == "weight":
            merged[name] = value + layer.get_delta_weight(NAME).detach().to(value)
    return merged
