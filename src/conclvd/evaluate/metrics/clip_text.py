"""CLIP-text: how well the frames fit the prompt."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from conclvd.evaluate.metric import Measured, Need, VideoMetric
from conclvd.evaluate.sample import Sample


def clip_text(frames: Float[Tensor, "t d"], prompt: Float[Tensor, d]) -> float:
    """100 x the mean over frames of cos(CLIP(frame), CLIP(prompt)) (section 4.3), -100 to 100.

    The embeddings have length 1.
    """
    return 100 * float((frames @ prompt).mean())


def measure(sample: Sample) -> Measured:
    """Of a sample that has a prompt."""
    assert sample.tools.clip is not None
    assert sample.prompt is not None
    value = clip_text(sample.embeddings, sample.tools.clip.prompt(sample.prompt))
    return Measured(value, len(sample.frames))


METRIC = VideoMetric(
    name="clip-text",
    title="CLIP-text",
    digits=3,
    better="higher",
    needs=frozenset({Need.CLIP, Need.PROMPT}),
    measure=measure,
)
