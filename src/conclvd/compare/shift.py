"""The videos that a crew has to make at one go: which together, and what became of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future
from itertools import pairwise
from math import ceil
from typing import Final, TypeVar

import torch

from conclvd.compare.making import Batch, Lost, MethodFailed, Order, Share, Tell
from conclvd.generate.request import Request

LOSSES: Final = 3  # videos that fail before any is made, and the method is given up
MOST: Final = 16  # made together
# Points of latents in a step, all frames and the guidance counted: 16 videos of 8 frames at 256²,
# which fill a large GPU; 2 of 16 frames at 512².
POINTS: Final = 16 * 2 * 8 * 32 * 32
PIXELS_A_POINT: Final = 8
Item = TypeVar("Item")


def batch_size(device: torch.device, request: Request) -> int:
    """How many videos of a settled `request` to make together: 1 unless on a CUDA GPU.

    One small video after the other leaves a GPU waiting for its next order. On a CPU several at
    once are no faster and take more memory.
    """
    if device.type != "cuda":
        return 1
    assert request.height is not None
    assert request.width is not None
    points = request.height * request.width // PIXELS_A_POINT**2 * request.frames
    return max(1, min(MOST, POINTS // (points * (2 if request.guided else 1))))


def parts(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """`items` in their order, in as few parts of at most `size` as there can be, of like length."""
    count = ceil(len(items) / size)
    ends = [round(index * len(items) / count) for index in range(count + 1)] if count else [0]
    return [items[start:end] for start, end in pairwise(ends)]


class Shift:
    """`waiting` are the batches of at most `size` videos, as many for each of so many `hands`."""

    def __init__(self, share: Share, order: Order, size: int, hands: int, tell: Tell) -> None:
        turns = ceil(len(share) / (size * hands))
        self.waiting = parts(share, ceil(len(share) / (turns * hands)) if turns else size)
        self._order, self._tell = order, tell
        self._most = min(LOSSES, len(share))
        self._made = self._lost = 0
        self._errors: list[Exception] = []
        self._stopped = False

    @property
    def goes_on(self) -> bool:
        """Whether there is another batch, and time for it."""
        until = self._order.until
        in_time = until is None or time.monotonic() < until
        return bool(self.waiting) and in_time and not self._stopped

    def took(self, part: Share, work: Future[Batch]) -> bool:
        """Tell what came of `part`; whether who made it can go on."""
        try:
            batch = work.result()
        except BrokenExecutor:
            self._errors.append(gone())
            return False
        except Exception as error:
            self._stop(error)
            return True
        for made in batch.made:
            self._tell(made)
        if batch.failed is None:
            self._made += len(part)
        elif len(part) > 1:
            self._halve(part, batch.full)
        else:
            self._lost += 1
            self._tell(Lost(part[0][0], batch.failed))
            if not self._made and self._lost == self._most:
                self._stop(MethodFailed(batch.failed))
        return True

    def close(self) -> None:
        """Raise the first of what went wrong."""
        if self._errors:
            raise self._errors[0]

    def _halve(self, part: Share, full: bool) -> None:
        # where memory is full, the next ones would not fit either
        tried, waiting = ([part, *self.waiting], []) if full else ([part], self.waiting)
        half = (len(part) + 1) // 2
        self.waiting = [piece for each in tried for piece in parts(each, half)] + waiting

    def _stop(self, error: Exception) -> None:
        self._errors.append(error)
        self._stopped = True


def gone() -> MethodFailed:
    """Why a method fails whose process is ended from outside."""
    return MethodFailed("a process that made its videos ended, perhaps for want of memory")
