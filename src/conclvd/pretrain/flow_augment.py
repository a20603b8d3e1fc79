"""What makes many pairs out of a painted one, and lets them look like frames of a generated video.

Everything is drawn on the device, without a number from the host: it can be part of a CUDA graph.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from conclvd.interpolation.warp import sample
from conclvd.pretrain.flow_store import FlowPairs
from conclvd.pretrain.similarity import Similarity, from_middle

# Deviations of a camera's move between the pictures of a pair: parts of the side, radians, and
# parts of the size; half of the pairs keep still.
PAN, TURN, ZOOM = 0.02, 0.02, 0.02
# Deviations, of 1: what both pictures share, and what differs (generated keyframes flicker).
SHARED_GAIN, SHARED_GAMMA = 0.15, 0.2
GAIN, FIELD, NOISE = 0.03, 0.04, 0.02
SPOTS = 0.5  # part of the pairs whose second picture lost some spots, as a petal's
SPOT_COVER = 0.9  # threshold of the smooth noise that makes spots


def turned(pairs: FlowPairs) -> FlowPairs:
    """Mirrored left to right, upside down and along the diagonal, each in half of the pairs."""
    for axis, sign in ((3, (-1.0, 1.0)), (2, (1.0, -1.0))):
        signs = _vector(pairs, *sign)
        pairs = _some(
            pairs,
            FlowPairs(
                pairs.first.flip(axis),
                pairs.second.flip(axis),
                pairs.flow.flip(axis) * signs,
                pairs.valid.flip(axis - 1),
            ),
        )
    across = FlowPairs(pairs.first.mT, pairs.second.mT, pairs.flow.flip(1).mT, pairs.valid.mT)
    return _some(pairs, across)


def panned(pairs: FlowPairs) -> FlowPairs:
    """The second picture as seen by a camera that moved, turned and zoomed, in half of the pairs.

    The flow is followed by the camera's; what leaves the picture keeps its flow.
    """
    batch, _, height, width = pairs.first.shape
    drawn = torch.randn(batch, 4, 1, 1, device=pairs.flow.device) * _some_of(pairs, 0.5)
    # Many slow cameras and few fast ones, as in films.
    drawn = drawn * (2 * torch.rand_like(drawn[:, :1]) ** 2)
    camera = Similarity(
        PAN * width * drawn[:, :2], TURN * drawn[:, 2:3], (ZOOM * drawn[:, 3:]).exp()
    )
    middle = from_middle(height, width, pairs.flow.device)
    # A pixel of the new picture shows what was at the place that the camera takes there.
    second = sample(pairs.second, camera.back(middle) - middle)
    flow = camera.forth(middle + pairs.flow) - middle
    return FlowPairs(pairs.first, second, flow, pairs.valid)


def disturbed(pairs: FlowPairs) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]]:
    """Both pictures in [-1, 1], in other colours, noisy, and one of them with spots painted over.

    Each has its own gain and a smooth field of its own: generated keyframes flicker.
    """
    first, second = pairs.first, pairs.second
    batch, _, height, width = first.shape

    def normal(channels: int) -> Float[Tensor, "b c 1 1"]:
        return torch.randn(batch, channels, 1, 1, device=first.device)

    gain = 1 + SHARED_GAIN * normal(3)
    gamma = (SHARED_GAMMA * normal(1)).exp()
    spots = _smooth(batch, 24, height, width, first) > SPOT_COVER
    spots = spots & (_some_of(pairs, SPOTS) > 0)
    second = torch.where(spots, second.flip(0), second)
    strength = torch.rand(batch, 1, 1, 1, device=first.device)
    found = []
    for picture in (first, second):
        field = 2 * _smooth(batch, 4, height, width, first) - 1
        own = strength * (GAIN * normal(3) + FIELD * field)
        noise = strength * NOISE * torch.randn_like(picture)
        shown = picture.clamp(min=1e-4) ** gamma * (gain + own) + noise
        found.append(shown.clamp(0, 1) * 2 - 1)
    return found[0], found[1]


def _smooth(
    batch: int, cells: int, height: int, width: int, like: Tensor
) -> Float[Tensor, "b 1 h w"]:
    """Noise of about 0 to 1, smooth between so many cells a side."""
    noise = torch.rand(batch, 1, cells, cells, device=like.device)
    return functional.interpolate(noise, (height, width), mode="bicubic")


def _vector(pairs: FlowPairs, x: float, y: float) -> Float[Tensor, "1 2 1 1"]:
    """A constant vector, made on the device."""
    one = pairs.flow.new_ones(1, 1, 1, 1)
    return torch.cat([one * x, one * y], 1)


def _some_of(pairs: FlowPairs, part: float) -> Float[Tensor, "b 1 1 1"]:
    """1 for that part of the pairs, by chance, 0 for the others."""
    return (torch.rand(len(pairs.flow), 1, 1, 1, device=pairs.flow.device) < part).float()


def _some(kept: FlowPairs, changed: FlowPairs) -> FlowPairs:
    """Half of the pairs, by chance, from `changed`."""
    use = _some_of(kept, 0.5) > 0
    return FlowPairs(
        torch.where(use, changed.first, kept.first),
        torch.where(use, changed.second, kept.second),
        torch.where(use, changed.flow, kept.flow),
        torch.where(use[:, 0], changed.valid, kept.valid),
    )
