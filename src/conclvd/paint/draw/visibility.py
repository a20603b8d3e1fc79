"""What a viewer sees: the visible part of every layer, measured in composited frames."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from conclvd.paint.draw.compositor import Trace
from conclvd.paint.noise import FloatArray

# A change of this many grey levels (of 255) counts as fully seen.
_CLEAR = 26.0


@dataclass(frozen=True)
class Sight:
    """One layer in one frame, or its mean over frames.

    `visible` is the share of the picture in which it is seen, `x` and `y` (0 to 1) the centre of
    that, `count` the number of its pieces in the picture, and `free` the share of what would be
    seen of it if nothing stood in front.
    """

    visible: float
    x: float
    y: float
    count: int
    free: float


def sights(traces: list[Trace], width: int, height: int) -> dict[str, Sight]:
    """Per layer name, how much of it is seen in one frame, from its traces (farthest first).

    A pixel counts by how much the layer changed it, up to a clearly visible difference, times the
    transparency of everything in front: what has the colour of its surroundings is not seen.
    """
    found: dict[str, Sight] = {}
    x = (np.arange(width, dtype=np.float32) + 0.5) / width
    y = (np.arange(height, dtype=np.float32) + 0.5) / height
    for trace, rows, columns, drawn, seen in seen_parts(traces, width, height):
        total = float(seen.sum())
        if total > 0:
            cx = float(seen.sum(axis=0) @ x[columns]) / total
            cy = float(seen.sum(axis=1) @ y[rows]) / total
            free = total / float(drawn.sum())
            found[trace.layer.name] = Sight(total / (width * height), cx, cy, trace.count, free)
    return found


def seen_parts(
    traces: list[Trace], width: int, height: int
) -> Iterator[tuple[Trace, slice, slice, FloatArray, FloatArray]]:
    """Each trace, nearest first: its rows and columns, what it drew there, what is seen of that."""
    clear = np.ones((height, width), np.float32)
    for trace in reversed(traces):
        h, w = trace.cover.shape
        rows, columns = slice(trace.top, trace.top + h), slice(trace.left, trace.left + w)
        front = clear[rows, columns]
        drawn = np.minimum(trace.change * np.float32(1 / _CLEAR), 1)
        yield trace, rows, columns, drawn, drawn * front
        front *= 1 - trace.cover * np.float32(1 / 255)


def combined(frames: list[dict[str, Sight]]) -> dict[str, Sight]:
    """Mean of the measured frames, by layer name; a frame without the layer counts as zero."""
    gathered: dict[str, list[Sight]] = defaultdict(list)
    for frame in frames:
        for name, sight in frame.items():
            gathered[name].append(sight)
    means = {}
    for name, several in gathered.items():
        weights = np.array([sight.visible for sight in several])
        share = weights / weights.sum()
        means[name] = Sight(
            visible=float(weights.sum() / len(frames)),
            x=float(share @ [sight.x for sight in several]),
            y=float(share @ [sight.y for sight in several]),
            count=max(sight.count for sight in several),
            free=float(share @ [sight.free for sight in several]),
        )
    return means
