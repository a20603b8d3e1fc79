"""Krippendorff's alpha: how far participants agree beyond chance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

import numpy as np
from jaxtyping import Float


def ordinal_alpha(values: Iterable[tuple[Hashable, float]]) -> float | None:
    """Krippendorff's alpha for ordered values; 1 is full agreement, 0 what chance gives.

    `values` are (unit, value), one for each participant who judged the unit; units that one person
    judged alone say nothing and are left out. None when no unit is left, or all values are equal:
    then there is no variation to agree on. Krippendorff, *Content Analysis* (2004), chapter 11.
    """
    units: dict[Hashable, list[float]] = defaultdict(list)
    for unit, value in values:
        units[unit].append(value)
    shared = [found for found in units.values() if len(found) > 1]
    levels = sorted({value for found in shared for value in found})
    if len(levels) < 2:
        return None
    place = {value: number for number, value in enumerate(levels)}
    together = np.zeros((len(levels), len(levels)))  # coincidences within units
    for found in shared:
        counts = np.bincount([place[value] for value in found], minlength=len(levels))
        together += (np.outer(counts, counts) - np.diag(counts)) / (len(found) - 1)
    totals = together.sum(0)
    distance = _ordinal_distance(totals)
    expected = (np.outer(totals, totals) * distance).sum() / (totals.sum() - 1)
    return float(1 - (together * distance).sum() / expected)


def _ordinal_distance(totals: Float[np.ndarray, v]) -> Float[np.ndarray, "v v"]:
    """Squared number of values between two levels, half of each end counted."""
    middle = np.cumsum(totals) - totals / 2
    distance: Float[np.ndarray, "v v"] = (middle[:, None] - middle[None, :]) ** 2
    return distance
