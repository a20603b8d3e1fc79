"""Ctrl-C and SIGTERM in a training run: finish the step, save, stop."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any, Self

import torch
from accelerate import Accelerator

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ECHO = 1.0  # seconds


class Interrupt:
    """Within the block the first signal only sets `asked`; a second one acts as ever.

    One less than `ECHO` after the first is the first once more: a terminal's Ctrl-C goes to a
    launcher and to its processes, and the launcher passes it on to them.
    """

    def __init__(self) -> None:
        self.asked = False
        self._first = 0.0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self.asked:
            self.asked, self._first = True, now
        elif now - self._first >= ECHO:
            self._restore()
            signal.raise_signal(number)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __exit__(self, *_: object) -> None:
        self._restore()

    def agreed(self, accelerator: Accelerator) -> bool:
        """Whether any process was asked to stop; all must call it at the same step."""
        if accelerator.num_processes == 1:
            return self.asked
        asked = torch.tensor(float(self.asked), device=accelerator.device)
        return bool(accelerator.reduce(asked, "sum") > 0)
