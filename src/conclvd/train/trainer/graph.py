"""Forward and backward pass of a batch as one CUDA graph.

At batch 1 the many thousand kernels of a step take longer to launch than to run; a graph launches
all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import torch

from conclvd.train.trainer.objective import Losses
from conclvd.train.trainer.samples import Batch

WARM_UP = 3  # runs before the capture, in which libraries choose their kernels


class Replay:
    """What `run` does with a batch, recorded once with `example` and replayed with any other.

    `run` must not wait for the device, and find its weights and gradients at the same places at
    every call; it is called a few times, and what that adds to the gradients is the caller's to
    clear. Batches must have the shapes of `example`. What is returned is overwritten by the next
    call.
    """

    def __init__(self, run: Callable[[Batch], Losses], example: Batch) -> None:
        self._batch = example
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                run(self._batch)
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.empty_cache()  # the graph has memory of its own
        self._graph = torch.cuda.CUDAGraph()
        # other threads, such as NCCL's, may go on asking the device for this and that
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._losses = run(self._batch)

    def __call__(self, batch: Batch) -> Losses:
        """The losses of a batch; its gradients are added to those that are there."""
        for field in fields(Batch):
            getattr(self._batch, field.name).copy_(getattr(batch, field.name), non_blocking=True)
        self._graph.replay()
        return self._losses
