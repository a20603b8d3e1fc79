"""Painted frames on the training device, refreshed as the run goes on."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from conclvd.generate.pixels import to_model_range
from conclvd.pretrain.clip_folder import ClipSource
from conclvd.pretrain.painting import PaintedSample

# Taken in between two steps, so that a folder full of clips does not hold up the training.
AT_ONCE = 96


def random_crop(pictures: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """The same random window of at least nine tenths of the side of every picture, resized back.

    What a classifier must not learn by heart is where exactly things are.
    """
    height, width = pictures.shape[-2:]
    side = 1 - 0.1 * random.random()
    tall, wide = round(height * side), round(width * side)
    top, left = random.randint(0, height - tall), random.randint(0, width - wide)
    window = pictures[..., top : top + tall, left : left + wide]
    return functional.interpolate(window, (height, width), mode="bilinear", antialias=True)


class FrameStore:
    """The last `capacity` painted clips, as uint8 on `device`; the oldest are painted over."""

    def __init__(self, pool: ClipSource, capacity: int, device: torch.device) -> None:
        self._pool, self._capacity, self._device = pool, capacity, device
        self._frames: Tensor | None = None
        self.samples: list[PaintedSample] = []
        self.painted = 0

    def __len__(self) -> int:
        return min(self.painted, self._capacity)

    def refresh(self, *, at_least: int = 0) -> None:
        """Take in what has been painted; wait until `at_least` clips are there."""
        while self.painted < at_least:
            sample = self._pool.take(wait=True)
            assert sample is not None
            self._put(sample)
        for sample in islice(self._pool.ready(), AT_ONCE):
            self._put(sample)

    def _put(self, sample: PaintedSample) -> None:
        if self._frames is None:
            shape = (self._capacity, *sample.frames.shape)
            self._frames = torch.empty(shape, dtype=torch.uint8, device=self._device)
        slot = self.painted % self._capacity
        self._frames[slot] = torch.from_numpy(sample.frames).to(self._device)
        stripped = replace(sample, frames=sample.frames[:0])
        if slot == len(self.samples):
            self.samples.append(stripped)
        else:
            self.samples[slot] = stripped
        self.painted += 1

    def batch(self, size: int) -> tuple[Float[Tensor, "b 3 h w"], list[PaintedSample]]:
        """`size` random frames in [-1, 1], each with the clip it is from."""
        assert self._frames is not None
        clips = torch.randint(len(self), (size,))
        moments = torch.randint(self._frames.shape[1], (size,))
        frames = self._frames[clips.to(self._device), moments.to(self._device)]
        return to_model_range(frames), [self.samples[i] for i in clips.tolist()]
