"""Moving pictures along a flow, backward (sampling) and forward (splatting)."""

from __future__ import annotations

from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

# Splats are summed as whole numbers of 2^-32: whole numbers have the same sum in any order, so
# that a GPU gives the same picture every time. 2^31 neighbours fit before they overflow.
_FIXED_POINT = 2.0**32


def pixel_grid(height: int, width: int, device: torch.device) -> Float[Tensor, "1 2 h w"]:
    """The position (x, y) of every pixel."""
    rows = torch.arange(height, dtype=torch.float32, device=device)
    columns = torch.arange(width, dtype=torch.float32, device=device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])[None]


def sample(
    values: Float[Tensor, "b c h w"], flow: Float[Tensor, "b 2 h w"]
) -> Float[Tensor, "b c h w"]:
    """`values` at x + flow(x) of every pixel x, bilinear; the border is repeated outside."""
    height, width = values.shape[-2:]
    position = pixel_grid(height, width, flow.device) + flow
    size = torch.tensor([width, height], dtype=flow.dtype, device=flow.device).view(1, 2, 1, 1)
    normal = ((position * 2 + 1) / size - 1).movedim(1, -1)
    return functional.grid_sample(values, normal, padding_mode="border", align_corners=False)


def splat(
    values: Float[Tensor, "b c h w"],
    flow: Float[Tensor, "b 2 h w"],
    importance: Float[Tensor, "b 1 h w"],
) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b 1 h w"]]:
    """`values` carried from every pixel x to x + flow(x), where the most important wins.

    Softmax splatting (Niklaus and Liu, 2020): what lands on a pixel is averaged by `importance`,
    which is above 0 and at most 1 (their exp(Z)), and by bilinear weights. Returns the average,
    0 where nothing lands, and how much lands: the sum of the bilinear weights, 1 where the flow
    neither stretches nor folds.
    """
    batch, channels, height, width = values.shape
    position = pixel_grid(height, width, flow.device) + flow
    corner = position.floor()
    fraction = position - corner
    payload = torch.cat([values * importance, importance, torch.ones_like(importance)], 1)
    sums = torch.zeros(batch, channels + 2, height * width, dtype=torch.int64, device=flow.device)
    for right, down in product((0, 1), (0, 1)):
        x, y = corner[:, :1] + right, corner[:, 1:] + down
        weight = (fraction[:, :1] if right else 1 - fraction[:, :1]) * (
            fraction[:, 1:] if down else 1 - fraction[:, 1:]
        )
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        index = torch.where(inside, y * width + x, 0).to(torch.int64).flatten(2)
        landing = (payload * (weight * inside * _FIXED_POINT)).round().to(torch.int64).flatten(2)
        sums.scatter_add_(2, index.expand_as(landing), landing)
    total = sums.view(batch, channels + 2, height, width).to(values.dtype)
    average = total[:, :channels] / total[:, channels : channels + 1].clamp(min=1)
    return average, total[:, channels + 1 :] / _FIXED_POINT
