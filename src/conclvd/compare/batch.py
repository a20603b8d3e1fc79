"""How many videos are made together, and which."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from typing import Final, TypeVar

import torch

from conclvd.generate.request import Request

MOST: Final = 16
# Points of latents in a step, all frames and the guidance counted: 16 videos of 8 frames at 256²,
# which fill a large GPU; 2 of 16 frames at 512².
POINTS: Final = 16 * 2 * 8 * 32 * 32
PIXELS_A_POINT: Final = 8
Item = TypeVar("Item")


def batch_size(device: torch.device, request: Request) -> int:
    """How many videos of a settled `request` to make together: 1 unless on a CUDA GPU.

    One small video after the other leaves a GPU waiting for its next order. On a CPU several at
    once are no faster and take more memory.
    """
    if device.type != "cuda":
        return 1
    assert request.height is not None
    assert request.width is not None
    points = request.height * request.width // PIXELS_A_POINT**2 * request.frames
    return max(1, min(MOST, POINTS // (points * (2 if request.guided else 1))))


def parts(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """`items` in their order, in as few parts of at most `size` as there can be, of like length."""
    count = ceil(len(items) / size)
    ends = [round(index * len(items) / count) for index in range(count + 1)] if count else [0]
    return [items[start:end] for start, end in pairwise(ends)]
