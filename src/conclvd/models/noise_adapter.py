"""The noise adapter: where the predicted noise of two frames is compared (section 3.4.2)."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn


class NoiseAdapter(nn.Module):
    """A plain MLP on one frame's predicted noise; it exists in training only.

    `noise_size` is c*h*w of the latents, `hidden_size` and `embedding_size` the widths of its two
    layers (docs/method.md section 3: 512 and 128).
    """

    def __init__(self, noise_size: int, hidden_size: int = 512, embedding_size: int = 128) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(noise_size, hidden_size), nn.ReLU(), nn.Linear(hidden_size, embedding_size)
        )

    def forward(self, noise: Float[Tensor, "b n c h w"]) -> Float[Tensor, "b n e"]:
        """Embed each frame's noise; cosines are taken between what comes out."""
        embedded: Tensor = self.layers(noise.flatten(2))
        return embedded
