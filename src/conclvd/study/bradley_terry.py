"""Bradley–Terry scores: one number a method from all pairwise comparisons."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

_MOST: Final = 10_000  # iterations; tens are usual
_CLOSE: Final = 1e-9


def bradley_terry(wins: Float[np.ndarray, "*b m m"]) -> Float[np.ndarray, "*b m"]:
    """Log-strengths of m methods, mean 0: P(i is preferred to j) = 1 / (1 + exp(s_j − s_i)).

    `wins[..., i, j]` says how often i was preferred to j; a tie is half a win for each. One tie
    between every two methods is added, so that a method which won or lost every time has a finite
    score. By Hunter's minorisation–maximisation (Annals of Statistics 32, 2004, Eq. 3).
    """
    methods = wins.shape[-1]
    others = 1 - np.eye(methods)
    won = wins * others + 0.5 * others
    met = won + np.swapaxes(won, -1, -2)
    strength = np.ones(wins.shape[:-1])
    for _ in range(_MOST):
        total = strength[..., :, None] + strength[..., None, :]
        new = won.sum(-1) / (met / total).sum(-1)
        new /= np.exp(np.log(new).mean(-1, keepdims=True))
        change = np.abs(np.log(new / strength)).max()
        strength = new
        if change < _CLOSE:
            break
    return np.log(strength)
