"""What makes generation faster on a CPU, measured on two slow cores; no result depends on it."""

from __future__ import annotations

import ctypes
import sys

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel, UNetMotionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor

from conclvd.generate.halves import run_in_halves
from conclvd.models.attention import VersatileAttention
from conclvd.models.motion import motion_blocks

M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -3, -1  # of glibc's malloc.h
# Newer versions of glibc take any threshold, older ones up to 32 MiB.
THRESHOLDS = (1 << 30, 1 << 25)
PIXELS_AT_ONCE = 512  # so that what one step of the attention touches stays in the cache


class PixelwiseVersatileAttention(VersatileAttention):
    """The same attention, Eq. (6) and (7), computed along the pixels.

    A few frames and few channels a head make matrices of about 8 x 6 x 8, one a pixel and head,
    too small for matrix products and for a softmax over the last axis. With the pixels as the
    last axis every operation runs over hundreds of numbers in a row: 14 ms instead of 50 at
    2,048 pixels, 8 frames and 48 channels, on one core. For inference only.
    """

    def __call__(self, attn: Attention, hidden_states: Tensor, **kwargs: object) -> Tensor:
        """Attend among the frames of tokens [(b h w) n c]."""
        query = attn.to_q(hidden_states) * attn.scale
        key, value = attn.to_k(hidden_states), attn.to_v(hidden_states)
        queries, keys, values = (t.split(PIXELS_AT_ONCE) for t in (query, key, value))
        mixed = [
            _attend(q, k, v, attn.heads) for q, k, v in zip(queries, keys, values, strict=True)
        ]
        output: Tensor = attn.to_out[1](attn.to_out[0](torch.cat(mixed)))
        return output


def _attend(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    """Attention of [pixels n c], frame by frame of the keys."""

    def pixels_last(tokens: Tensor) -> Tensor:  # [n heads c/heads pixels]
        pixels, frames, _ = tokens.shape
        return tokens.view(pixels, frames, heads, -1).permute(1, 2, 3, 0).contiguous()

    query, keys, values = pixels_last(query), pixels_last(key), pixels_last(value)
    weights = torch.stack([(query * key).sum(2) for key in keys]).softmax(0)  # Eq. (6)
    mixed = weights[0, :, :, None] * values[0]
    for weight, value in zip(weights[1:], values[1:], strict=True):
        mixed.addcmul_(weight[:, :, None], value)
    return mixed.permute(3, 0, 1, 2).flatten(2)


def tune_for_cpu(unet: UNet2DConditionModel | UNetMotionModel, vae: AutoencoderKL) -> None:
    """Prepare models for inference on a CPU.

    In channels_last, convolutions are 10 to 30 % faster and decoding takes half; the two halves
    of a guided step and of a pair of frames are computed side by side.
    """
    unet.to(memory_format=torch.channels_last)
    vae.to(memory_format=torch.channels_last)
    for block in motion_blocks(unet):
        for attention in (block.attn1, block.attn2):
            if type(attention.processor) is VersatileAttention:
                attention.set_processor(PixelwiseVersatileAttention())
    run_in_halves(unet, vae.decoder)


def keep_freed_memory() -> None:
    """Let glibc keep freed memory for the next tensor instead of giving it to the system.

    By default it gives back each block over 32 MiB, and gets it again, zeroed page by page: a
    fifth of the time in the U-Net and 40 % in the decoder. It is a setting of the whole process,
    for programs to make, not for a library. Other systems' allocators are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for option in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
        any(mallopt(option, threshold) for threshold in THRESHOLDS)
