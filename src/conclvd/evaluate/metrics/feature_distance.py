"""Feature distance: how far a set of videos is from a set of real ones, in anybody's features.

With the features of an I3D it stands where FVD does, with those of a V-JEPA where JEDi does.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from conclvd.evaluate.metric import Measured, Need, SetMetric

DEGREE = 3
SCALE = 1000


def polynomial_mmd(
    features: Float64[np.ndarray, "n d"], reference: Float64[np.ndarray, "m d"]
) -> float:
    """Unbiased estimate of the squared maximum mean discrepancy; 0 for sets of the same kind.

    Kernel (x.y / d + 1)^3, as for KID (Binkowski et al., 2018). Unbiased at any n, unlike the
    Frechet distance, so that it can fall below 0. There are at least two vectors in each set.
    """
    n, m = len(features), len(reference)
    within = _kernel(features, features)
    reference_within = _kernel(reference, reference)
    between = _kernel(features, reference)
    return float(
        (within.sum() - within.trace()) / (n * (n - 1))
        + (reference_within.sum() - reference_within.trace()) / (m * (m - 1))
        - 2 * between.mean()
    )


def _kernel(
    one: Float64[np.ndarray, "n d"], other: Float64[np.ndarray, "m d"]
) -> Float64[np.ndarray, "n m"]:
    kernel: Float64[np.ndarray, "n m"] = (one @ other.T / one.shape[1] + 1) ** DEGREE
    return kernel


def measure(
    features: Float64[np.ndarray, "n d"], reference: Float64[np.ndarray, "m d"]
) -> Measured:
    """Of two sets of at least two vectors each, times 1000."""
    return Measured(SCALE * polynomial_mmd(features, reference), len(features))


METRIC = SetMetric(
    name="feature-distance",
    title="feature MMD² x1000",
    digits=3,
    better="lower",
    needs=frozenset({Need.FEATURES}),
    measure=measure,
)
