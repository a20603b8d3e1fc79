"""The wall clock of a time-boxed training run, and the learning rate that follows it."""

from __future__ import annotations

import time

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import Tensor


class Clock:
    """How much of a run of `seconds` has passed, the same on every GPU.

    `sync` must be called by all processes alike; between two calls the fraction stands still, so
    that no process sees another learning rate or stops at another step.
    """

    def __init__(self, accelerator: Accelerator, seconds: float) -> None:
        self.seconds = seconds
        self.elapsed = 0.0
        self._accelerator = accelerator
        self.start()

    def start(self) -> None:
        """Begin anew."""
        self._started = time.monotonic()

    def sync(self) -> None:
        """Read the main process's clock; one process alone need not wait for its GPU."""
        self.elapsed = time.monotonic() - self._started
        if self._accelerator.num_processes > 1:
            elapsed = torch.tensor(self.elapsed, device=self._accelerator.device)
            self.elapsed = float(broadcast(elapsed))

    @property
    def fraction(self) -> float:
        """Passed part of the run, 0 to 1."""
        return min(1.0, self.elapsed / self.seconds)

    @property
    def over(self) -> bool:
        """Whether the time is spent."""
        return self.elapsed >= self.seconds


def learning_rate(
    peak: float, step: int, fraction: float, *, warmup: int, decay_from: float
) -> float:
    """Linear warm-up over `warmup` steps, flat, and from `decay_from` of the run down to zero."""
    decay = 1.0 if fraction < decay_from else (1.0 - fraction) / (1.0 - decay_from)
    return peak * min(1.0, (step + 1) / warmup) * decay


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every parameter group of an optimizer the same rate, in place where it is a tensor."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)  # where a CUDA graph finds it
        else:
            group["lr"] = rate
