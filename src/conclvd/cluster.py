"""Work on a Ray cluster: one function over many things, or processes that stay.

Ray Data runs the first: it starts tasks as machines have room, and again where a machine goes down.
Files must have the same names on all machines, as a shared disk gives them, and conclvd be
installed.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any, ParamSpec, TypeVar

from conclvd.errors import ConclvdError, InvalidRequest

Item = TypeVar("Item")
Result = TypeVar("Result")
Given = ParamSpec("Given")


def each_on(
    address: str, function: Callable[[Item], Result], items: Sequence[Item], workers: int | None
) -> Iterator[Result]:
    """The results as they come, in any order; at most `workers` at once (None: what there is).

    `address` is Ray's: "auto" for the cluster that this machine is in, "local" to start one here
    that ends with the program. `function` and `items` must be picklable; what `function` raises is
    raised here. Raises InvalidRequest when there is no Ray or no cluster at the address.
    """
    if not items:
        return
    data = _connected(address).data
    from ray.exceptions import RayError

    def run(row: dict[str, Any]) -> dict[str, Any]:
        import cv2

        cv2.setNumThreads(1)  # a task is one core
        return {"result": pickle.dumps(_outcome(function, pickle.loads(row["item"])))}

    rows = [{"item": pickle.dumps(item)} for item in items]
    tasks = data.from_items(rows, override_num_blocks=len(rows)).map(
        run, num_cpus=1, compute=data.TaskPoolStrategy(workers)
    )
    try:
        for row in tasks.iter_rows():
            good, result = pickle.loads(row["result"])
            if not good:
                raise result
            yield result
    except RayError as error:
        raise ConclvdError(
            f"Ray gave up ({_said(error)}); see its logs, and start again"
        ) from error


def room(address: str) -> tuple[int, int]:
    """How many GPUs and how many machines there are; raises as `each_on` does."""
    ray = _connected(address)
    machines = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    return int(ray.cluster_resources().get("GPU", 0)), len(machines)


class RayProcess(Executor):
    """A process on a machine that has room, with a GPU of its own if `gpu`.

    Like a `workers.OwnProcess`, it keeps what a call leaves in its modules. It ends with the
    program that started it.
    """

    def __init__(self, address: str, *, gpu: bool) -> None:
        self._ray = _connected(address)
        actor = self._ray.remote(_Caller).options(
            num_cpus=1, num_gpus=int(gpu), scheduling_strategy="SPREAD"
        )
        self._caller = actor.remote()

    def submit(
        self, fn: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Result]:
        """Call `fn` there. What it raises is the future's; BrokenExecutor when the process ends."""
        answer: Future[Result] = Future()

        def take(done: Future[tuple[bool, Any]]) -> None:
            try:
                good, result = done.result()
            except self._ray.exceptions.RayError as error:
                good, result = False, BrokenExecutor(_said(error))
            (answer.set_result if good else answer.set_exception)(result)

        self._caller.call.remote(fn, *args, **kwargs).future().add_done_callback(take)
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """End the process, whatever it does."""
        self._ray.kill(self._caller)


class _Caller:
    """What runs in a process of Ray's."""

    def call(self, function: Callable[..., Any], *given: Any, **named: Any) -> tuple[bool, Any]:
        """What came of the function."""
        return _outcome(function, *given, **named)


def _outcome(function: Callable[..., Any], *given: Any, **named: Any) -> tuple[bool, Any]:
    """What the function returns, or what it raises, which Ray would wrap in its own."""
    try:
        return True, function(*given, **named)
    except Exception as error:
        return False, error


def _said(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _connected(address: str) -> Any:
    """Ray, connected and quiet."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise InvalidRequest(
            f"a cluster needs Ray, and {error.name} is not installed; run "
            "`pip install 'conclvd[ray]'`"
        ) from error
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if not ray.is_initialized():
        try:
            ray.init(
                address=address,
                include_dashboard=False if address == "local" else None,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InvalidRequest(
                f"there is no Ray cluster at {address!r} ({_said(error)}); start one with "
                "`ray start --head`, or say local"
            ) from error
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray
