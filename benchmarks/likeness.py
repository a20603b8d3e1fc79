"""How like a picture is to another: PSNR, SSIM, and the deviation of gradient similarity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from conclvd.pretrain.fidelity import psnr, ssim
from conclvd.tensors import Frames

_LUMA = (0.299, 0.587, 0.114)
_C = 170 / 255**2  # of the paper, for brightness from 0 to 1


@dataclass(frozen=True)
class Likeness:
    """Of each pair of pictures: dB, SSIM, and GMSD (0 for equal ones)."""

    psnr: Sequence[float]
    ssim: Sequence[float]
    gmsd: Sequence[float]


def gmsd(found: Float[Tensor, "b 3 h w"], wanted: Float[Tensor, "b 3 h w"]) -> Float[Tensor, b]:
    """Gradient magnitude similarity deviation (Xue et al. 2014), of pictures in [0, 1].

    A perceptual measure that needs no weights (LPIPS' need torchvision): it is high where some
    contours are blurred, doubled or misplaced and others are not.
    """
    one, other = (_gradients(picture) for picture in (found, wanted))
    similarity = (2 * one * other + _C) / (one**2 + other**2 + _C)
    deviation: Tensor = similarity.flatten(1).std(1, correction=0)
    return deviation


def _gradients(pictures: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h2 w2"]:
    luma = (pictures * torch.tensor(_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    half = functional.avg_pool2d(luma, 2)
    prewitt = torch.tensor([[1.0, 0, -1]] * 3) / 3
    both = functional.conv2d(half, torch.stack([prewitt, prewitt.t()])[:, None])
    length: Tensor = both.norm(dim=1, keepdim=True)
    return length


def likeness(found: Frames, wanted: Frames) -> Likeness:
    """Of frames to frames, one number a frame."""
    one, other = (
        torch.from_numpy(frames.copy()).movedim(-1, 1).float() / 255 for frames in (found, wanted)
    )
    return Likeness(*(kind(one, other).tolist() for kind in (psnr, ssim, gmsd)))
