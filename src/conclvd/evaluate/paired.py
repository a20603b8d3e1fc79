"""Rows as differences to one method, video by video of the same prompt and, where it can, seed."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from conclvd.errors import InvalidRequest
from conclvd.evaluate.metric import Need, SetMetric
from conclvd.evaluate.registry import METRICS
from conclvd.evaluate.rows import Row, by_method

Flow = tuple[str | None, tuple[int, int] | None]
Key = tuple[str | None, int | str | None, str, str | None, str | None, Flow]
ANY_SEED = "any"  # in place of a seed, which may be None


def differences(rows: Sequence[Row], method: str) -> list[Row]:
    """The rows of the other methods with the value of `method` taken off.

    Prompts and seeds are hard or easy for all methods alike: the interval of a mean difference is
    much narrower than those of the means suggest. From the values of methods of `own_seeds` the
    mean of `method` over the seeds of the same prompt is taken off. Metrics of a whole set and of
    the cost are left out. Where `method` has no value to take off, the row says so. Raises
    InvalidRequest when there is no such method.
    """
    methods = list(dict.fromkeys(row.method for row in rows))
    if method not in methods or len(methods) < 2:
        raise InvalidRequest(
            f"there is nothing to compare with {method!r}; the rows are of {', '.join(methods)}"
        )
    alone = own_seeds(rows, method)
    known: dict[Key, list[float]] = {}
    for row in rows:
        if row.method == method and row.value is not None and row.prompt:
            for key in (_key(row), _key(row, seeds=False)):
                known.setdefault(key, []).append(row.value)
    return [
        _difference(row, known, method, seeds=row.method not in alone)
        for row in rows
        if row.method != method and _fits(row)
    ]


def own_seeds(rows: Sequence[Row], method: str) -> list[str]:
    """The other methods whose seeds are all others than those of `method`, as external ones' are.

    Their noise has nothing in common: a video is as well compared with one seed as with another.
    """
    seeds = by_method(rows, lambda row: row.seed)
    own = seeds.pop(method, None)
    return [] if own is None else [name for name in seeds if seeds[name].isdisjoint(own)]


def _fits(row: Row) -> bool:
    metric = METRICS.get(row.metric)
    return metric is None or not (isinstance(metric, SetMetric) or Need.MAKING in metric.needs)


def _difference(row: Row, known: dict[Key, list[float]], method: str, *, seeds: bool) -> Row:
    if row.value is None:
        return row
    values = known.get(_key(row, seeds))
    if values is None:
        by = " by this flow at this size" if row.flow else ""
        reason = f"{method} has no value of the same prompt{' and seed' if seeds else ''}{by}"
        return row.model_copy(update={"value": None, "n": 0, "skipped": reason})
    return row.model_copy(update={"value": row.value - fsum(values) / len(values)})


def _key(row: Row, seeds: bool = True) -> Key:
    """What rows must have in common for their values to be compared."""
    flow = row.flow, row.flow_size
    return row.prompt, row.seed if seeds else ANY_SEED, row.metric, row.clip, row.reference, flow
