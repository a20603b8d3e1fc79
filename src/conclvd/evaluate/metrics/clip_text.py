"""CLIP-text: how well the frames fit the prompt."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from conclvd.evaluate.metric import ClipMetric, Embedded, Measured, Need


def clip_text(frames: Float[Tensor, "t d"], prompt: Float[Tensor, d]) -> float:
    """100 x the mean over frames of cos(CLIP(frame), CLIP(prompt)) (section 4.3), -100 to 100.

    The embeddings have length 1.
    """
    return 100 * float((frames @ prompt).mean())


def measure(video: Embedded) -> Measured:
    """Of a video that has a prompt."""
    assert video.prompt is not None
    return Measured(clip_text(video.frames, video.prompt), len(video.frames))


NEEDS = frozenset({Need.CLIP, Need.PROMPT})
METRIC = ClipMetric("clip-text", "CLIP-text", 3, "higher", NEEDS, measure=measure)
