"""What trains on clips: a video U-Net with a noise adapter behind it."""

from __future__ import annotations

import torch
from diffusers import UNetMotionModel
from jaxtyping import Float, Int
from torch import Tensor, nn

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


def to_format(unet: UNetMotionModel, dtype: torch.dtype) -> None:
    """Let a U-Net compute in `dtype`: its weights, and the frame positions among its buffers.

    Not by its own `to`, which warns of layers that should stay in float32 and names none.
    """
    for part in unet.children():
        part.to(dtype)


def learning(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that learn, by name, in a fixed order."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}
