"""The mean of two bases: one that has seen many clips, and one that went on from it on few.

What the second unlearned is mostly still there in the middle, and so is what it learned (Wortsman
et al. 2022, "Robust fine-tuning of zero-shot models").
"""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextModel

from conclvd.errors import TrainingError
from conclvd.pretrain.saving import save_part

PARTS = {"text_encoder": CLIPTextModel, "unet": UNet2DConditionModel}


@torch.no_grad()
def average_bases(first: Path, second: Path, out: Path) -> dict[str, float]:
    """Write text encoder and U-Net halfway between those of two folders into `out`.

    Returns how far apart they are: the length of the difference by the length of `first`'s. Raises
    TrainingError when their weights are not of the same names and shapes.
    """
    apart = {}
    for name, kind in PARTS.items():
        part, other = (kind.from_pretrained(folder / name).float() for folder in (first, second))
        weights, others = part.state_dict(), other.state_dict()
        if {k: v.shape for k, v in weights.items()} != {k: v.shape for k, v in others.items()}:
            raise TrainingError(
                f"{first / name} and {second / name} have other weights and have no mean; give two "
                "bases of which one went on from the other"
            )
        squares = sum((others[key] - weights[key]).square().sum() for key in weights)
        length = sum(weight.square().sum() for weight in weights.values())
        apart[name] = float((squares / length).sqrt())
        for key, weight in weights.items():
            weight.lerp_(others[key], 0.5)
        save_part(part, out / name)
    return apart
