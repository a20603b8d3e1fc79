"""The recurrent update of RAFT (Teed and Deng, 2020), named as in torchvision."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from conclvd.interpolation.raft_encoder import conv_norm_relu


class MotionEncoder(nn.Module):
    """Correlations and the flow so far, in `outputs` channels; the last two are the flow."""

    def __init__(
        self,
        correlations: int,
        corr_layers: Sequence[int],
        flow_layers: Sequence[int],
        outputs: int,
    ) -> None:
        super().__init__()
        self.convcorr1 = conv_norm_relu(correlations, corr_layers[0], 1)
        self.convcorr2 = (
            conv_norm_relu(corr_layers[0], corr_layers[1], 3)
            if len(corr_layers) == 2
            else nn.Identity()
        )
        self.convflow1 = conv_norm_relu(2, flow_layers[0], 7)
        self.convflow2 = conv_norm_relu(flow_layers[0], flow_layers[1], 3)
        self.conv = conv_norm_relu(corr_layers[-1] + flow_layers[-1], outputs - 2, 3)

    def forward(
        self, flow: Float[Tensor, "b 2 h w"], correlations: Float[Tensor, "b k h w"]
    ) -> Float[Tensor, "b m h w"]:
        """What is known of the motion."""
        seen = self.convcorr2(self.convcorr1(correlations))
        moved = self.convflow2(self.convflow1(flow))
        return torch.cat([self.conv(torch.cat([seen, moved], 1)), flow], 1)


class ConvGRU(nn.Module):
    """A gated recurrent unit whose three maps are convolutions."""

    def __init__(self, inputs: int, hidden: int, kernel: int | tuple[int, int]) -> None:
        super().__init__()
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (sides[0] // 2, sides[1] // 2)
        self.convz = nn.Conv2d(hidden + inputs, hidden, sides, padding=padding)
        self.convr = nn.Conv2d(hidden + inputs, hidden, sides, padding=padding)
        self.convq = nn.Conv2d(hidden + inputs, hidden, sides, padding=padding)

    def forward(
        self, hidden: Float[Tensor, "b c h w"], inputs: Float[Tensor, "b i h w"]
    ) -> Float[Tensor, "b c h w"]:
        """The next hidden state."""
        both = torch.cat([hidden, inputs], 1)
        update, reset = self.convz(both).sigmoid(), self.convr(both).sigmoid()
        candidate = self.convq(torch.cat([reset * hidden, inputs], 1)).tanh()
        result: Tensor = (1 - update) * hidden + update * candidate
        return result


class RecurrentBlock(nn.Module):
    """One unit (small) or two of crossed kernels (large), one after the other."""

    def __init__(self, inputs: int, hidden: int, kernels: Sequence[int | tuple[int, int]]) -> None:
        super().__init__()
        self.convgru1 = ConvGRU(inputs, hidden, kernels[0])
        self.convgru2 = ConvGRU(inputs, hidden, kernels[1]) if len(kernels) == 2 else None

    def forward(
        self, hidden: Float[Tensor, "b c h w"], inputs: Float[Tensor, "b i h w"]
    ) -> Float[Tensor, "b c h w"]:
        """The next hidden state."""
        state: Tensor = self.convgru1(hidden, inputs)
        return state if self.convgru2 is None else self.convgru2(state, inputs)


class FlowHead(nn.Module):
    """A hidden state to the change of the flow."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, hidden, 3, padding=1)
        self.conv2 = nn.Conv2d(hidden, 2, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, hidden: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 2 h w"]:
        """How the flow changes, in pixels of the features."""
        result: Tensor = self.conv2(self.relu(self.conv1(hidden)))
        return result


class UpdateBlock(nn.Module):
    """One step of the recurrence."""

    def __init__(
        self, motion_encoder: MotionEncoder, recurrent_block: RecurrentBlock, flow_head: FlowHead
    ) -> None:
        super().__init__()
        self.motion_encoder = motion_encoder
        self.recurrent_block = recurrent_block
        self.flow_head = flow_head

    def forward(
        self,
        hidden: Float[Tensor, "b c h w"],
        context: Float[Tensor, "b k h w"],
        correlations: Float[Tensor, "b n h w"],
        flow: Float[Tensor, "b 2 h w"],
    ) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b 2 h w"]]:
        """The next hidden state and the change of the flow."""
        motion = self.motion_encoder(flow, correlations)
        hidden = self.recurrent_block(hidden, torch.cat([context, motion], 1))
        return hidden, self.flow_head(hidden)


class MaskPredictor(nn.Module):
    """The weights by which the large RAFT enlarges its flow."""

    MULTIPLIER = 0.25

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.convrelu = conv_norm_relu(inputs, hidden, 3)
        self.conv = nn.Conv2d(hidden, 8 * 8 * 9, 1)

    def forward(self, hidden: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 576 h w"]:
        """9 logits for each of the 8 x 8 pixels that a feature stands for."""
        result: Tensor = self.MULTIPLIER * self.conv(self.convrelu(hidden))
        return result
