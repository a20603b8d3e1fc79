"""The convolutional encoders of RAFT (Teed and Deng, 2020), named as in torchvision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor, nn

Norm = Callable[[int], nn.Module]
STRIDES = (2, 1, 2, 2)
DOWNSAMPLING = 8


def conv_norm_relu(
    inputs: int,
    outputs: int,
    kernel: int,
    *,
    stride: int = 1,
    norm: Norm | None = None,
    relu: bool = True,
) -> nn.Sequential:
    """A padded convolution with bias, then the norm and the ReLU asked for."""
    parts: list[nn.Module] = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)]
    if norm is not None:
        parts.append(norm(outputs))
    if relu:
        parts.append(nn.ReLU())
    return nn.Sequential(*parts)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a short cut: the block of the large RAFT."""

    def __init__(self, inputs: int, outputs: int, norm: Norm | None, stride: int) -> None:
        super().__init__()
        self.convnormrelu1 = conv_norm_relu(inputs, outputs, 3, stride=stride, norm=norm)
        self.convnormrelu2 = conv_norm_relu(outputs, outputs, 3, norm=norm)
        self.downsample = _short_cut(inputs, outputs, norm, stride)
        self.relu = nn.ReLU()

    def forward(self, x: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o h2 w2"]:
        """The features at 1/`stride` of the size."""
        found: Tensor = self.convnormrelu2(self.convnormrelu1(x))
        result: Tensor = self.relu(self.downsample(x) + found)
        return result


class BottleneckBlock(nn.Module):
    """Convolutions through a quarter of the channels: the block of the small RAFT."""

    def __init__(self, inputs: int, outputs: int, norm: Norm | None, stride: int) -> None:
        super().__init__()
        narrow = outputs // 4
        self.convnormrelu1 = conv_norm_relu(inputs, narrow, 1, norm=norm)
        self.convnormrelu2 = conv_norm_relu(narrow, narrow, 3, stride=stride, norm=norm)
        self.convnormrelu3 = conv_norm_relu(narrow, outputs, 1, norm=norm)
        self.downsample = _short_cut(inputs, outputs, norm, stride)
        self.relu = nn.ReLU()

    def forward(self, x: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o h2 w2"]:
        """The features at 1/`stride` of the size."""
        found: Tensor = self.convnormrelu3(self.convnormrelu2(self.convnormrelu1(x)))
        result: Tensor = self.relu(self.downsample(x) + found)
        return result


def _short_cut(inputs: int, outputs: int, norm: Norm | None, stride: int) -> nn.Module:
    if stride == 1:
        return nn.Identity()
    return conv_norm_relu(inputs, outputs, 1, stride=stride, norm=norm, relu=False)


class FeatureEncoder(nn.Module):
    """Pictures to features at 1/8 of the size; `layers` are the channels of its five parts."""

    def __init__(
        self,
        block: type[ResidualBlock] | type[BottleneckBlock],
        layers: Sequence[int],
        norm: Norm | None,
    ) -> None:
        super().__init__()
        self.convnormrelu = conv_norm_relu(3, layers[0], 7, stride=STRIDES[0], norm=norm)
        for number in (1, 2, 3):
            stride = STRIDES[number]
            pair = nn.Sequential(
                block(layers[number - 1], layers[number], norm, stride),
                block(layers[number], layers[number], norm, 1),
            )
            self.add_module(f"layer{number}", pair)
        self.conv = nn.Conv2d(layers[3], layers[4], 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pictures: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c h8 w8"]:
        """Features of pictures in [-1, 1] whose sides are multiples of 8."""
        x = self.convnormrelu(pictures)
        for number in (1, 2, 3):
            x = self.get_submodule(f"layer{number}")(x)
        result: Tensor = self.conv(x)
        return result
