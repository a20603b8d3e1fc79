"""The projection on the last frame: how far along its path each pixel is (section 3.5, Eq. 14).

The paper does not say how the distance map places a frame; docs/method.md 6.3 does, and `bend` and
`share` are its formulas.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from conclvd.interpolation.warp import consistency, length
from conclvd.interpolation.window import window_mean_over

SHORTEST_STEP = 0.5 / 256  # of the shorter side; below it, a direction is a matter of noise
TRUSTED = 0.5  # consistency of a flow above which it counts as found
# A pixel belongs to the sparse set when its path over two steps bends as the one to the last
# frame does: what sways, bobs or got lost on the long way does not. Steps of neighbours that agree
# so well are one motion.
AGREEMENT = 0.2
AGREEMENT_AROUND = 0.1  # the same of the means over the surroundings
AROUND = 6 / 256  # radius of the surroundings, of the shorter side
FELT = 0.05  # pixels; a midpoint moved by less is noise and stays where it is


def distance_map(
    step: Float[Tensor, "b 2 h w"], to_last: Float[Tensor, "b 2 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """D = |VT| cos(angle) / |V1| = (VT . V1) / |V1|^2, Eq. (14); 0 where nothing moves."""
    squared = step.square().sum(1, keepdim=True)
    along = (to_last * step).sum(1, keepdim=True)
    return torch.where(squared > 0, along / squared.clamp(min=1e-12), 0)


def bend(distance: Float[Tensor, "b 1 h w"], steps: Float[Tensor, b]) -> Float[Tensor, "b 1 h w"]:
    """The b of s(u) = (1 - b) u + b u^2 through s(1) = 1 and s(n) = D, within -1 and 1.

    `steps` is n, the time to the last frame in intervals; for n = 1 the path is straight, b = 0.
    Within these limits the midpoint is between 1/4 and 3/4, and nothing moves backwards.
    """
    n = steps.view(-1, 1, 1, 1)
    squared = n * n - n
    found = (distance - n) / squared.clamp(min=1e-6)
    return torch.where(squared > 0, found, 0).clamp(-1, 1)


def share(bent: Float[Tensor, "b 1 h w"], time: Float[Tensor, b]) -> Float[Tensor, "b 1 h w"]:
    """s(u), the part of its step that a pixel has gone at `time` u; s(1/2) = 1/2 - b/4."""
    u = time.view(-1, 1, 1, 1)
    return u + bent * (u * u - u)


def sparse_set(
    step: Float[Tensor, "b 2 h w"],
    step_back: Float[Tensor, "b 2 h w"],
    to_last: Float[Tensor, "b 2 h w"],
    last_back: Float[Tensor, "b 2 h w"],
) -> Bool[Tensor, "b 1 h w"]:
    """Where D can be used: the step is long enough, and both flows return (docs/method.md 6.2)."""
    shortest = SHORTEST_STEP * min(step.shape[-2:])
    moves = length(step) > shortest
    returns = torch.minimum(consistency(step, step_back), consistency(to_last, last_back))
    found: Tensor = moves & (returns > TRUSTED)
    return found


def agreed(
    far: Float[Tensor, "b 1 h w"],
    near: Float[Tensor, "b 1 h w"],
    sparse: Bool[Tensor, "b 1 h w"],
    step: Float[Tensor, "b 2 h w"],
) -> Float[Tensor, "b 1 h w"]:
    """The bend of every pixel: `far` where `near` confirms it, smoothed; 0 elsewhere.

    `far` is the bend from the last frame, `near` the one from two steps. Pixels off the sparse set
    that step as those of it around them share their bend: the rims of what moves have no flow that
    returns, and would lag behind.
    """
    radius = max(1, round(AROUND * min(far.shape[-2:])))
    sparse = sparse & ((far - near).abs() < AGREEMENT)
    around = window_mean_over(torch.cat([far, near, step], 1), sparse, radius)
    far_around, near_around, step_around = around.tensor_split([1, 2], 1)
    moved = length(step)
    alike = length(step - step_around) < AGREEMENT * moved
    felt = far_around.abs() * moved / 4 > FELT
    kept = (sparse | alike) & felt & ((far_around - near_around).abs() < AGREEMENT_AROUND)
    confirmed: Tensor = far_around * kept
    return confirmed
