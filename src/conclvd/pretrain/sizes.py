"""The sizes of ink-mini, and of the toy that tests and rehearsals train on a CPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Size: TypeAlias = tuple[int, int]
"""Width and height of a picture in pixels."""


@dataclass(frozen=True)
class ModelSizes:
    """Channels of every part, and the pictures that they are trained on.

    `picture` is the side of a square one, `scrolls` the sizes of the other formats. All have nearly
    as many latents as the square.
    """

    picture: int
    scrolls: tuple[Size, ...]
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

    @property
    def square(self) -> Size:
        """The size of a square picture."""
        return self.picture, self.picture

    @property
    def pictures(self) -> tuple[Size, ...]:
        """All sizes of pictures, the square first."""
        return self.square, *self.scrolls

    @property
    def painted(self) -> tuple[Size, ...]:
        """The sizes as often as they are painted: the square as often as all others together."""
        return (*(self.square,) * len(self.scrolls), *self.scrolls)

    @property
    def cell(self) -> int:
        """Pixels along the side of a latent."""
        return int(2 ** (len(self.autoencoder) - 1))

    def latent(self, size: Size) -> tuple[int, int, int]:
        """Channels, rows and columns of the latents of a picture."""
        width, height = size
        return self.latent_channels, height // self.cell, width // self.cell


INK_MINI = ModelSizes(
    picture=512,
    scrolls=((384, 768), (640, 384), (1024, 384)),
    latent_channels=16,
    autoencoder=(16, 48, 96, 192, 224),
    autoencoder_groups=8,
    unet=(96, 192, 288, 384),
    unet_heads=(3, 6, 9, 12),
    unet_groups=16,
    motion_heads=2,
    text_width=256,
    text_layers=6,
    text_heads=8,
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
    scrolls=((48, 96),),
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
