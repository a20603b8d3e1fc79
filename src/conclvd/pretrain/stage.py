"""What a run of any stage is: its settings, its processes and log, and its steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from conclvd.generate.device import cpu_has_bf16
from conclvd.pretrain.clip_folder import ClipSource, clip_source
from conclvd.pretrain.painting import PaintOrder
from conclvd.train.clock import Clock, learning_rate, set_learning_rate
from conclvd.train.ema import MovingAverage
from conclvd.train.log import Log
from conclvd.train.processes import all_processes

REFRESH = 10  # steps between two looks at new clips and at the clock


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """The settings that every stage has.

    It writes into `out` for `seconds` of wall-clock time. Clips come from the folder `clips`, or
    are painted by so many `workers`; `capacity` of them are kept at once, and the first step waits
    for `first_clips`. `batch` is of one process, `peak_rate` the highest learning rate. `weights`
    is the folder of an earlier run to go on from.
    """

    out: Path
    seconds: float
    workers: int
    batch: int
    peak_rate: float
    capacity: int
    first_clips: int
    clips: Path | None = None
    weights: Path | None = None


class Store(Protocol):
    """Painted clips on the device, of which a step draws."""

    painted: int

    def refresh(self, *, at_least: int = 0) -> None:
        """Take in what has been painted; wait until `at_least` clips are there."""


def start(*, half: bool = True) -> Accelerator:
    """An accelerator for all processes of a stage, seeded alike.

    If `half`, it computes in bf16 on a GPU and on a CPU with instructions for it.
    """
    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high")
    bf16 = half and (torch.cuda.is_available() or cpu_has_bf16())
    if torch.cuda.is_available():
        # little is left to the processor, and each piece waits for the slowest of its threads,
        # which are many and share the cores with painting processes
        torch.set_num_threads(2)
    return all_processes("bf16" if bf16 else "no")


class Stage:
    """A run of the stage `name`: what is the same whatever it trains.

    `step` counts the steps made, `clock` starts with the first.
    """

    def __init__(self, name: str, run: StageRun, *, half: bool = True) -> None:
        self.accelerator = start(half=half)
        self.device, self.main = self.accelerator.device, self.accelerator.is_main_process
        self.log = Log(run.out / f"{name}.jsonl", main=self.main, shown_as=name)
        self.clock = Clock(self.accelerator, run.seconds)
        self.step = 0
        self._run = run

    def clips(self, order: PaintOrder) -> ClipSource:
        """This process's share of the clips."""
        rank, ranks = self.accelerator.process_index, self.accelerator.num_processes
        return clip_source(order, self._run.workers, self._run.clips, rank=rank, ranks=ranks)

    def adamw(self, weights: Iterable[nn.Parameter], **given: Any) -> torch.optim.AdamW:
        """AdamW, fused on a GPU; `steps` sets its learning rate."""
        return torch.optim.AdamW(weights, lr=0, fused=self.device.type == "cuda", **given)

    def descend(
        self, loss: Tensor, weights: Iterable[nn.Parameter], optimizer: torch.optim.Optimizer
    ) -> None:
        """Make a step down a loss, with gradients of a length of 1 at most."""
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def steps(
        self,
        store: Store,
        optimizer: torch.optim.Optimizer,
        average: MovingAverage,
        *,
        warmup: int,
        decay_from: float,
        refresh: int = REFRESH,
    ) -> Iterator[int]:
        """The number of each step, from 0, until the time is spent.

        Before a step the optimizer has its learning rate, and every `refresh` steps the store its
        new clips; after it the average takes in the weights.
        """
        run = self._run
        store.refresh(at_least=run.first_clips)
        self.clock.start()
        while True:
            if self.step % refresh == 0:
                store.refresh()  # before the clock, which waits for the GPU to finish its steps
                self.clock.sync()
            if self.clock.over:
                return
            rate = learning_rate(
                run.peak_rate, self.step, self.clock.fraction, warmup=warmup, decay_from=decay_from
            )
            set_learning_rate(optimizer, rate)
            yield self.step
            average.update()
            self.step += 1
