"""Frames between keyframes by optical flow and the projection on the last frame (section 3.5).

Any video in, from any model; nothing is trained (docs/method.md 6).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch

from conclvd.interpolation.flow import FlowEstimator
from conclvd.interpolation.keyframes import Keyframe, keyframes
from conclvd.interpolation.pairs import Pairs
from conclvd.interpolation.settings import Settings
from conclvd.tensors import Frame, Frames


@dataclass
class Tally:
    """What was met on the way: frames read, those before which there is a cut, and repeats."""

    frames: int = 0
    cuts: list[int] = field(default_factory=list)
    repeats: int = 0


def interpolate(
    frames: Frames,
    estimator: FlowEstimator,
    settings: Settings | None = None,
    *,
    device: torch.device | str = "cpu",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Frames:
    """2t-1 frames out of t, for one pass: the keyframes, unchanged, and one between any two.

    `progress` is called with the pairs that are done and their number.
    """
    settings = settings or Settings()
    pairs, parts = len(frames) - 1, 2**settings.passes
    found = np.empty((parts * pairs + 1, *frames.shape[1:]), np.uint8)
    for index, frame in enumerate(stream(frames, estimator, settings, device=device)):
        found[index] = frame
        if index and index % parts == 0:
            progress(index // parts, pairs)
    return found


def stream(
    frames: Iterable[Frame],
    estimator: FlowEstimator,
    settings: Settings,
    *,
    device: torch.device | str = "cpu",
    tally: Tally | None = None,
) -> Iterator[Frame]:
    """The frames of a video and those between them, one by one, in bounded memory.

    Keyframes come out as they are. Nothing is invented across a cut: the frame before it is held.
    `tally` counts what is met.
    """
    tally = tally if tally is not None else Tally()
    source = keyframes(_counted(frames, tally), merge_repeats=settings.merge_repeats)
    window: deque[Keyframe] = deque()
    with closing(Pairs(estimator, settings, torch.device(device))) as pairs:
        while True:
            ahead = max(2, settings.reach)  # a pair looks at the keyframe after it
            window.extend(islice(source, ahead + pairs.at_once - len(window)))
            taken = min(pairs.at_once, len(window) - 1)
            if taken < 1:
                break
            for key, between in zip(window, pairs.between(window, taken), strict=False):
                yield key.frame
                yield from between
                tally.repeats += key.shown - 1
            for _ in range(taken):
                left = window.popleft()
                if left.shot != window[0].shot:
                    tally.cuts.append(window[0].start)
    if window:
        tally.repeats += window[0].shown - 1
        held = 2**settings.passes * (window[0].shown - 1)
        yield from [window[0].frame] * (held + 1)


def _counted(frames: Iterable[Frame], tally: Tally) -> Iterator[Frame]:
    for frame in frames:
        tally.frames += 1
        yield frame
