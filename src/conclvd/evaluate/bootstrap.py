"""How far a mean can be trusted: bootstrap intervals over prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum

import numpy as np
from jaxtyping import Float64

RESAMPLES = 2000
SEED = 0
LEVEL = 95  # percent


def interval(groups: Mapping[str, Sequence[float]]) -> tuple[float, float] | None:
    """The 95 % percentile bootstrap interval of the mean over all values.

    `groups` holds the values by prompt; those of one prompt are drawn together, for they are not
    independent of one another. The seed is fixed and the order of the groups does not matter. None
    when there is only one group: nothing is known of how prompts differ.
    """
    if len(groups) < 2:
        return None
    names = sorted(groups)
    sums = np.array([fsum(groups[name]) for name in names])
    counts = np.array([len(groups[name]) for name in names])
    drawn = np.random.default_rng(SEED).integers(len(names), size=(RESAMPLES, len(names)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    return percentiles(means)


def percentiles(resampled: Float64[np.ndarray, r]) -> tuple[float, float]:
    """The ends of the 95 % interval of what was found in resamples."""
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return float(low), float(high)
