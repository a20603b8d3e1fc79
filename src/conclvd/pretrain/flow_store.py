"""Painted clips with their flow on the device; a batch of pairs is drawn there, without a copy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from conclvd.pretrain.clip_folder import ClipSource
from conclvd.pretrain.painting import PaintedSample, PaintOrder


@dataclass(frozen=True)
class FlowPairs:
    """Pictures in [0, 1], the flow (x, y) in pixels between them, and where it is known."""

    first: Float[Tensor, "b 3 h w"]
    second: Float[Tensor, "b 3 h w"]
    flow: Float[Tensor, "b 2 h w"]
    valid: Bool[Tensor, "b h w"]

    def rows(self, rows: slice) -> FlowPairs:
        """These of the pairs."""
        return FlowPairs(self.first[rows], self.second[rows], self.flow[rows], self.valid[rows])


class FlowStore:
    """The last `capacity` clips of `pool`, or those that are put in; the oldest are painted over.

    Everything is on the device from the beginning, at fixed addresses, so that a batch can be
    part of a CUDA graph: 1.8 MB a clip of 4 frames of 256 x 256.
    """

    def __init__(
        self, pool: ClipSource | None, order: PaintOrder, capacity: int, device: torch.device
    ) -> None:
        self._pool = pool
        (width, height), pairs = order.sizes[0], order.frames - 1
        self._capacity, self.device = capacity, device
        self._frames = torch.empty(
            capacity, pairs + 1, 3, height, width, dtype=torch.uint8, device=device
        )
        self._flow = torch.empty(capacity, pairs, 2, height, width, dtype=torch.half, device=device)
        self._valid = torch.empty(capacity, pairs, height, width, dtype=torch.bool, device=device)
        self._filled = torch.zeros((), device=device)
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]  # torch tells no types
        self.painted = 0

    def refresh(self, *, at_least: int = 0) -> None:
        """Take in what has been painted; wait until `at_least` clips are there."""
        assert self._pool is not None
        while self.painted < at_least:
            sample = self._pool.take(wait=True)
            assert sample is not None
            self.put(sample)
        for sample in self._pool.ready():
            self.put(sample)

    def put(self, sample: PaintedSample) -> None:
        """Take in one clip, painted with its flow."""
        assert sample.flow is not None
        assert sample.flow_valid is not None
        row = self.painted % self._capacity
        frames, flow, valid = self._moved(sample.frames, sample.flow, sample.flow_valid)
        self._frames[row] = frames.movedim(-1, 1)
        self._flow[row] = flow.movedim(-1, 1)
        self._valid[row] = valid
        self.painted += 1
        self._filled.fill_(min(self.painted, self._capacity))

    def _moved(self, *arrays: np.ndarray) -> list[Tensor]:
        """The arrays on the device; a GPU copies them while it works on the steps before."""
        if self._stream is None:
            return [torch.from_numpy(array) for array in arrays]
        with torch.cuda.stream(self._stream):
            moved = [torch.from_numpy(array).to(self.device) for array in arrays]
        current = torch.cuda.current_stream(self.device)
        current.wait_stream(self._stream)
        for tensor in moved:
            tensor.record_stream(current)
        return moved

    def batch(self, size: int) -> FlowPairs:
        """`size` random pairs of neighbouring frames."""
        clips = (torch.rand(size, device=self.device) * self._filled).long()
        return self.pairs(clips, torch.randint_like(clips, self._flow.shape[1]))

    def pairs(self, clips: Int64[Tensor, b], moments: Int64[Tensor, b]) -> FlowPairs:
        """Of these clips the frames at these moments, each with the next one."""
        return FlowPairs(
            self._frames[clips, moments].float() / 255,
            self._frames[clips, moments + 1].float() / 255,
            self._flow[clips, moments].float(),
            self._valid[clips, moments],
        )
