"""Painted pairs with their flow, refreshed as the run goes on, moved to the device by batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from conclvd.train.painting import PaintedSample, PaintingPool


@dataclass(frozen=True)
class FlowPairs:
    """Pictures in [0, 1], the flow (x, y) in pixels between them, and where it is known."""

    first: Float[Tensor, "b 3 h w"]
    second: Float[Tensor, "b 3 h w"]
    flow: Float[Tensor, "b 2 h w"]
    valid: Bool[Tensor, "b h w"]


def pairs_of(samples: list[PaintedSample], device: torch.device) -> FlowPairs:
    """The first two frames of each sample."""
    pixels = torch.stack([torch.from_numpy(sample.frames[:2]) for sample in samples])
    pictures = pixels.to(device).movedim(-1, 2).float() / 255
    flows, valid = [], []
    for sample in samples:
        assert sample.flow is not None
        assert sample.flow_valid is not None
        flows.append(torch.from_numpy(sample.flow[0]))
        valid.append(torch.from_numpy(sample.flow_valid[0]))
    flow = torch.stack(flows).to(device).movedim(-1, 1)
    return FlowPairs(pictures[:, 0], pictures[:, 1], flow, torch.stack(valid).to(device))


class FlowStore:
    """The last `capacity` painted pairs; the oldest are painted over."""

    def __init__(self, pool: PaintingPool, capacity: int, device: torch.device) -> None:
        self._pool, self._capacity, self._device = pool, capacity, device
        self._samples: list[PaintedSample] = []
        self.painted = 0

    def refresh(self, *, at_least: int = 0) -> None:
        """Take in what has been painted; wait until `at_least` pairs are there."""
        while self.painted < at_least:
            sample = self._pool.take(wait=True)
            assert sample is not None
            self._put(sample)
        for sample in self._pool.ready():
            self._put(sample)

    def _put(self, sample: PaintedSample) -> None:
        if len(self._samples) < self._capacity:
            self._samples.append(sample)
        else:
            self._samples[self.painted % self._capacity] = sample
        self.painted += 1

    def batch(self, size: int) -> FlowPairs:
        """`size` random pairs."""
        chosen = torch.randint(len(self._samples), (size,)).tolist()
        return pairs_of([self._samples[index] for index in chosen], self._device)
