"""All metrics by name, in the order of the table's columns."""

from __future__ import annotations

from collections.abc import Sequence

from conclvd.errors import InvalidRequest
from conclvd.evaluate.metric import ClipMetric, Metric, Need, SetMetric, VideoMetric
from conclvd.evaluate.metrics import (
    blank,
    clip_temp,
    clip_text,
    cost,
    edges,
    feature_distance,
    flicker,
    ink_style,
    loop_error,
    motion,
    palette,
    saturation,
    tones,
    warp_error,
    washes,
)

_ALL: tuple[VideoMetric | ClipMetric | SetMetric, ...] = (
    clip_text.METRIC,
    clip_temp.METRIC,
    motion.DYNAMIC_DEGREE,
    motion.MEAN_FLOW,
    flicker.METRIC,
    warp_error.METRIC,
    loop_error.METRIC,
    feature_distance.METRIC,
    blank.SPACE,
    ink_style.METRIC,
    tones.METRIC,
    blank.METRIC,
    saturation.METRIC,
    palette.METRIC,
    edges.METRIC,
    washes.METRIC,
    cost.SECONDS,
    cost.PEAK_MEMORY,
)
METRICS = {metric.name: metric for metric in _ALL}


def choose(
    names: Sequence[str] | None, there: frozenset[Need]
) -> tuple[list[VideoMetric | ClipMetric], list[SetMetric]]:
    """The metrics called `names` with their companions, or all that can be had with what is there.

    Raises InvalidRequest for an unknown name, and for a metric that needs what is not there.
    """
    if names is None:
        chosen = {name for name, metric in METRICS.items() if metric.needs <= there}
    else:
        chosen = set(with_companions(names))
        for name in chosen:
            missing = METRICS[name].needs - there
            if missing:
                needed = " and ".join(sorted(need.value for need in missing))
                raise InvalidRequest(f"the metric {name} needs {needed}; give it, or leave it out")
    ordered: list[Metric] = [metric for name, metric in METRICS.items() if name in chosen]
    return (
        [metric for metric in ordered if isinstance(metric, (VideoMetric, ClipMetric))],
        [metric for metric in ordered if isinstance(metric, SetMetric)],
    )


def with_companions(names: Sequence[str]) -> list[str]:
    """The names, and after each the metrics without which it misleads.

    Raises InvalidRequest for one that is not a metric's.
    """
    for name in names:
        if name not in METRICS:
            raise InvalidRequest(f"there is no metric {name!r}; there are {', '.join(METRICS)}")
    found = [other for name in names for other in (name, *METRICS[name].companions)]
    return list(dict.fromkeys(found))
