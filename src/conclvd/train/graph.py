"""Forward and backward pass of a batch as one CUDA graph.

At batch 1 the many thousand kernels of a step take longer to launch than to run; a graph launches
all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable

from conclvd.train.captured import Captured
from conclvd.train.objective import Losses
from conclvd.train.samples import Batch


def replayed(run: Callable[[Batch], Losses], example: Batch) -> Callable[[Batch], Losses]:
    """What `run` does with a batch, recorded once with `example` and replayed with any other.

    `run` must not wait for the device, and find its weights and gradients at the same places at
    every call; it is called a few times, and what that adds to the gradients is the caller's to
    clear. Batches must have the shapes of `example`. What is returned is overwritten by the next
    call.
    """
    graph = Captured(
        lambda *parts: run(Batch(*parts)), example.parts, device=example.latents.device
    )

    def losses_of(batch: Batch) -> Losses:
        return graph(*batch.parts)

    return losses_of
