"""What a metric is: a name, a column of the table, and a function from a video to a number.

A new metric is one file in `metrics/` that makes a `VideoMetric`, and one line in `registry.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal

from jaxtyping import Float, Float64
from torch import Tensor

if TYPE_CHECKING:
    import numpy as np

    from conclvd.evaluate.sample import Sample
    from conclvd.evaluate.style import Feature


class Need(Enum):
    """What a metric cannot do without."""

    PROMPT = "a prompt"
    PAIRS = "two frames"
    FLOW = "optical flow"
    CLIP = "a CLIP"
    REFERENCE = "--reference"
    FEATURES = "--features and --reference-features"
    MAKING = "seconds and device in metadata.jsonl, as conclvd evaluate compare notes them"
    MEMORY = "peak_gib in metadata.jsonl, as conclvd evaluate compare notes it where it can"


MOVING = frozenset({Need.PAIRS})
FLOWING = frozenset({Need.PAIRS, Need.FLOW})


@dataclass(frozen=True)
class Measured:
    """What a metric found: a value and the frames or pairs it is of, or the reason for none.

    `interval` is that of a metric of a whole set; those of videos are bootstrapped from the rows.
    """

    value: float | None
    n: int
    skipped: str | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Metric:
    """A column of the table.

    `title` heads it, `digits` are those behind the point, `better` is the direction that is better
    (None where neither is). `companions` are metrics without which the column misleads: they are
    measured and shown whenever this one is.
    """

    name: str
    title: str
    digits: int
    better: Literal["higher", "lower"] | None
    needs: frozenset[Need] = frozenset()
    companions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VideoMetric(Metric):
    """A metric that has a value for each video.

    `features` are those in which it asks the sample for its style: the reference is seen by them
    once, before processes measure.
    """

    measure: Callable[[Sample], Measured] = field(repr=False)
    features: tuple[Feature, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Embedded:
    """A video as a CLIP sees it: embeddings of length 1 of its frames and, if any, its prompt."""

    frames: Float[Tensor, "t d"]
    prompt: Float[Tensor, d] | None


@dataclass(frozen=True, kw_only=True)
class ClipMetric(Metric):
    """A metric that has a value for each video, out of what a CLIP sees."""

    measure: Callable[[Embedded], Measured] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SetMetric(Metric):
    """A metric that has one value for a whole set of videos, out of a vector for each."""

    measure: Callable[[Float64[np.ndarray, "n d"], Float64[np.ndarray, "m d"]], Measured] = field(
        repr=False
    )
