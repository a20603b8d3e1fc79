"""One function over many things, on all cores or on a cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

from conclvd.errors import ConclvdError

STOPPING: Final = 10  # seconds that a process has to end by itself
Item = TypeVar("Item")
Result = TypeVar("Result")
Given = ParamSpec("Given")


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int | None,
    cluster: str | None = None,
) -> Iterator[Result]:
    """The results as they come, in any order; None for `workers` is one a core.

    1 worker works in this process. `function` and `items` must be picklable. When the caller stops,
    what is in work is finished. `cluster` is the address of a Ray cluster that works instead; see
    `cluster.each_on`. Raises ConclvdError when a process is ended from outside.
    """
    if cluster is not None:
        from conclvd.cluster import each_on

        yield from each_on(cluster, function, items, workers)
        return
    count = min(workers or cores(), len(items))
    if count <= 1:
        yield from map(function, items)
        return
    pool = ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_quiet
    )
    waiting = iter(items)
    running: set[Future[Result]] = set()
    try:
        while True:
            for item in waiting:  # two a worker in the queue: stopping stays quick
                with one_thread_each():  # a submit may start a process
                    running.add(pool.submit(function, item))
                if len(running) >= 2 * count:
                    break
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise ConclvdError(
            "a worker process was ended from outside, as when memory runs out; start again, with "
            "fewer --workers"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class Here(Executor):
    """This process: a call is done when `submit` returns."""

    def submit(
        self, fn: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Result]:
        """Call `fn`. Ctrl-C is raised here and now."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class OwnProcess(ProcessPoolExecutor):
    """One process; what a call leaves in its modules is there for the next one."""

    def __init__(self) -> None:
        super().__init__(
            1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_alone
        )
        others = multiprocessing.active_children()
        self.submit(os.getpid)  # starts it
        (self.process,) = set(multiprocessing.active_children()).difference(others)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """End the process; of what it does, only what is being written is finished."""
        self.process.terminate()
        late = threading.Timer(STOPPING, self.process.kill)
        late.start()
        super().shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            late.cancel()


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes that are started meanwhile compute on one thread each, for they share the cores.

    numpy's and torch's libraries read it when they are loaded, which a process's own first line may
    be too late for. On 32 cores 28 painters with 32 threads each paint a fifth of the clips.
    """
    name = "OMP_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _quiet() -> None:
    _begin()
    import cv2

    cv2.setNumThreads(1)


def _begin_alone() -> None:
    _begin()
    # raised within a call, it is the end of the call alone, and the shutdown that of the process
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())


def _begin() -> None:
    """Ctrl-C reaches the whole group of processes; the parent alone answers it.

    However the parent ends, killed too, its processes end with it: nobody would take their results.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
