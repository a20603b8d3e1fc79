"""Frames between keyframes by optical flow and the projection on the last frame (section 3.5).

Any video in, from any model; nothing is trained (method.md 6).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.errors import InvalidRequest
from conclvd.interpolation.between import Motion, in_between
from conclvd.interpolation.distance import agreed, bend, distance_map, sparse_set
from conclvd.interpolation.flow import FlowEstimator
from conclvd.interpolation.keyframes import Keyframe, keyframes
from conclvd.interpolation.warp import sample
from conclvd.tensors import Frame, Frames

MODES = ("sofp", "linear")
MAX_PASSES = 5
REACH = 32  # keyframes; a generated clip has no more, so that its last frame is always in reach


@dataclass(frozen=True)
class Settings:
    """How to interpolate.

    `mode` is "sofp", or "linear" for uniform motion everywhere. Each of `passes` doubles the
    frames: after p of them there are 2^p - 1 new ones between two, each made directly out of
    both. The last frame that SOFP looks at is that of the shot, or the one `reach` drawings ahead
    where the shot goes on for longer, so that memory is bounded. `merge_repeats` makes one
    drawing of what is shown two or three times and fills its time with motion. `batch` pairs are
    worked on at once. Raises InvalidRequest for a value that cannot be used.
    """

    mode: str = "sofp"
    passes: int = 1
    reach: int = REACH
    merge_repeats: bool = False
    batch: int = 1

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InvalidRequest(f"mode must be one of {', '.join(MODES)}, found {self.mode!r}")
        if not 1 <= self.passes <= MAX_PASSES:
            raise InvalidRequest(f"passes must be 1 to {MAX_PASSES}, found {self.passes}")
        if self.reach < 1 or self.batch < 1:
            raise InvalidRequest(
                f"reach and batch must be 1 or more, found {self.reach} and {self.batch}"
            )


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
    pairs = _Pairs(estimator, settings, torch.device(device))
    while True:
        window.extend(islice(source, settings.reach + settings.batch - len(window)))
        taken = min(settings.batch, len(window) - 1)
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


class _Pairs:
    """The frames between neighbouring keyframes, with the flows that more than one pair needs."""

    def __init__(self, estimator: FlowEstimator, settings: Settings, device: torch.device) -> None:
        self._estimator, self._settings, self._device = estimator, settings, device
        self._flows: dict[tuple[int, int], Tensor] = {}

    def between(self, window: Sequence[Keyframe], count: int) -> list[list[Frame]]:
        """What comes after each of the first `count` keyframes of the window."""
        parts = 2**self._settings.passes
        keys = list(islice(window, count + 1))
        moving = [
            index
            for index, (key, following) in enumerate(pairwise(keys))
            if key.shot == following.shot and not np.array_equal(key.frame, following.frame)
        ]
        found = [[key.frame] * (parts * key.shown - 1) for key in keys[:-1]]
        if not moving:
            return found
        with torch.inference_mode():
            motion = self._motion(list(window), moving)
            places = [
                (row, index, step)
                for row, index in enumerate(moving)
                for step in range(1, parts * keys[index].shown)
            ]
            for start in range(0, len(places), self._settings.batch):
                chosen = places[start : start + self._settings.batch]
                times = [step / (parts * keys[index].shown) for _, index, step in chosen]
                pictures = in_between(
                    motion.rows([row for row, _, _ in chosen]), self._numbers(times)
                )
                for (_, index, step), picture in zip(chosen, _to_frames(pictures), strict=True):
                    found[index][step - 1] = picture
        self._forget(window[count].start)
        return found

    def _motion(self, window: Sequence[Keyframe], moving: Sequence[int]) -> Motion:
        """The motion of the pairs that begin at the `moving` indices of the window."""
        pairs = [(window[index], window[index + 1]) for index in moving]
        forward = self._flow(pairs)
        backward = self._flow([(after, before) for before, after in pairs])
        motion = Motion(
            first=self._pictures([before.frame for before, _ in pairs]),
            second=self._pictures([after.frame for _, after in pairs]),
            forward=forward,
            backward=backward,
            bend=torch.zeros_like(forward[:, :1]),
        )
        if self._settings.mode == "sofp":
            self._project(window, moving, motion)
        return motion

    def _project(self, window: Sequence[Keyframe], moving: Sequence[int], motion: Motion) -> None:
        """Fill in the bends of those pairs that have a later frame to project on."""
        rows = [row for row, index in enumerate(moving) if self._last(window, index) > index + 1]
        if not rows:
            return
        starts = [moving[row] for row in rows]
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

    def _last(self, window: Sequence[Keyframe], index: int) -> int:
        """Index of the last frame of the shot, as far as it is in reach."""
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
        """Flows of the pairs, those found before and the others found at once."""
        names = [(source.start, target.start) for source, target in pairs]
        missing = [index for index, name in enumerate(names) if name not in self._flows]
        for start in range(0, len(missing), self._settings.batch):
            chosen = missing[start : start + self._settings.batch]
            sources = self._pictures([pairs[index][0].frame for index in chosen])
            targets = self._pictures([pairs[index][1].frame for index in chosen])
            for index, flow in zip(chosen, self._estimator.flows(sources, targets), strict=True):
                self._flows[names[index]] = flow
        return torch.stack([self._flows[name] for name in names])

    def _forget(self, start: int) -> None:
        """Drop the flows of the keyframes before `start`."""
        self._flows = {name: f for name, f in self._flows.items() if min(name) >= start}

    def _pictures(self, frames: Sequence[Frame]) -> Float[Tensor, "b 3 h w"]:
        pixels = torch.from_numpy(np.stack(frames)).to(self._device)
        return pixels.movedim(-1, 1).float() / 255

    def _numbers(self, values: Sequence[float]) -> Float[Tensor, n]:
        return torch.tensor(values, dtype=torch.float32, device=self._device)


def _to_frames(pictures: Float[Tensor, "b 3 h w"]) -> list[Frame]:
    pixels = (pictures * 255).round().to("cpu", torch.uint8).movedim(1, -1)
    return list(np.ascontiguousarray(pixels.numpy()))
