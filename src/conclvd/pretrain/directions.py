"""Which way things go, asked of the features beside the picture.

Hardly anything in a single frame depends on 'to the left' or 'to the right', so an encoder that
learns from single frames gives both the same states, and no motion module can obey them. Here it
learns the difference from what the painter knows of the clip, and the U-Net's features keep it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch
from diffusers import UNet2DConditionModel
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

# What goes left or right: elements of these kinds, and the camera as "pan left", "pan right".
GOING: Final = (("boat", "sailboat"), ("geese", "cranes"), ("camera",))
BOAT: Final = 0  # its place among GOING
LEFT, RIGHT, NEITHER = 0, 1, -1
_SIDES: Final = {"left": LEFT, "right": RIGHT, "pan left": LEFT, "pan right": RIGHT}


def directions(attributes: Mapping[str, Any]) -> tuple[int, ...]:
    """LEFT, RIGHT or NEITHER for each of GOING, from `paint.attributes.Attributes.to_dict()`."""
    moves = {element["kind"]: element["motion"] for element in attributes["elements"]}
    moves["camera"] = attributes["camera"]
    return tuple(
        next((_SIDES[moves[kind]] for kind in kinds if moves.get(kind) in _SIDES), NEITHER)
        for kinds in GOING
    )


class DirectionHeads(nn.Module):
    """Reads the directions off every place of what a U-Net's blocks make of a text.

    A motion module sees these features and no text: what they do not tell it cannot obey. For
    training only; the U-Net's forward pass leaves the features here, `forward` takes them.
    """

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        widths = tuple(unet.config.block_out_channels)
        blocks = zip(
            (*unet.down_blocks, unet.mid_block, *unet.up_blocks),
            (*widths, widths[-1], *reversed(widths)),
            strict=True,
        )
        reading = [
            (block, width)
            for block, width in blocks
            if getattr(block, "has_cross_attention", False)
        ]
        self.heads = nn.ModuleList(nn.Conv2d(width, len(GOING), 1) for _, width in reading)
        self._features: list[Tensor] = []
        for block, _ in reading:
            block.register_forward_hook(self._keep)

    def _keep(self, block: nn.Module, inputs: object, output: Tensor | tuple[Tensor, ...]) -> None:
        self._features.append(output if isinstance(output, Tensor) else output[0])

    def forward(self) -> list[Float[Tensor, "b k h w"]]:
        """Logits of RIGHT for each of GOING at every place, a tensor for each block."""
        features, self._features = self._features, []
        return [head(found) for head, found in zip(self.heads, features, strict=True)]


def direction_loss(
    logits: list[Float[Tensor, "b k h w"]], told: Int[Tensor, "b k"]
) -> Float[Tensor, ""]:
    """Mean binary cross-entropy over what goes left or right, every block alike; 0 where nothing
    does.

    A caption may leave out which way: then nothing can be learned from it, and log 2 is lost.
    """
    known = told != NEITHER
    wanted = told.clamp(min=0)[..., None, None]
    losses = torch.stack(
        [
            functional.binary_cross_entropy_with_logits(
                each.float(), wanted.expand_as(each).float(), reduction="none"
            ).mean((2, 3))
            for each in logits
        ]
    ).mean(0)
    return (losses * known).sum() / known.sum().clamp(min=1)


def direction_accuracy(logits: Float[Tensor, "b k"], told: Int[Tensor, "b k"]) -> Float[Tensor, ""]:
    """How often the larger logit is right, over what goes left or right; NaN where nothing does."""
    known = told != NEITHER
    right: Tensor = (logits > 0) == (told == RIGHT)
    return right[known].float().mean()
