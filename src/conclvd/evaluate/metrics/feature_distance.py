"""Feature distance: how far a set of videos is from a set of real ones, in anybody's features.

With the features of an I3D it stands where FVD does, with those of a V-JEPA where JEDi does.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from conclvd.evaluate.bootstrap import RESAMPLES, SEED, percentiles
from conclvd.evaluate.features import Features
from conclvd.evaluate.metric import Measured, Need, SetMetric

DEGREE = 3
SCALE = 1000


def polynomial_mmd(features: Features, reference: Features) -> float:
    """Unbiased estimate of the squared maximum mean discrepancy; 0 for sets of the same kind.

    Kernel (x.y / d + 1)^3, as for KID (Binkowski et al., 2018). Unbiased at any n, unlike the
    Frechet distance, so that it can fall below 0. There are at least two vectors in each set.
    """
    weights = (np.ones((1, len(features))), np.ones((1, len(reference))))
    return float(_weighted(features, reference, *weights)[0])


def mmd_interval(features: Features, reference: Features) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of `polynomial_mmd`; both sets are drawn again.

    A vector drawn twice is not compared with itself, so that resamples stay unbiased.
    """
    rng = np.random.default_rng(SEED)
    one, other = (
        rng.multinomial(len(drawn), np.full(len(drawn), 1 / len(drawn)), RESAMPLES).astype(float)
        for drawn in (features, reference)
    )
    # two different vectors at least, or there is nothing to compare within the set
    varied = ((one > 0).sum(1) > 1) & ((other > 0).sum(1) > 1)
    return percentiles(_weighted(features, reference, one[varied], other[varied]))


def _weighted(
    features: Features,
    reference: Features,
    one: Float64[np.ndarray, "r n"],
    other: Float64[np.ndarray, "r m"],
) -> Float64[np.ndarray, r]:
    """The discrepancy of each row of weights: how often each vector was drawn."""
    between = ((one @ _kernel(features, reference)) * other).sum(1)
    found: Float64[np.ndarray, r] = (
        _within(features, one)
        + _within(reference, other)
        - 2 * between / (one.sum(1) * other.sum(1))
    )
    return found


def _within(vectors: Features, weights: Float64[np.ndarray, "r n"]) -> Float64[np.ndarray, r]:
    """Mean kernel of two different vectors of a set."""
    kernel = _kernel(vectors, vectors)
    np.fill_diagonal(kernel, 0)
    pairs = weights.sum(1) ** 2 - (weights**2).sum(1)
    mean: Float64[np.ndarray, r] = ((weights @ kernel) * weights).sum(1) / pairs
    return mean


def _kernel(one: Features, other: Features) -> Float64[np.ndarray, "n m"]:
    kernel: Float64[np.ndarray, "n m"] = (one @ other.T / one.shape[1] + 1) ** DEGREE
    return kernel


def measure(features: Features, reference: Features) -> Measured:
    """Of two sets of at least two vectors each, times 1000."""
    low, high = mmd_interval(features, reference)
    value = SCALE * polynomial_mmd(features, reference)
    return Measured(value, len(features), interval=(SCALE * low, SCALE * high))


NEEDS = frozenset({Need.FEATURES})
METRIC = SetMetric("feature-distance", "feature MMD² x1000", 3, "lower", NEEDS, measure=measure)
