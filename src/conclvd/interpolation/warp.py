"""Moving pictures along a flow, backward (sampling) and forward (splatting), where it holds."""

from __future__ import annotations

from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

# On a GPU splats are summed as whole numbers of 2^-32: whole numbers have the same sum in any
# order, so that the picture is the same every time. 2^31 neighbours fit before they overflow. A
# CPU adds them one after the other.
_FIXED_POINT = 2.0**32
TOLERANCE = 1.0  # pixels that a flow there and back may miss by before its pixel is doubted
PER_STEP = 0.1  # and as much more for each pixel of its length


def pixel_grid(height: int, width: int, device: torch.device) -> Float[Tensor, "1 2 h w"]:
    """The position (x, y) of every pixel."""
    rows = torch.arange(height, dtype=torch.float32, device=device)
    columns = torch.arange(width, dtype=torch.float32, device=device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])[None]


def length(flow: Float[Tensor, "b 2 h w"]) -> Float[Tensor, "b 1 h w"]:
    """How far each pixel moves. `norm` takes 80 times as long over an axis of two."""
    return torch.hypot(flow[:, :1], flow[:, 1:])


def sample(
    values: Float[Tensor, "b c h w"], flow: Float[Tensor, "b 2 h w"], *, beyond: str = "border"
) -> Float[Tensor, "b c h w"]:
    """`values` at x + flow(x) of every pixel x, bilinear.

    `beyond` the picture its border is repeated, or mirrored ("reflection").
    """
    height, width = values.shape[-2:]
    position = pixel_grid(height, width, flow.device) + flow
    # The sizes stay numbers: a tensor of them would wait for the GPU each time.
    x = (position[:, 0] * 2 + 1) / width - 1
    y = (position[:, 1] * 2 + 1) / height - 1
    return functional.grid_sample(
        values, torch.stack([x, y], -1), padding_mode=beyond, align_corners=False
    )


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
    payload = torch.cat([values * importance, importance, torch.ones_like(importance)], 1)
    payload = payload.flatten(2)
    on_cpu = flow.device.type == "cpu"
    kind = torch.float32 if on_cpu else torch.int64
    sums = torch.zeros(batch, channels + 2, height * width, dtype=kind, device=flow.device)
    columns, rows = _neighbours(position[:, 0], width), _neighbours(position[:, 1], height)
    for (x, part_x), (y, part_y) in product(columns, rows):
        index = torch.add(x, y, alpha=width).to(torch.int64).flatten(1)[:, None]
        landing = payload * (part_x * part_y).flatten(1)[:, None]
        if not on_cpu:
            landing = (landing * _FIXED_POINT).round().to(torch.int64)
        sums.scatter_add_(2, index.expand_as(landing), landing)
    total = sums.view(batch, channels + 2, height, width).to(values.dtype)
    if not on_cpu:
        total = total / _FIXED_POINT
    average = total[:, :channels] / total[:, channels : channels + 1].clamp(min=1 / _FIXED_POINT)
    return average, total[:, channels + 1 :]


def _neighbours(
    position: Float[Tensor, "b h w"], size: int
) -> list[tuple[Float[Tensor, "b h w"], Float[Tensor, "b h w"]]]:
    """The two pixels around each position on an axis, and its part of each; 0 of those outside."""
    below = position.floor()
    above, part = below + 1, position - below
    last = size - 1
    return [
        (below.clamp(0, last), (1 - part) * ((below >= 0) & (below <= last))),
        (above.clamp(0, last), part * ((above >= 0) & (above <= last))),
    ]


def consistency(
    there: Float[Tensor, "b 2 h w"], back: Float[Tensor, "b 2 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """How far each pixel's flow `there` can be trusted, 0 to 1.

    1 where `back` leads home again; near 0 where it does not, because the pixel is covered in
    the other frame or the flow is wrong, and 0 where it leads out of the picture.
    """
    height, width = there.shape[-2:]
    miss = length(there + sample(back, there))
    tolerance = TOLERANCE + PER_STEP * length(there)
    x, y = (pixel_grid(height, width, there.device) + there).chunk(2, 1)
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    trust: Tensor = torch.exp(-((miss / tolerance) ** 2)) * inside
    return trust
