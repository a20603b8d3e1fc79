"""How alike the features of two pictures are around where the flow points (RAFT, section 3.2)."""

from __future__ import annotations

from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

LEVELS = 4
VOLUME_BYTES = 2**30  # all pairs of a batch may take so much memory; beyond it they are looked up
_GPU_PART = 8  # on a GPU an eighth of its memory, whatever is free: the same way every time
_CHUNK_BYTES, _GPU_CHUNK_BYTES = 2**26, 2**29


class Correlation(Protocol):
    """Correlations of one batch of pairs, asked for once in each step of the recurrence."""

    def __call__(self, position: Float[Tensor, "b 2 h w"]) -> Float[Tensor, "b k h w"]:
        """Around `position` (x, y) in the second features, for each of the first.

        k counts levels, then offsets in x, then offsets in y.
        """


def room_for_pairs(device: torch.device) -> int:
    """How many bytes the correlations of all pairs may take there."""
    if device.type != "cuda":
        return VOLUME_BYTES
    return int(torch.cuda.get_device_properties(device).total_memory) // _GPU_PART


def pairs_bytes(height: int, width: int) -> int:
    """What all pairs of two pictures of so many features take, at all sizes, in float32."""
    return (height * width) ** 2 * 4 * 4 // 3


def correlation(
    first: Float[Tensor, "b c h w"],
    second: Float[Tensor, "b c h w"],
    radius: int,
    *,
    volume_bytes: int | None = None,
) -> Correlation:
    """All pairs at once where they fit, looked up on demand where they do not; equal values.

    They may take `volume_bytes`; None: what the device has room for.
    """
    room = room_for_pairs(first.device) if volume_bytes is None else volume_bytes
    kind = AllPairs if len(first) * pairs_bytes(*first.shape[-2:]) <= room else OnDemand
    return kind(first, second, radius)


class AllPairs:
    """The correlation of every feature with every other, at four sizes of the second."""

    def __init__(
        self, first: Float[Tensor, "b c h w"], second: Float[Tensor, "b c h w"], radius: int
    ) -> None:
        batch, channels, height, width = first.shape
        self._radius = radius
        products = (first / channels**0.5).flatten(2).transpose(1, 2) @ second.flatten(2)
        volume = products.reshape(batch * height * width, 1, height, width)
        self._volumes = [volume]
        for _ in range(LEVELS - 1):
            self._volumes.append(functional.avg_pool2d(self._volumes[-1], 2))

    def __call__(self, position: Float[Tensor, "b 2 h w"]) -> Float[Tensor, "b k h w"]:
        """Around `position`; see Correlation."""
        batch, _, height, width = position.shape
        centre = position.permute(0, 2, 3, 1).reshape(batch * height * width, 1, 1, 2)
        offsets = _offsets(self._radius, position)
        found = [
            _look_up(volume, centre / 2**level + offsets).view(batch, height, width, -1)
            for level, volume in enumerate(self._volumes)
        ]
        return torch.cat(found, -1).permute(0, 3, 1, 2)


class OnDemand:
    """The same from the features themselves, a few pixels at a time.

    Averaging correlations over the second picture is correlating with its averaged features, and
    what lies between two features has the correlation of their mean.
    """

    def __init__(
        self, first: Float[Tensor, "b c h w"], second: Float[Tensor, "b c h w"], radius: int
    ) -> None:
        self._radius = radius
        self._first = first.flatten(2) / first.shape[1] ** 0.5
        self._seconds = [second]
        for _ in range(LEVELS - 1):
            self._seconds.append(functional.avg_pool2d(self._seconds[-1], 2))

    def __call__(self, position: Float[Tensor, "b 2 h w"]) -> Float[Tensor, "b k h w"]:
        """Around `position`; see Correlation."""
        batch, _, height, width = position.shape
        centre = position.flatten(2).transpose(1, 2)[:, :, None]
        offsets = _offsets(self._radius, position).view(1, 1, -1, 2)
        pixel_bytes = self._first[:, :, 0].numel() * offsets.shape[2] * position.element_size()
        most = _GPU_CHUNK_BYTES if position.is_cuda else _CHUNK_BYTES
        chunk = max(1, most // pixel_bytes)
        found = []
        for level, second in enumerate(self._seconds):
            parts = [
                torch.einsum(
                    "bcn,bcnk->bkn",
                    self._first[:, :, start : start + chunk],
                    _look_up(second, centre[:, start : start + chunk] / 2**level + offsets),
                )
                for start in range(0, height * width, chunk)
            ]
            found.append(torch.cat(parts, -1))
        return torch.cat(found, 1).view(batch, -1, height, width)


def _offsets(radius: int, like: Tensor) -> Float[Tensor, "1 s s 2"]:
    steps = torch.arange(-radius, radius + 1, dtype=like.dtype, device=like.device)
    return torch.stack(torch.meshgrid(steps, steps, indexing="ij"), -1)[None]


def _look_up(
    values: Float[Tensor, "b c h w"], position: Float[Tensor, "b n k 2"]
) -> Float[Tensor, "b c n k"]:
    """`values` at positions in pixels, bilinear, 0 outside."""
    height, width = values.shape[-2:]
    # A level one pixel wide has no scale to divide by; its one value is at -1. The sizes stay
    # numbers: a tensor of them would wait for the GPU in every update.
    x = position[..., 0] * (2 / max(1, width - 1)) - 1
    y = position[..., 1] * (2 / max(1, height - 1)) - 1
    return functional.grid_sample(values, torch.stack([x, y], -1), align_corners=True)
