"""The sizes of ink-mini, and of the toy that tests and rehearsals train on a CPU."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSizes:
    """Channels of every part; `picture` is the side of the training pictures in pixels."""

    picture: int
    latent_channels: int
    autoencoder: tuple[int, ...]
    autoencoder_groups: int
    unet: tuple[int, ...]
    unet_heads: tuple[int, ...]
    unet_groups: int
    motion_heads: int
    text_width: int
    text_layers: int
    text_heads: int
    text_tokens: int
    judge_picture: int
    judge_patch: int
    judge_width: int
    judge_layers: int
    judge_heads: int
    discriminator: int


INK_MINI = ModelSizes(
    picture=256,
    latent_channels=8,
    autoencoder=(32, 64, 128, 160),
    autoencoder_groups=8,
    unet=(48, 80, 160, 192),
    unet_heads=(3, 5, 5, 6),
    unet_groups=16,
    motion_heads=2,
    text_width=192,
    text_layers=4,
    text_heads=6,
    text_tokens=64,
    judge_picture=192,
    judge_patch=16,
    judge_width=192,
    judge_layers=6,
    judge_heads=6,
    discriminator=48,
)

TOY = ModelSizes(
    picture=64,
    latent_channels=8,
    autoencoder=(8, 8, 16, 16),
    autoencoder_groups=4,
    unet=(16, 16, 16, 16),
    unet_heads=(1, 2, 2, 2),
    unet_groups=8,
    motion_heads=2,
    text_width=32,
    text_layers=1,
    text_heads=2,
    text_tokens=64,
    judge_picture=32,
    judge_patch=8,
    judge_width=32,
    judge_layers=1,
    judge_heads=2,
    discriminator=8,
)
