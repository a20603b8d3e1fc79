"""The recurrent update of RAFT (Teed and Deng, 2020), named as in torchvision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

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


Step = Callable[[Tensor, Tensor], Tensor]  # hidden state [b c h w], motion [b m h w] to the next


class ConvGRU(nn.Module):
    """A gated recurrent unit whose three maps are convolutions."""

    def __init__(self, inputs: int, hidden: int, kernel: int | tuple[int, int]) -> None:
        super().__init__()
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (sides[0] // 2, sides[1] // 2)
        self.convz = nn.Conv2d(hidden + inputs, hidden, sides, padding=padding)
        self.convr = nn.Conv2d(hidden + inputs, hidden, sides, padding=padding)
        self.convq = nn.Conv2d(hidden + inputs, hidden, sides, padding=padding)

    def forward(self, context: Float[Tensor, "b k h w"]) -> Step:
        """The unit in this context, whose part in the maps is computed once for all steps."""
        (gates, gates_known), (candidate, candidate_known) = (
            self._split(maps, context) for maps in ((self.convz, self.convr), (self.convq,))
        )
        padding = self.convq.padding

        def step(hidden: Tensor, motion: Tensor) -> Tensor:
            both = torch.cat([hidden, motion], 1)
            opened = (functional.conv2d(both, gates, padding=padding) + gates_known).sigmoid()
            update, reset = opened.chunk(2, 1)
            both = torch.cat([reset * hidden, motion], 1)
            new = (functional.conv2d(both, candidate, padding=padding) + candidate_known).tanh()
            result: Tensor = (1 - update) * hidden + update * new
            return result

        return step

    @staticmethod
    def _split(
        maps: Sequence[nn.Conv2d], context: Float[Tensor, "b k h w"]
    ) -> tuple[Float[Tensor, "o i y x"], Float[Tensor, "b o h w"]]:
        """The weights of `maps` for what changes, and what comes of the context."""
        weight = torch.cat([one.weight for one in maps])
        bias = torch.cat([one.bias for one in maps if one.bias is not None])
        hidden, known = maps[0].out_channels, context.shape[1]
        own, fixed, rest = weight.tensor_split([hidden, hidden + known], 1)
        result = functional.conv2d(context, fixed, bias, padding=maps[0].padding)
        return torch.cat([own, rest], 1), result


class RecurrentBlock(nn.Module):
    """One unit (small) or two of crossed kernels (large), one after the other."""

    def __init__(self, inputs: int, hidden: int, kernels: Sequence[int | tuple[int, int]]) -> None:
        super().__init__()
        self.convgru1 = ConvGRU(inputs, hidden, kernels[0])
        self.convgru2 = ConvGRU(inputs, hidden, kernels[1]) if len(kernels) == 2 else None

    def forward(self, context: Float[Tensor, "b k h w"]) -> Step:
        """The units in this context."""
        first: Step = self.convgru1(context)
        if self.convgru2 is None:
            return first
        second: Step = self.convgru2(context)
        return lambda hidden, motion: second(first(hidden, motion), motion)


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
        recurrence: Step,
        hidden: Float[Tensor, "b c h w"],
        correlations: Float[Tensor, "b n h w"],
        flow: Float[Tensor, "b 2 h w"],
    ) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b 2 h w"]]:
        """The next hidden state and the change of the flow.

        `recurrence` is the recurrent block in the context of the first picture.
        """
        hidden = recurrence(hidden, self.motion_encoder(flow, correlations))
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
