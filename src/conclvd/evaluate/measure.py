"""From videos and metrics to rows; what keeps a number from being found is in its row."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from conclvd.errors import MediaError
from conclvd.evaluate.entry import Entry
from conclvd.evaluate.features import FeatureSets
from conclvd.evaluate.metric import Measured, Metric, Need, SetMetric, VideoMetric
from conclvd.evaluate.rows import Row
from conclvd.evaluate.sample import Sample, Tools
from conclvd.evaluate.video_set import NO_PROMPT, NO_VIDEO
from conclvd.tensors import Frames
from conclvd.video.read import read_frames

SMALLEST = 16  # pixels a side, below which flow cannot be found
NOT_FINITE = "not a finite number"


def measure_videos(
    entries: Sequence[Entry],
    metrics: Sequence[VideoMetric],
    tools: Tools,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Row]:
    """A row for each video and metric, in the order of the videos.

    The videos of a method must be of one size, that of most of them: what depends on the size
    could not be averaged over them. `report` is called with the videos done and their number.
    """
    sizes = [_size(entry) for entry in entries]
    usual = usual_sizes(entries, sizes)
    for done, (entry, size) in enumerate(zip(entries, sizes, strict=True), 1):
        yield from _measure(entry, _unfit(size, usual.get(entry.method)), metrics, tools)
        report(done, len(entries))


def measure_sets(sets: FeatureSets, metrics: Sequence[SetMetric]) -> Iterator[Row]:
    """A row for each method and metric, out of the methods' features."""
    reference = sets.reference
    for method, features in sets.methods.items():
        broken = sum((~np.isfinite(each).all(1)).sum() for each in (features, reference))
        for metric in metrics:
            found = (
                Measured(None, 0, f"{broken} features are not finite")
                if broken
                else _finite(metric.measure(features, reference))
            )
            yield _row(Entry(method, None, None, None, None), metric, found, reference=sets.name)


def usual_sizes(
    entries: Sequence[Entry], sizes: Sequence[tuple[int, int] | str]
) -> dict[str, tuple[int, int]]:
    """The size (height, width) that most videos of each method have; the first of equals."""
    found: dict[str, Counter[tuple[int, int]]] = {}
    for entry, size in zip(entries, sizes, strict=True):
        if not isinstance(size, str):
            found.setdefault(entry.method, Counter())[size] += 1
    return {method: counts.most_common(1)[0][0] for method, counts in found.items()}


def _size(entry: Entry) -> tuple[int, int] | str:
    """Height and width of the first frame, or why there is none."""
    if entry.path is None:
        return entry.absent or NO_VIDEO
    try:
        first = next(iter(read_frames(entry.path)), None)
    except MediaError as error:
        return _unreadable(error, entry)
    return "unreadable: it has no frames" if first is None else (first.shape[0], first.shape[1])


def _unfit(size: tuple[int, int] | str, usual: tuple[int, int] | None) -> str | None:
    """Why a video of this size cannot be measured; None when it can."""
    if isinstance(size, str):
        return size
    if min(size) < SMALLEST:
        return f"{_shown(size)} pixels; at least {SMALLEST} a side are needed"
    if usual is not None and size != usual:
        return f"{_shown(size)} pixels, where most of its method have {_shown(usual)}"
    return None


def _measure(
    entry: Entry, unfit: str | None, metrics: Sequence[VideoMetric], tools: Tools
) -> Iterator[Row]:
    frames = unfit or _frames(entry)
    sample = None if isinstance(frames, str) else Sample(frames, entry.prompt, tools, entry.making)
    for metric in metrics:
        if Need.MAKING in metric.needs and entry.making is None:
            continue  # nobody noted it: nothing was lost in measuring
        if sample is None:
            found = Measured(None, 0, str(frames))
        elif Need.PROMPT in metric.needs and not sample.prompt:
            found = Measured(None, 0, NO_PROMPT)
        elif Need.PAIRS in metric.needs and sample.pairs < 1:
            found = Measured(None, 0, "a single frame; two are needed")
        else:
            found = _finite(metric.measure(sample))
        yield _row(
            entry,
            metric,
            found,
            clip=tools.clip.name if tools.clip and Need.CLIP in metric.needs else None,
            reference=tools.reference.name
            if tools.reference and Need.REFERENCE in metric.needs
            else None,
            device=entry.making.device if entry.making and Need.MAKING in metric.needs else None,
        )


def _frames(entry: Entry) -> Frames | str:
    """All frames of a video, or why it cannot be measured."""
    assert entry.path is not None
    try:
        frames = list(read_frames(entry.path))
    except MediaError as error:
        return _unreadable(error, entry)
    if len({frame.shape for frame in frames}) > 1:
        return "its frames differ in size"
    return np.stack(frames)


def _unreadable(error: MediaError, entry: Entry) -> str:
    """The reason without the path, so that equal reasons are counted together."""
    reason = str(error).replace(str(entry.path), "the file")
    return "unreadable: " + re.sub(r"^cannot read the file( as a video)?: ", "", reason)


def _finite(found: Measured) -> Measured:
    if found.value is not None and not math.isfinite(found.value):
        return Measured(None, 0, f"{NOT_FINITE}: {found.value}")
    return found


def _shown(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"


def _row(
    entry: Entry,
    metric: Metric,
    found: Measured,
    *,
    clip: str | None = None,
    reference: str | None = None,
    device: str | None = None,
) -> Row:
    return Row(
        method=entry.method,
        video=entry.name,
        prompt=entry.prompt,
        seed=entry.seed,
        metric=metric.name,
        value=found.value,
        n=found.n,
        skipped=found.skipped,
        interval=found.interval,
        clip=clip,
        reference=reference,
        device=device,
    )
