"""RAFT (Teed and Deng, 2020), small and large, with torchvision's names and outputs.

torchvision cannot be installed beside the CPU build of torch, so the network is written here; its
published `raft_small` and `raft_large` checkpoints load into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from jaxtyping import Float
from torch import Tensor, cat, channels_last, nn
from torch.nn import functional

from conclvd.interpolation.correlation import LEVELS, correlation
from conclvd.interpolation.raft_encoder import (
    DOWNSAMPLING,
    BottleneckBlock,
    FeatureEncoder,
    Norm,
    ResidualBlock,
)
from conclvd.interpolation.raft_update import (
    FlowHead,
    MaskPredictor,
    MotionEncoder,
    RecurrentBlock,
    UpdateBlock,
)
from conclvd.interpolation.warp import pixel_grid

SMALLEST_SIDE = DOWNSAMPLING * 2**LEVELS  # at the coarsest level features are still 2 x 2
UPDATES = 12


@dataclass(frozen=True)
class RaftSize:
    """Channels and kernels of a RAFT."""

    block: type[ResidualBlock] | type[BottleneckBlock]
    features: tuple[int, ...]
    context: tuple[int, ...]
    context_norm: Norm | None
    radius: int
    corr_layers: tuple[int, ...]
    flow_layers: tuple[int, ...]
    motion: int
    hidden: int
    kernels: tuple[int | tuple[int, int], ...]
    flow_head: int
    mask_hidden: int | None


LARGE = RaftSize(
    block=ResidualBlock,
    features=(64, 64, 96, 128, 256),
    context=(64, 64, 96, 128, 256),
    context_norm=nn.BatchNorm2d,
    radius=4,
    corr_layers=(256, 192),
    flow_layers=(128, 64),
    motion=128,
    hidden=128,
    kernels=((1, 5), (5, 1)),
    flow_head=256,
    mask_hidden=256,
)
SMALL = RaftSize(
    block=BottleneckBlock,
    features=(32, 32, 64, 96, 128),
    context=(32, 32, 64, 96, 160),
    context_norm=None,
    radius=3,
    corr_layers=(96,),
    flow_layers=(64, 32),
    motion=82,
    hidden=96,
    kernels=(3,),
    flow_head=128,
    mask_hidden=None,
)


class Raft(nn.Module):
    """The flow of a picture to another by looking up correlations again and again.

    `volume_bytes` is how much memory the correlations of all pairs may take, None what the device
    has room for; where they would take more, they are looked up on demand.
    """

    def __init__(self, size: RaftSize, *, volume_bytes: int | None = None) -> None:
        super().__init__()
        self.radius, self.hidden, self.volume_bytes = size.radius, size.hidden, volume_bytes
        self.feature_encoder = FeatureEncoder(size.block, size.features, nn.InstanceNorm2d)
        self.context_encoder = FeatureEncoder(size.block, size.context, size.context_norm)
        inputs = size.motion + size.context[-1] - size.hidden
        self.update_block = UpdateBlock(
            MotionEncoder(
                LEVELS * (2 * size.radius + 1) ** 2,
                size.corr_layers,
                size.flow_layers,
                size.motion,
            ),
            RecurrentBlock(inputs, size.hidden, size.kernels),
            FlowHead(size.hidden, size.flow_head),
        )
        self.mask_predictor = (
            None if size.mask_hidden is None else MaskPredictor(size.hidden, size.mask_hidden)
        )

    def forward(
        self,
        first: Float[Tensor, "b 3 h w"],
        second: Float[Tensor, "b 3 h w"],
        updates: int = UPDATES,
    ) -> list[Float[Tensor, "b 2 h w"]]:
        """The flow (x, y) in pixels after each update, for pictures in [-1, 1].

        Sides are multiples of 8 and at least 128.
        """
        return [_enlarged(*found) for found in self._found(first, second, updates)]

    def last(
        self,
        first: Float[Tensor, "b 3 h w"],
        second: Float[Tensor, "b 3 h w"],
        updates: int = UPDATES,
    ) -> Float[Tensor, "b 2 h w"]:
        """The flow after the last update alone."""
        *_, found = self._found(first, second, updates)
        return _enlarged(*found)

    def _found(
        self, first: Float[Tensor, "b 3 h w"], second: Float[Tensor, "b 3 h w"], updates: int
    ) -> Iterator[tuple[Float[Tensor, "b 2 h8 w8"], Float[Tensor, "b 576 h8 w8"] | None]]:
        """The flow of the features after each update, and by what it is to be enlarged."""
        first_features, second_features = self.feature_encoder(cat([first, second])).chunk(2)
        look_up = correlation(
            first_features, second_features, self.radius, volume_bytes=self.volume_bytes
        )
        hidden, context = self.context_encoder(first).tensor_split([self.hidden], 1)
        hidden, recurrence = hidden.tanh(), self.update_block.recurrent_block(context.relu())
        height, width = first_features.shape[-2:]
        start = pixel_grid(height, width, first.device).to(first.dtype)
        position = start.expand(len(first), -1, -1, -1)
        for _ in range(updates):
            position = position.detach()  # the recurrence is trained one step at a time
            hidden, change = self.update_block(
                recurrence, hidden, look_up(position), position - start
            )
            position = position + change
            mask = None if self.mask_predictor is None else self.mask_predictor(hidden)
            yield position - start, mask


raft_small = partial(Raft, SMALL)
raft_large = partial(Raft, LARGE)


def quick_layout(network: Raft) -> None:
    """Lay out the weights in memory as convolutions like them; nothing else changes.

    So the updates take 3/4 of the time; the encoders' instance norms would take twice theirs.
    """
    for weight in network.update_block.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=channels_last)


def _enlarged(
    flow: Float[Tensor, "b 2 h w"], mask: Float[Tensor, "b 576 h w"] | None
) -> Float[Tensor, "b 2 h8 w8"]:
    """The flow at the size of the pictures: bilinear, or mixed by a mask of its 9 neighbours."""
    batch, _, height, width = flow.shape
    size = (DOWNSAMPLING * height, DOWNSAMPLING * width)
    if mask is None:
        larger = functional.interpolate(flow, size=size, mode="bilinear", align_corners=True)
        return DOWNSAMPLING * larger
    weights = mask.view(batch, 1, 9, DOWNSAMPLING, DOWNSAMPLING, height, width).softmax(2)
    around = functional.unfold(DOWNSAMPLING * flow, 3, padding=1)
    mixed = (weights * around.view(batch, 2, 9, 1, 1, height, width)).sum(2)
    return mixed.permute(0, 1, 4, 2, 5, 3).reshape(batch, 2, *size)
