"""An exponential moving average of weights: what is saved is calmer than what is trained."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


class MovingAverage:
    """The average of `parameters`, updated after each optimizer step.

    The decay rises from 0 with the `steps` made, so that a short run does not keep its start.
    `averages` are in the order of the parameters.
    """

    def __init__(self, parameters: Iterable[torch.nn.Parameter], decay: float = 0.999) -> None:
        self.decay, self.steps = decay, 0
        self._live: list[Tensor] = [p.detach() for p in parameters]
        self.averages = [p.clone() for p in self._live]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        torch._foreach_lerp_(self.averages, self._live, 1 - decay)

    @torch.no_grad()
    def restore(self, averages: Iterable[Tensor], steps: int) -> None:
        """Go on from averages that were saved after `steps` updates."""
        for average, saved in zip(self.averages, averages, strict=True):
            average.copy_(saved)
        self.steps = steps

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the weights of the model with their average; a second call changes it back."""
        for live, average in zip(self._live, self.averages, strict=True):
            kept = live.clone()
            live.copy_(average)
            average.copy_(kept)
