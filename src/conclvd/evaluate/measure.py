"""From videos and metrics to rows; what keeps a number from being found is in its row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from conclvd.evaluate.clip import Clip
from conclvd.evaluate.entry import Entry
from conclvd.evaluate.features import FeatureSets
from conclvd.evaluate.metric import (
    ClipMetric,
    Embedded,
    Measured,
    Metric,
    Need,
    SetMetric,
    VideoMetric,
)
from conclvd.evaluate.registry import METRICS
from conclvd.evaluate.rows import Row
from conclvd.evaluate.sample import Tools
from conclvd.evaluate.seeing import Eye, Seen, is_noted, lacks, shown
from conclvd.evaluate.style import Feature
from conclvd.workers import each

CHUNK = 8  # videos that a process takes at a time
NOT_FINITE = "not a finite number"


def measure_videos(
    entries: Sequence[Entry],
    metrics: Sequence[VideoMetric | ClipMetric],
    tools: Tools,
    clip: Clip | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
    workers: int | None = 1,
) -> Iterator[Row]:
    """A row for each video and metric, in the order of the videos, once all are measured.

    The videos of a method must be of one size, that of most of them: what depends on the size
    could not be averaged over them. `clip` is what ClipMetrics judge by, in this process; all else
    is done by `workers` processes, one a core when it is None. `report` is called with the videos
    done and their number.
    """
    by_clip = [metric for metric in metrics if isinstance(metric, ClipMetric)]
    plain = [metric for metric in metrics if isinstance(metric, VideoMetric)]
    parts = [(start, entries[start : start + CHUNK]) for start in range(0, len(entries), CHUNK)]
    if tools.reference is not None:
        features = _features(plain)
        tools.reference.check([*features, *_features(METRICS.values())])
        tools = replace(tools, reference=tools.reference.without_pictures(features))
    eye = Eye(
        [metric.name for metric in plain], tools, clip.processor if clip and by_clip else None
    )
    seen: dict[int, Seen | str] = {}
    for start, found in each(eye.look, parts, workers):
        these = entries[start : start + len(found)]
        judged = _judged(these, found, by_clip, clip)
        seen |= dict(enumerate(judged, start))
        report(len(seen), len(entries))
    everything = [seen[number] for number in range(len(entries))]
    sizes = [one if isinstance(one, str) else one.size for one in everything]
    usual = usual_sizes(entries, sizes)
    for entry, one in zip(entries, everything, strict=True):
        yield from _rows(entry, _fitting(one, usual.get(entry.method)), metrics, tools, clip)


def measure_sets(sets: FeatureSets, metrics: Sequence[SetMetric]) -> Iterator[Row]:
    """A row for each method and metric, out of the methods' features."""
    reference = sets.reference
    for method, features in sets.methods.items():
        broken = sum((~np.isfinite(each).all(1)).sum() for each in (features, reference))
        for metric in metrics:
            found = (
                Measured(None, 0, f"{broken} features are not finite")
                if broken
                else metric.measure(features, reference)
            )
            yield _row(Entry(method), metric, found, clip=None, reference=sets.name)


def _features(metrics: Iterable[Metric]) -> list[Feature]:
    of_videos = (metric for metric in metrics if isinstance(metric, VideoMetric))
    return list(dict.fromkeys(each for metric in of_videos for each in metric.features))


def usual_sizes(
    entries: Sequence[Entry], sizes: Sequence[tuple[int, int] | str]
) -> dict[str, tuple[int, int]]:
    """The size (height, width) that most videos of each method have; the largest of equals."""
    found: dict[str, Counter[tuple[int, int]]] = {}
    for entry, size in zip(entries, sizes, strict=True):
        if not isinstance(size, str):
            found.setdefault(entry.method, Counter())[size] += 1
    return {
        method: max(counts, key=lambda size: (counts[size], size[0] * size[1], size))
        for method, counts in found.items()
    }


def _judged(
    entries: Sequence[Entry],
    seen: Sequence[Seen | str],
    metrics: Sequence[ClipMetric],
    clip: Clip | None,
) -> list[Seen | str]:
    """`seen` with what a CLIP says, which embeds the frames of all in one go, in place of them."""
    pictures = [one.pictures for one in seen if isinstance(one, Seen) and one.pictures is not None]
    if clip is None or not pictures:
        return list(seen)
    counts = [len(each) for each in pictures]
    embedded = iter(torch.split(clip.pictures(torch.cat(pictures)), counts))

    def judged(entry: Entry, one: Seen) -> Seen:
        video = Embedded(next(embedded), clip.prompt(entry.prompt) if entry.prompt else None)
        found = dict(one.found)
        for metric in metrics:
            lacking = lacks(metric, entry, one.frames)
            found[metric.name] = Measured(None, 0, lacking) if lacking else metric.measure(video)
        return replace(one, found=found, pictures=None)

    return [
        one if isinstance(one, str) else judged(entry, one)
        for entry, one in zip(entries, seen, strict=True)
    ]


def _fitting(seen: Seen | str, usual: tuple[int, int] | None) -> Seen | str:
    """A video of the usual size; of another one the reason why it is left out."""
    if isinstance(seen, str) or usual is None or seen.size == usual:
        return seen
    return f"{shown(seen.size)} pixels, where most of its method have {shown(usual)}"


def _rows(
    entry: Entry,
    seen: Seen | str,
    metrics: Sequence[Metric],
    tools: Tools,
    clip: Clip | None,
) -> Iterator[Row]:
    for metric in metrics:
        if not is_noted(metric, entry):
            continue  # nobody noted it: nothing was lost in measuring
        needs = metric.needs
        by: dict[str, Any] = {"clip": clip.name if clip and Need.CLIP in needs else None}
        if tools.reference and Need.REFERENCE in needs:
            by["reference"] = tools.reference.name
        if Need.FLOW in needs:
            by["flow"] = tools.flow_name
            by["flow_size"] = None if isinstance(seen, str) else seen.size[::-1]
        if entry.making and Need.MAKING in needs:
            by["device"] = entry.making.device
        found = Measured(None, 0, seen) if isinstance(seen, str) else seen.found[metric.name]
        yield _row(entry, metric, found, **by)


def _row(entry: Entry, metric: Metric, found: Measured, **by: Any) -> Row:
    """A row, without a value that is no number; `by` is what it was measured by."""
    if found.value is not None and not math.isfinite(found.value):
        found = Measured(None, 0, f"{NOT_FINITE}: {found.value}")
    return Row(
        method=entry.method,
        video=entry.name,
        prompt=entry.prompt,
        seed=entry.seed,
        metric=metric.name,
        **vars(found),
        **by,
    )
