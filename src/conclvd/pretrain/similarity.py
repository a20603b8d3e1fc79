"""Turning, growing and sliding about the middle of a picture, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Similarity:
    """One for each picture of a batch.

    All in elementwise arithmetic: on a GPU that trains in TF32 a product of matrices would be off
    by a tenth of a pixel at the rim. Nothing comes from the host, so that it can be part of a
    CUDA graph.
    """

    slide: Float[Tensor, "b 2 1 1"]
    angle: Float[Tensor, "b 1 1 1"]
    size: Float[Tensor, "b 1 1 1"]

    def forth(self, places: Float[Tensor, "#b 2 h w"]) -> Float[Tensor, "b 2 h w"]:
        """Places (x, y) from the middle, in pixels, to where they go."""
        return self.size * _turned(places, self.angle) + self.slide

    def back(self, places: Float[Tensor, "#b 2 h w"]) -> Float[Tensor, "b 2 h w"]:
        """Where what is now at these places came from."""
        return _turned(places - self.slide, -self.angle) / self.size


def from_middle(height: int, width: int, device: torch.device) -> Float[Tensor, "1 2 h w"]:
    """Every pixel's place (x, y) from the middle of the picture."""
    rows = torch.arange(height, device=device) - (height - 1) / 2
    columns = torch.arange(width, device=device) - (width - 1) / 2
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])[None]


def _turned(
    places: Float[Tensor, "b 2 h w"], angle: Float[Tensor, "b 1 1 1"]
) -> Float[Tensor, "b 2 h w"]:
    x, y = places[:, :1], places[:, 1:]
    c, s = angle.cos(), angle.sin()
    return torch.cat([c * x - s * y, s * x + c * y], 1)
