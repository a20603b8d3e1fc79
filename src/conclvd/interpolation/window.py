"""Means over the window around each pixel."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor, cat, from_numpy
from torch.nn import functional


def window_mean(values: Float[Tensor, "b c h w"], radius: int) -> Float[Tensor, "b c h w"]:
    """The mean over the square of 2 `radius` + 1 pixels a side; the border is repeated outside.

    On a CPU no gradient passes: OpenCV's running sums take 1/30 of the time there.
    """
    if values.device.type == "cpu":
        side = (2 * radius + 1, 2 * radius + 1)
        planes = values.flatten(0, 1).numpy()
        means = np.empty(planes.shape, planes.dtype)
        for plane, mean in zip(planes, means, strict=True):
            cv2.blur(plane, side, mean, borderType=cv2.BORDER_REPLICATE)
        return from_numpy(means).view_as(values)
    padded = functional.pad(values, [radius] * 4, mode="replicate")
    rows = functional.avg_pool2d(padded, (2 * radius + 1, 1), stride=1)
    return functional.avg_pool2d(rows, (1, 2 * radius + 1), stride=1)


def window_mean_over(
    values: Float[Tensor, "b c h w"], where: Bool[Tensor, "b 1 h w"], radius: int
) -> Float[Tensor, "b c h w"]:
    """The mean of `values` over the pixels of `where` in the window; 0 where there are none."""
    weight = where.to(values.dtype)
    means = window_mean(cat([values * weight, weight], 1), radius)
    return means[:, :-1] / means[:, -1:].clamp(min=1e-6)
