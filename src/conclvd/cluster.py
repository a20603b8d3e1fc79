"""One function over many things, on a Ray cluster.

Ray Data runs it: it starts tasks as machines have room, and again where a machine goes down. Files
must have the same names on all machines, as a shared disk gives them, and conclvd be installed.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from conclvd.errors import ConclvdError, InvalidRequest

Item = TypeVar("Item")
Result = TypeVar("Result")


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
    data = _connected(address)
    from ray.exceptions import RayError

    def run(row: dict[str, Any]) -> dict[str, Any]:
        import cv2

        cv2.setNumThreads(1)  # a task is one core
        try:
            return {"result": pickle.dumps((True, function(pickle.loads(row["item"]))))}
        except Exception as error:  # Ray would wrap it in its own
            return {"result": pickle.dumps((False, error))}

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
        reason = str(error).strip().splitlines()[0]
        raise ConclvdError(f"Ray gave up ({reason}); see its logs, and start again") from error


def _connected(address: str) -> Any:
    """Ray Data, connected and quiet."""
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
            reason = str(error).strip().splitlines()[0]
            raise InvalidRequest(
                f"there is no Ray cluster at {address!r} ({reason}); start one with `ray start "
                "--head`, or say local"
            ) from error
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray.data
