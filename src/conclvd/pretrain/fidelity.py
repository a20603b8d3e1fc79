"""How close one picture is to another: PSNR, SSIM, and how much of its strokes is there."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def psnr(found: Float[Tensor, "b 3 h w"], wanted: Float[Tensor, "b 3 h w"]) -> Float[Tensor, b]:
    """Peak signal-to-noise ratio in dB, one a picture; values in [0, 1]."""
    error = (found - wanted).square().flatten(1).mean(1).clamp(min=1e-10)
    return -10 * torch.log10(error)


def ssim(found: Float[Tensor, "b 3 h w"], wanted: Float[Tensor, "b 3 h w"]) -> Float[Tensor, b]:
    """Structural similarity (Wang et al. 2004), 11 x 11 Gaussian window, mean over RGB channels.

    Values in [0, 1]; windows that leave the picture are not counted.
    """
    size, sigma = 11, 1.5
    line = torch.exp(-((torch.arange(size) - size // 2) ** 2) / (2 * sigma**2)).to(found)
    line = line / line.sum()
    window = (line[:, None] * line[None, :]).expand(3, 1, size, size)

    def blur(x: Tensor) -> Tensor:
        return functional.conv2d(x, window, groups=3)

    mean_f, mean_w = blur(found), blur(wanted)
    var_f = blur(found * found) - mean_f**2
    var_w = blur(wanted * wanted) - mean_w**2
    covariance = blur(found * wanted) - mean_f * mean_w
    c1, c2 = 0.01**2, 0.03**2
    score = ((2 * mean_f * mean_w + c1) * (2 * covariance + c2)) / (
        (mean_f**2 + mean_w**2 + c1) * (var_f + var_w + c2)
    )
    return score.flatten(1).mean(1)


def gradient_ratio(
    found: Float[Tensor, "b 3 h w"], wanted: Float[Tensor, "b 3 h w"], pixels: int
) -> Float[Tensor, b]:
    """Gradient magnitude of `found` over that of `wanted` at a scale of `pixels`, 1 if alike.

    Only where `wanted` has strokes: the fifth of the places with the steepest gradients.
    """
    steep = [steepness(pictures, pixels) for pictures in (found, wanted)]
    strokes = steep[1] >= steep[1].flatten(1).quantile(0.8, dim=1).view(-1, 1, 1, 1)
    sums = [(each * strokes).flatten(1).sum(1) for each in steep]
    return sums[0] / sums[1]


def steepness(
    pictures: Float[Tensor, "b 3 h w"], pixels: int
) -> Float[Tensor, "b 1 h/pixels-1 w/pixels-1"]:
    """Gradient magnitude of the grey of pictures at a scale of `pixels`."""
    grey = functional.avg_pool2d(pictures.mean(1, keepdim=True), pixels)
    across, down = grey.diff(dim=-1)[..., :-1, :], grey.diff(dim=-2)[..., :-1]
    return (across.square() + down.square()).sqrt()
