"""Wilson's score interval of a share."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

_Z: Final = 1.959963984540054  # 95 % of a normal distribution lie within


@dataclass(frozen=True)
class Estimate:
    """A value, its 95 % interval, and of how many observations it is."""

    value: float
    low: float
    high: float
    count: int


def wilson(wins: float, count: int) -> Estimate:
    """The share wins/count with its interval (Wilson 1927); `wins` may be halves, for ties.

    A tie varies less than a win or a loss, so with many ties the interval is wider than it need be.
    """
    share = wins / count
    spread = _Z * _Z / count
    centre = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * sqrt(share * (1 - share) / count + spread / (4 * count))
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half), count)
