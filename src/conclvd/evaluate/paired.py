"""Rows as differences to one method, video by video of the same prompt and seed."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from conclvd.errors import InvalidRequest
from conclvd.evaluate.metric import Need, SetMetric
from conclvd.evaluate.registry import METRICS
from conclvd.evaluate.rows import Row

Key = tuple[str | None, int | None, str, str | None, str | None]


def differences(rows: Sequence[Row], method: str) -> list[Row]:
    """The rows of the other methods with the value of `method` taken off.

    Prompts and seeds are hard or easy for all methods alike: the interval of a mean difference is
    much narrower than those of the means suggest. Metrics of a whole set and of the cost are left
    out. Where `method` has no value of the same prompt and seed, the row says so. Raises
    InvalidRequest when there is no such method.
    """
    methods = list(dict.fromkeys(row.method for row in rows))
    if method not in methods or len(methods) < 2:
        raise InvalidRequest(
            f"there is nothing to compare with {method!r}; the rows are of {', '.join(methods)}"
        )
    known: dict[Key, list[float]] = {}
    for row in rows:
        if row.method == method and row.value is not None and row.prompt:
            known.setdefault(_key(row), []).append(row.value)
    return [_difference(row, known, method) for row in rows if row.method != method and _fits(row)]


def _fits(row: Row) -> bool:
    metric = METRICS.get(row.metric)
    return metric is None or not (isinstance(metric, SetMetric) or Need.MAKING in metric.needs)


def _difference(row: Row, known: dict[Key, list[float]], method: str) -> Row:
    if row.value is None:
        return row
    values = known.get(_key(row))
    if values is None:
        reason = f"{method} has no value of the same prompt and seed"
        return row.model_copy(update={"value": None, "n": 0, "skipped": reason})
    return row.model_copy(update={"value": row.value - fsum(values) / len(values)})


def _key(row: Row) -> Key:
    return row.prompt, row.seed, row.metric, row.clip, row.reference
