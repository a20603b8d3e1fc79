"""The patch discriminator that gives the autoencoder's pictures their brush texture."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn


class PatchDiscriminator(nn.Module):
    """Judges overlapping patches of a picture as painted or decoded (Isola et al. 2017).

    `width` is the channels of its first layer. Returns one logit a patch.
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
