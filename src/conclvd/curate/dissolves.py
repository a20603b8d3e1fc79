"""Dissolves and fades: where one picture turns into another without a cut.

In a dissolve the frame half-way is the mean of the frames around it, while those have nothing in
common. In motion the second holds less, and the first not at all: things move, they do not mix.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Final

import numpy as np
from jaxtyping import Float32

SIZE: Final = (64, 36)  # width and height of the grey frames that are compared
_REACHES: Final = (1 / 6, 1 / 3, 2 / 3, 1, 3 / 2)  # seconds before and after
_CHANGE: Final = 8.0  # mean difference of the two sides, of 255, that makes another picture
_UNMIXED: Final = 0.35  # what is left of it when the mean is taken away; a hard cut leaves 0.5
_ALIKE: Final = 0.35  # correlation of the details of both sides
_JUMP: Final = 0.35  # part of the change in one step that makes a hard cut
_BLACK: Final = 28.0  # luma that bars do not exceed
_FLAT: Final = 0.3  # standard deviation of a picture without details
_BLUR: Final = 3.0  # details are what is finer than this, in pixels

Grey = Float32[np.ndarray, "36 64"]


@dataclass(frozen=True)
class Dissolve:
    """Frames `start` to `stop` - 1 are a mixture; `change` is how far apart its two sides are."""

    start: int
    stop: int
    change: float


class DissolveFinder:
    """Finds dissolves in frames that come one by one; holds three seconds of them."""

    def __init__(self, fps: Fraction) -> None:
        self._reaches = sorted({max(2, round(seconds * fps)) for seconds in _REACHES})
        self._kept: deque[Grey] = deque(maxlen=2 * self._reaches[-1] + 1)
        self._steps: deque[float] = deque(maxlen=self._kept.maxlen)  # from the frame before
        self._seen = 0
        self._best: tuple[float, Dissolve] | None = None
        self._last_candidate = -1
        self._found: list[Dissolve] = []

    def see(self, grey: Grey) -> None:
        """Take the next frame, luma 0 to 255."""
        last = self._kept[-1] if self._kept else grey
        self._kept.append(grey)
        self._steps.append(float(np.abs(grey - last).mean()))
        self._seen += 1
        if len(self._kept) == self._kept.maxlen:
            first = self._seen == self._kept.maxlen  # only now the first frames can be judged
            for middle in range(
                self._reaches[0] if first else self._reaches[-1], self._reaches[-1] + 1
            ):
                self._judge(middle)

    def finish(self) -> None:
        """There are no more frames."""
        reach = self._reaches[-1]
        first = reach + 1 if len(self._kept) == self._kept.maxlen else self._reaches[0]
        for middle in range(first, len(self._kept) - self._reaches[0]):
            self._judge(middle)
        self._settle()

    def settled_until(self) -> int:
        """The frame before which no further dissolve will be found to begin."""
        settled = self._seen - 2 * self._reaches[-1] - 4
        return settled if self._best is None else min(settled, self._best[1].start)

    def take(self, until: int) -> list[Dissolve]:
        """The dissolves that begin before frame `until` and were not taken yet, in order."""
        taken = sorted((d for d in self._found if d.start < until), key=lambda d: d.start)
        self._found = [d for d in self._found if d.start >= until]
        return taken

    def _judge(self, middle: int) -> None:
        """Is kept frame `middle` the middle of a dissolve?"""
        frame = self._seen - len(self._kept) + middle
        if self._best is not None and frame > self._last_candidate + 2:
            self._settle()
        for reach in self._reaches:
            if middle - reach < 0 or middle + reach >= len(self._kept):
                break
            score = self._score(middle, reach)
            if score is None:
                continue
            self._last_candidate = frame
            if self._best is None or score > self._best[0]:
                self._best = score, self._extent(middle, reach, frame)

    def _settle(self) -> None:
        if self._best is not None:
            self._found.append(self._best[1])
        self._best = None

    def _score(self, middle: int, reach: int) -> float | None:
        """How well the change around the frame is explained by mixing; None for not at all."""
        window = [self._kept[index] for index in range(middle - reach, middle + reach + 1)]
        before, after = window[0], window[-1]
        change = float(np.abs(after - before).mean())
        if change < _CHANGE:
            return None
        unmixed = float(np.abs(window[reach] - (before + after) / 2).mean()) / change
        if unmixed > _UNMIXED:
            return None
        steps = islice(self._steps, middle - reach + 1, middle + reach + 1)
        if max(steps) > _JUMP * change:
            return None
        # with a third picture in between, these are no mixture of the two sides
        if any(_off(frame, window[0], window[-1]) > _UNMIXED * change for frame in window[::4]):
            return None
        return None if _alike(before, after) > _ALIKE else change * (1 - unmixed)

    def _extent(self, middle: int, reach: int, frame: int) -> Dissolve:
        """From the slope of the mixture around its middle."""
        before, after = self._kept[middle - reach], self._kept[middle + reach]
        way = after - before
        change = float(np.abs(way).mean())
        length = float((way * way).sum())
        parts = np.array(
            [
                float(((self._kept[i] - before) * way).sum()) / length
                for i in range(middle - reach, middle + reach + 1)
            ]
        )
        inside = (parts > 0.15) & (parts < 0.85)
        if not inside[reach]:
            return Dissolve(frame, frame + 1, change)
        out = np.flatnonzero(~inside)
        first = int(out[out < reach].max(initial=-1)) + 1
        mixed = np.arange(first, int(out[out > reach].min(initial=len(parts))))
        if len(mixed) < 2:
            return Dissolve(frame, frame + 1, change)
        slope, offset = np.polyfit(mixed, parts[mixed], 1)
        if slope <= 0.35 / reach:  # longer than the reach: take all of it
            return Dissolve(frame - reach, frame + reach + 1, change)
        start = round(-offset / slope) + frame - reach + 1
        stop = round((1 - offset) / slope) + frame - reach
        return Dissolve(max(0, min(start, frame)), max(stop, frame + 1), change)


def _off(frame: Grey, before: Grey, after: Grey) -> float:
    """Mean difference of a frame and the nearest mixture of two others."""
    way = after - before
    part = float(((frame - before) * way).sum() / (way * way).sum())
    return float(np.abs(frame - before - part * way).mean())


def _alike(one: Grey, other: Grey) -> float:
    """Correlation of two pictures' details, bars left out, where they fit best; 0 without any.

    The first is moved over the second by up to an eighth of its sides: pans are no dissolves.
    """
    import cv2

    lit = np.maximum(one, other) > _BLACK
    rows, columns = lit.mean(axis=1) > 0.1, lit.mean(axis=0) > 0.1
    if rows.sum() < 8 or columns.sum() < 8:
        return 0.0
    one, other = (picture[rows][:, columns] for picture in (one, other))
    one, other = (picture - cv2.GaussianBlur(picture, (0, 0), _BLUR) for picture in (one, other))
    down, across = (max(1, side // 8) for side in one.shape)
    middle = one[down:-down, across:-across]
    if middle.std() < _FLAT or other.std() < _FLAT:
        return 0.0
    return float(cv2.matchTemplate(other, middle, cv2.TM_CCOEFF_NORMED).max())
