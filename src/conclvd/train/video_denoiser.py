"""What trains on clips: a video U-Net with a noise adapter behind it."""

from __future__ import annotations

import torch
from diffusers import UNetMotionModel
from jaxtyping import Float, Int
from torch import Tensor, nn

from conclvd.models.attention import ABSENT, SPARSE_CAUSAL
from conclvd.models.motion import motion_blocks
from conclvd.models.noise_adapter import NoiseAdapter


class VideoDenoiser(nn.Module):
    """Video U-Net and noise adapter in one call."""

    def __init__(self, unet: UNetMotionModel, adapter: NoiseAdapter) -> None:
        super().__init__()
        self.unet, self.adapter = unet, adapter

    def forward(
        self,
        noisy: Float[Tensor, "b n c h w"],
        steps: Int[Tensor, b],
        states: Float[Tensor, "b l d"],
    ) -> tuple[Float[Tensor, "b n c h w"], Float[Tensor, "b n e"]]:
        """The predicted noise of every frame, and its embedding, both in float32.

        The U-Net computes in the number format of its weights.
        """
        number = self.unet.conv_in.weight.dtype
        noisy = noisy.transpose(1, 2).to(number)
        states = states.to(number).repeat_interleave(noisy.shape[2], dim=0)
        predicted = self.unet(noisy, steps, encoder_hidden_states=states).sample
        predicted = predicted.transpose(1, 2).float()
        return predicted, self.adapter(predicted)


def freeze(unet: UNetMotionModel, kinds: tuple[str, ...], *, lora: bool = False) -> None:
    """Leave gradients to the motion module's weights that can act, or, for a LoRA, to none.

    The query and key of a sparse-causal attention cannot act (Eq. 8), an absent one not at all.
    """
    for name, parameter in unet.named_parameters():
        parameter.requires_grad_("motion_modules." in name and not lora)
    for block in motion_blocks(unet):
        for attention, kind in zip((block.attn1, block.attn2), kinds[:2], strict=True):
            if kind == SPARSE_CAUSAL:
                attention.to_q.requires_grad_(False)
                attention.to_k.requires_grad_(False)
        if kinds[1] == ABSENT:
            block.attn2.requires_grad_(False)
            block.norm2.requires_grad_(False)


def to_format(model: nn.Module, dtype: torch.dtype) -> None:
    """Let a model compute in `dtype`: its weights, and the frame positions among its buffers.

    A noise adapter, which reads float32, stays as it is. Not by diffusers' own `to`, which warns of
    layers that should stay in float32 and names none.
    """
    if isinstance(model, NoiseAdapter):
        return
    own = (*model.parameters(recurse=False), *model.buffers(recurse=False))
    for tensor in (each for each in own if each.is_floating_point()):
        tensor.data = tensor.data.to(dtype)
    for part in model.children():
        to_format(part, dtype)


def learning(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that learn, by name, in a fixed order."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}
