"""The frames between neighbouring keyframes, with the flows that more than one pair needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.interpolation.between import Motion, in_between
from conclvd.interpolation.distance import agreed, bend, distance_map, sparse_set
from conclvd.interpolation.flow import FlowEstimator, to_frames
from conclvd.interpolation.keyframes import Keyframe
from conclvd.interpolation.settings import Settings
from conclvd.interpolation.warp import sample
from conclvd.tensors import Frame

MOST = 4  # pieces at once; each needs memory for some 60 floats a pixel
GPU_BATCH = 4  # pairs in one tensor: a GPU has little to do for a single one

Item = TypeVar("Item")
Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Workers:
    """As many threads as torch computes with, at most four; none where a GPU works.

    Between two frames lie hundreds of short operations. Where the cores share each of them, all
    wait for the slowest every time, for long when other programs keep it busy; with a pair of
    frames a core nobody waits until the end.
    """

    def __init__(self, device: torch.device) -> None:
        self._cores = torch.get_num_threads()
        self.count = min(self._cores, MOST) if device.type == "cpu" else 1
        own = self._cores // self.count
        self._pool = (
            ThreadPoolExecutor(self.count, initializer=torch.set_num_threads, initargs=(own,))
            if self.count > 1
            else None
        )

    def close(self) -> None:
        """Wait for what is in work; what is not begun is dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            # Threads that others start later begin with the number that was set last.
            torch.set_num_threads(self._cores)

    def map(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> list[Result]:
        """The results, in order, without gradients."""

        def work(piece: Piece) -> Result:
            with torch.inference_mode():
                return function(piece)

        return list((self._pool.map if self._pool is not None else map)(work, pieces))


class Pairs:
    """What comes between the first keyframes of a window that moves on through a video.

    `at_once` pairs are best asked for at a time.
    """

    def __init__(self, estimator: FlowEstimator, settings: Settings, device: torch.device) -> None:
        self._estimator, self._settings, self._device = estimator, settings, device
        self._workers = Workers(device)
        self._batch = settings.batch or (GPU_BATCH if device.type == "cuda" else 1)
        self.at_once = self._batch * self._workers.count
        self._flows: dict[tuple[int, int], Tensor] = {}
        self._left: Keyframe | None = None  # the last one before the window

    def close(self) -> None:
        """Stop working."""
        self._workers.close()

    def between(self, window: Sequence[Keyframe], count: int) -> list[list[Frame]]:
        """What comes after each of the first `count` keyframes of the window."""
        window = list(window)
        keys = window[: count + 1]
        moving = [
            index
            for index, (key, following) in enumerate(pairwise(keys))
            if key.shot == following.shot and not np.array_equal(key.frame, following.frame)
        ]
        found = [[key.frame] * (self._times(key) - 1) for key in keys[:-1]]
        self._find_flows([pair for index in moving for pair in self._needed(window, index)])

        def fill(indices: Sequence[int]) -> None:
            for index, step, picture in self._made(window, indices):
                found[index][step - 1] = picture

        self._workers.map(fill, _chunks(moving, self._batch))
        self._forget(window[count].start)
        self._left = window[count - 1]
        return found

    def _times(self, key: Keyframe) -> int:
        """Into how many steps the time from a keyframe to the next is divided."""
        return int(2**self._settings.passes) * key.shown

    def _needed(
        self, window: Sequence[Keyframe], index: int
    ) -> Iterator[tuple[Keyframe, Keyframe]]:
        """Source and target of all flows that the pair at `index` of the window needs."""
        first, second = window[index], window[index + 1]
        yield from ((first, second), (second, first))
        last = self._last(window, index)
        if last > index + 1:
            yield from ((first, window[last]), (window[last], first), (second, window[index + 2]))

    def _find_flows(self, pairs: Sequence[tuple[Keyframe, Keyframe]]) -> None:
        wanted = {(source.start, target.start): (source, target) for source, target in pairs}
        names = [name for name in wanted if name not in self._flows]

        def find(chosen: Sequence[tuple[int, int]]) -> Tensor:
            sources = self._pictures([wanted[name][0].frame for name in chosen])
            targets = self._pictures([wanted[name][1].frame for name in chosen])
            return self._estimator.flows(sources, targets)

        chunks = _chunks(names, self._batch)
        for chosen, flows in zip(chunks, self._workers.map(find, chunks), strict=True):
            self._flows.update(zip(chosen, flows, strict=True))

    def _made(
        self, window: Sequence[Keyframe], indices: Sequence[int]
    ) -> Iterator[tuple[int, int, Frame]]:
        """The frames between, each with the index of its pair and its step."""
        motion = self._motion(window, indices)
        places = [
            (row, index, step)
            for row, index in enumerate(indices)
            for step in range(1, self._times(window[index]))
        ]
        for chosen in _chunks(places, self._batch):
            times = [step / self._times(window[index]) for _, index, step in chosen]
            pictures = in_between(motion.rows([row for row, _, _ in chosen]), self._numbers(times))
            for (_, index, step), picture in zip(chosen, to_frames(pictures), strict=True):
                yield index, step, picture

    def _motion(self, window: Sequence[Keyframe], indices: Sequence[int]) -> Motion:
        pairs = [(window[index], window[index + 1]) for index in indices]
        forward = self._flow(pairs)
        motion = Motion(
            first=self._pictures([before.frame for before, _ in pairs]),
            second=self._pictures([after.frame for _, after in pairs]),
            forward=forward,
            backward=self._flow([(after, before) for before, after in pairs]),
            bend=torch.zeros_like(forward[:, :1]),
            around=self._around(window, indices),
        )
        self._project(window, indices, motion)
        return motion

    def _project(self, window: Sequence[Keyframe], indices: Sequence[int], motion: Motion) -> None:
        """Fill in the bends of those pairs that have a later frame to project on."""
        rows = [row for row, index in enumerate(indices) if self._last(window, index) > index + 1]
        if not rows:
            return
        starts = [indices[row] for row in rows]
        firsts = [window[index] for index in starts]
        lasts = [window[self._last(window, index)] for index in starts]
        to_last = self._flow(list(zip(firsts, lasts, strict=True)))
        last_back = self._flow(list(zip(lasts, firsts, strict=True)))
        step, step_back = motion.forward[rows], motion.backward[rows]
        next_step = self._flow([(window[index + 1], window[index + 2]) for index in starts])
        two_steps = step + sample(next_step, step)
        far = bend(distance_map(step, to_last), self._steps(window, starts, lasts))
        seconds = [window[index + 2] for index in starts]
        near = bend(distance_map(step, two_steps), self._steps(window, starts, seconds))
        sparse = sparse_set(step, step_back, to_last, last_back)
        motion.bend[rows] = agreed(far, near, sparse, step)

    def _around(
        self, window: Sequence[Keyframe], indices: Sequence[int]
    ) -> Float[Tensor, "b k 3 h w"]:
        """The keyframes before and after each pair, for SOFP; one twice at an end of the shot."""
        if self._settings.mode == "linear":
            return torch.empty(len(indices), 0, 1, 1, 1, device=self._device)
        neighbours = [self._neighbours(window, index) for index in indices]
        return torch.stack([self._pictures(frames) for frames in zip(*neighbours, strict=True)], 1)

    def _neighbours(self, window: Sequence[Keyframe], index: int) -> tuple[Frame, Frame]:
        first, second = window[index], window[index + 1]
        before = window[index - 1] if index else self._left
        after = window[index + 2] if index + 2 < len(window) else None
        if before is not None and before.shot != first.shot:
            before = None
        if after is not None and after.shot != first.shot:
            after = None
        # A pair alone is its own neighbours: neither frame is odder than the other.
        return (before or after or first).frame, (after or before or second).frame

    def _last(self, window: Sequence[Keyframe], index: int) -> int:
        """Index of the last frame to project on: of the shot, as far as it is in reach."""
        if self._settings.mode == "linear":
            return index + 1
        furthest = min(index + self._settings.reach, len(window) - 1)
        while window[furthest].shot != window[index].shot:
            furthest -= 1
        return furthest

    def _steps(
        self, window: Sequence[Keyframe], starts: Sequence[int], ends: Sequence[Keyframe]
    ) -> Float[Tensor, b]:
        """Time from each start to its end, in intervals between the start and the next keyframe."""
        return self._numbers(
            [
                (end.start - window[index].start) / window[index].shown
                for index, end in zip(starts, ends, strict=True)
            ]
        )

    def _flow(self, pairs: Sequence[tuple[Keyframe, Keyframe]]) -> Float[Tensor, "b 2 h w"]:
        return torch.stack([self._flows[source.start, target.start] for source, target in pairs])

    def _forget(self, start: int) -> None:
        self._flows = {name: f for name, f in self._flows.items() if min(name) >= start}

    def _pictures(self, frames: Sequence[Frame]) -> Float[Tensor, "b 3 h w"]:
        pixels = torch.from_numpy(np.stack(frames)).to(self._device)
        return pixels.movedim(-1, 1).contiguous().float() / 255

    def _numbers(self, values: Sequence[float]) -> Float[Tensor, n]:
        return torch.tensor(values, dtype=torch.float32, device=self._device)


def _chunks(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
