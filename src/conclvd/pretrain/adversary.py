"""The adversary that makes the autoencoder's decoder draw strokes instead of their average."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

SCALES = 2  # a picture is judged at its size and at half of it


class PatchJudge(nn.Module):
    """Judges overlapping patches of a picture as painted or decoded (Isola et al. 2017).

    `width` is the channels of its first layer. A patch is 34 pixels wide.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for i in range(2):
            layers += [
                nn.Conv2d(width * 2**i, width * 2 ** (i + 1), 4, 2, 1, bias=False),
                nn.GroupNorm(8, width * 2 ** (i + 1)),
                nn.LeakyReLU(0.2),
            ]
        layers += [nn.Conv2d(width * 4, 1, 4, 1, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, pictures: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 y x"]:
        """One logit a patch: high for painted, low for decoded."""
        logits: Tensor = self.layers(pictures)
        return logits


class Adversary(nn.Module):
    """A judge for each of SCALES, so that it sees strokes and how they lie beside each other."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.judges = nn.ModuleList(PatchJudge(width) for _ in range(SCALES))

    def forward(self, pictures: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b 1 y x"]]:
        """Logits of patches, at the full size first."""
        logits = []
        for judge in self.judges:
            logits.append(judge(pictures))
            pictures = functional.avg_pool2d(pictures, 2)
        return logits


def telling_loss(judged: list[Float[Tensor, "2*b 1 y x"]]) -> Float[Tensor, ""]:
    """The hinge loss of telling painted pictures, the first half, from decoded ones."""
    losses = []
    for logits in judged:
        painted, decoded = logits.float().chunk(2)
        losses.append(functional.relu(1 - painted).mean() + functional.relu(1 + decoded).mean())
    return torch.stack(losses).mean()


def fooling_loss(decoded: list[Float[Tensor, "b 1 y x"]]) -> Float[Tensor, ""]:
    """How far an adversary is from taking decoded patches for painted ones."""
    return -torch.stack([each.float().mean() for each in decoded]).mean()


def balanced(
    near: Float[Tensor, "b 3 h w"], fooled: Float[Tensor, "b 3 h w"], share: float
) -> Float[Tensor, "b 3 h w"]:
    """That of the closeness of pictures, and the adversary's at `share` of its length.

    Their ratio then does not hang on how sure the adversary is, which changes all the time. VQGAN
    (Esser et al. 2021) does the same at the decoder's last weights.
    """
    ratio: Tensor = near.norm() / fooled.norm().clamp(min=1e-12)
    return near + share * ratio * fooled
