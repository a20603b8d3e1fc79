"""The model that trains: frozen base in half precision, motion module and adapter in float32."""

from __future__ import annotations

from functools import partial

import torch
from diffusers import UNet2DConditionModel, UNetMotionModel
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from diffusers.models.unets.unet_motion_model import AnimateDiffTransformer3D
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from conclvd.errors import TrainingError
from conclvd.models.motion import MotionModule, attach, attention_kinds
from conclvd.models.noise_adapter import NoiseAdapter
from conclvd.train.settings import TrainSettings
from conclvd.train.video_denoiser import VideoDenoiser, freeze

# What is computed again rather than kept. Residual blocks are not: for the time that it takes to
# compute them again they keep a quarter of what these do.
CHECKPOINTED = (AnimateDiffTransformer3D, Transformer2DModel)
WIDE = 1280  # channels of Stable Diffusion 1.5's inner levels: the weights outweigh the pictures


def build_model(
    unet: UNet2DConditionModel,
    module: MotionModule,
    settings: TrainSettings,
    *,
    noise_size: int,
    frozen_dtype: torch.dtype,
) -> VideoDenoiser:
    """Base, motion module and noise adapter as one model, with gradients where it shall learn.

    `noise_size` is how many numbers a frame's latents have. The base's weights are in
    `frozen_dtype`, all others in float32.
    """
    check_frames(module, settings)
    video = attach(unet, module)
    freeze(video, attention_kinds(module), lora=settings.rank > 0)
    for parameter in video.parameters():
        if not parameter.requires_grad:
            parameter.data = parameter.data.to(frozen_dtype)
    if settings.rank:
        from conclvd.train.lora import add_lora

        add_lora(video, settings.rank, settings.seed)
    if settings.gradient_checkpointing:
        checkpoint_activations(video)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed + 1)
        adapter = NoiseAdapter(
            noise_size, settings.adapter_hidden_size, settings.adapter_embedding_size
        )
    return VideoDenoiser(video, adapter)


def check_frames(module: MotionModule, settings: TrainSettings) -> None:
    """Raise TrainingError when the module has too few frame positions."""
    most = int(module.config.motion_max_seq_length)
    if settings.num_frames > most:
        raise TrainingError(
            f"the motion module has {most} frame positions, found num_frames "
            f"{settings.num_frames}; train on at most {most} frames"
        )


def checkpoint_activations(unet: UNetMotionModel) -> None:
    """Compute attentions and motion layers again in the backward pass rather than keep what is
    inside them.

    diffusers' own switch leaves these out, which keep the most. None draws random numbers, so none
    need be restored.
    """
    for part in unet.modules():
        if isinstance(part, CHECKPOINTED):
            part.forward = partial(
                checkpoint, part.forward, use_reentrant=False, preserve_rng_state=False
            )


def keep_transposed(unet: UNetMotionModel, channels: int = WIDE) -> None:
    """Store frozen convolutions of that many channels, in or out, as cuDNN multiplies them.

    In half precision it works in channels_last and would transpose the weights at every pass.
    What comes out is laid out as before: in all other layers channels_last takes longer.
    """
    for part in unet.modules():
        if not isinstance(part, nn.Conv2d) or part.weight.requires_grad:
            continue
        if max(part.in_channels, part.out_channels) >= channels:
            weight = part.weight.data
            part.weight.data = weight.contiguous(memory_format=torch.channels_last)
            part.register_forward_hook(_contiguous)


def _contiguous(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
    return output.contiguous()
