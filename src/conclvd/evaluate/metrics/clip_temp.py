"""CLIP-temp: how alike neighbouring frames are to a CLIP. A still video has 1."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from conclvd.evaluate.metric import ClipMetric, Embedded, Measured, Need


def clip_temp(frames: Float[Tensor, "t d"]) -> float:
    """Mean cosine of the embeddings of neighbouring frames (section 4.3), -1 to 1.

    The embeddings have length 1; there are at least two.
    """
    return float((frames[:-1] * frames[1:]).sum(-1).mean())


def measure(video: Embedded) -> Measured:
    """Of a video of two frames or more."""
    return Measured(clip_temp(video.frames), len(video.frames) - 1)


NEEDS = frozenset({Need.CLIP, Need.PAIRS})
METRIC = ClipMetric(
    "clip-temp", "CLIP-temp", 4, "higher", NEEDS, companions=("dynamic-degree",), measure=measure
)
