"""What one process finds in some videos: everything but what a CLIP says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from torch import Tensor

from conclvd.errors import MediaError
from conclvd.evaluate.entry import Entry
from conclvd.evaluate.metric import Measured, Metric, Need, VideoMetric
from conclvd.evaluate.registry import METRICS
from conclvd.evaluate.sample import Sample, Tools
from conclvd.evaluate.video_set import NO_PROMPT, NO_VIDEO
from conclvd.tensors import Frames
from conclvd.video.read import read_frames

if TYPE_CHECKING:
    from transformers import CLIPImageProcessorPil

SMALLEST = 16  # pixels a side, below which flow cannot be found


@dataclass(frozen=True)
class Seen:
    """A video that was read: height and width, how many frames, and what metrics found.

    `pictures` are its frames as a CLIP wants them, where one is to judge.
    """

    size: tuple[int, int]
    frames: int
    found: Mapping[str, Measured]
    pictures: Float[Tensor, "t 3 s s"] | None


@dataclass(frozen=True)
class Eye:
    """What to measure videos by; other processes are sent it.

    `metrics` are names of VideoMetrics, `processor` is that of a CLIP.
    """

    metrics: Sequence[str]
    tools: Tools
    processor: CLIPImageProcessorPil | None

    def look(self, part: tuple[int, Sequence[Entry]]) -> tuple[int, list[Seen | str]]:
        """A number and some videos: the number, and what was seen, or why there was nothing."""
        number, entries = part
        return number, [self._see(entry) for entry in entries]

    def _see(self, entry: Entry) -> Seen | str:
        frames = read_whole(entry)
        if isinstance(frames, str):
            return frames
        sample = Sample(frames, self.tools, entry.making)
        found = {}
        for name in self.metrics:
            metric = METRICS[name]
            assert isinstance(metric, VideoMetric)
            lacking = lacks(metric, entry, len(frames))
            found[name] = Measured(None, 0, lacking) if lacking else metric.measure(sample)
        pictures = None
        if self.processor is not None:
            from conclvd.evaluate.clip import prepared

            pictures = prepared(frames, self.processor)
        return Seen(frames.shape[1:3], len(frames), found, pictures)


def lacks(metric: Metric, entry: Entry, frames: int) -> str | None:
    """What a video of so many frames lacks for a metric; None when it has all."""
    if Need.PROMPT in metric.needs and not entry.prompt:
        return NO_PROMPT
    if Need.PAIRS in metric.needs and frames < 2:
        return "a single frame; two are needed"
    if not is_noted(metric, entry):
        return "what its making cost was not noted"
    return None


def is_noted(metric: Metric, entry: Entry) -> bool:
    """Whether all was noted of a video's making that a metric asks for; most ask for nothing."""
    made = entry.making
    if Need.MEMORY in metric.needs:
        return made is not None and made.peak_gib is not None
    return Need.MAKING not in metric.needs or made is not None


def read_whole(entry: Entry) -> Frames | str:
    """All frames of a video, or why it cannot be measured."""
    if entry.path is None:
        return entry.absent or NO_VIDEO
    try:
        frames = list(read_frames(entry.path))
    except MediaError as error:
        # without the path, so that equal reasons are counted together
        reason = str(error).replace(str(entry.path), "the file")
        return "unreadable: " + re.sub(r"^cannot read the file( as a video)?: ", "", reason)
    if not frames:
        return "unreadable: it has no frames"
    if min(frames[0].shape[:2]) < SMALLEST:
        size = shown(frames[0].shape[:2])
        return f"{size} pixels; at least {SMALLEST} a side are needed"
    return np.stack(frames)


def shown(size: tuple[int, ...]) -> str:
    """Height and width as people write them."""
    return f"{size[1]}x{size[0]}"
