"""Pieces of work one after the other on a GPU, side by side on the cores of a CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

MOST = 4  # pieces at once; each needs memory for some 60 floats a pixel

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Workers:
    """As many threads as torch computes with, at most four; none where a GPU works.

    Between two frames lie hundreds of short operations. Where the cores share each of them, all
    wait for the slowest every time, for long when other programs keep it busy; with a pair of
    frames a core nobody waits until the end.
    """

    def __init__(self, device: torch.device) -> None:
        self._cores = torch.get_num_threads()
        self.count = min(self._cores, MOST) if device.type == "cpu" else 1
        own = self._cores // self.count
        self._pool = (
            ThreadPoolExecutor(self.count, initializer=torch.set_num_threads, initargs=(own,))
            if self.count > 1
            else None
        )

    def close(self) -> None:
        """Wait for what is in work; what is not begun is dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            # Threads that others start later begin with the number that was set last.
            torch.set_num_threads(self._cores)

    def map(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> list[Result]:
        """The results, in order, without gradients."""

        def work(piece: Piece) -> Result:
            with torch.inference_mode():
                return function(piece)

        return list((self._pool.map if self._pool is not None else map)(work, pieces))
