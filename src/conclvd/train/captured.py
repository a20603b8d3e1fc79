"""A function whose kernels start with one call: a CUDA graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import torch
from torch import Tensor

WARM_UP = 3  # calls before the capture: kernels are chosen and compiled, work memory is allotted
Result = TypeVar("Result")
Pool: TypeAlias = Any  # what torch.cuda.graph_pool_handle gives


class Captured(Generic[Result]):
    """`function` of tensors of fixed shapes, captured once and replayed at every call.

    Its thousands of kernels, which at small batches take longer to start than to run, then start
    without Python. What it returns and what it writes is overwritten by the next call. It must not
    wait for the GPU nor take numbers from the host, and find its weights and gradients at the same
    places at every call; it runs a few times before it is captured, and what that adds to the
    gradients is the caller's to clear.
    Raises RuntimeError where it cannot be captured. On a CPU the function itself is called on
    inputs that stay in place. Those that are never replayed at the same time, and whose results are
    not needed after another's replay, may share a `pool` of memory.
    """

    def __init__(
        self,
        function: Callable[..., Result],
        inputs: Sequence[Tensor],
        device: torch.device,
        pool: Pool | None = None,
    ) -> None:
        self._pool = pool
        self._inputs = [each.clone() for each in inputs]
        self._function = function
        self._graph: torch.cuda.CUDAGraph | None = None
        if device.type == "cuda":
            self._capture()

    def _capture(self) -> None:
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch gives no types
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                self._function(*self._inputs)
        torch.cuda.current_stream().wait_stream(aside)
        torch.cuda.empty_cache()  # the graph has memory of its own
        self._graph = torch.cuda.CUDAGraph()
        # other threads (NCCL's watchdog, the backward pass) may go on with what they do
        with torch.cuda.graph(self._graph, self._pool, capture_error_mode="thread_local"):
            self._result = self._function(*self._inputs)

    def __call__(self, *inputs: Tensor) -> Result:
        """The result for inputs of the same shapes."""
        for place, given in zip(self._inputs, inputs, strict=True):
            place.copy_(given, non_blocking=True)
        if self._graph is None:
            return self._function(*self._inputs)
        self._graph.replay()
        return self._result


def captured(
    function: Callable[..., Result],
    inputs: Sequence[Tensor],
    device: torch.device,
    pool: Pool | None = None,
) -> tuple[Callable[..., Result], str | None]:
    """`function` as a `Captured`; where it cannot be captured itself, and the reason."""
    try:
        return Captured(function, inputs, device, pool), None
    except RuntimeError as error:
        return function, f"no CUDA graph: {error}"
