"""A frame between two, out of both, their flows, and how far along each pixel is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.interpolation.distance import share
from conclvd.interpolation.occlusion import consistency
from conclvd.interpolation.warp import sample, splat
from conclvd.interpolation.window import window_mean

STILL = 0.5 / 255  # mean difference in a window of 5 x 5 pixels that nobody sees: nothing moved
# Softmax splatting: how much a pixel's importance falls with what its flow missed in colour
# (of 1) and in returning.
COLOUR_WEIGHT, RETURN_WEIGHT, LEAST_IMPORTANCE = 10.0, 3.0, 1e-4
SEEN = 0.1  # of a pixel that must have landed, else nothing is known of it
# Disagreement of the warped frames, as a part of that of the unwarped ones, from which flow is
# no longer trusted and from which it is not used at all (method.md 6.5).
DOUBT, NO_TRUST = 0.2, 0.8
WINDOW = 1 / 24  # radius of the window of that comparison, of the shorter side
_LEVEL = 1 / 255


@dataclass(frozen=True)
class Motion:
    """A batch of neighbouring frames in [0, 1] and how they move, all on one device.

    `forward` leads from `first` to `second` in pixels, `backward` back; `bend` is the curvature
    of each pixel's path (distance.bend), on the pixels of `first`, 0 for uniform motion.
    """

    first: Float[Tensor, "b 3 h w"]
    second: Float[Tensor, "b 3 h w"]
    forward: Float[Tensor, "b 2 h w"]
    backward: Float[Tensor, "b 2 h w"]
    bend: Float[Tensor, "b 1 h w"]

    def rows(self, rows: Sequence[int]) -> Motion:
        """These of the pairs, in this order; one may come several times."""
        index = list(rows)
        return Motion(
            self.first[index],
            self.second[index],
            self.forward[index],
            self.backward[index],
            self.bend[index],
        )


def in_between(motion: Motion, time: Float[Tensor, b]) -> Float[Tensor, "b 3 h w"]:
    """The frames at `time`, 0 to 1 of the way from the first frames to the second.

    Both are carried along their flows to that time (method.md 6.4) and blended by what is seen
    of each and by time. What neither shows is taken from the nearer frame, from both half-way.
    Where flow explains nothing the frames dissolve into each other (6.5).
    """
    first, second = motion.first, motion.second
    forward, backward = _standing(motion.forward, motion), _standing(motion.backward, motion)
    holds, holds_back = consistency(forward, backward), consistency(backward, forward)
    bend_back = sample(motion.bend, backward) * holds_back
    early, early_landed, early_sight = _carried(
        first, second, forward, share(motion.bend, time), holds
    )
    late, late_landed, late_sight = _carried(
        second, first, backward, 1 - share(bend_back, time), holds_back
    )
    u = time.view(-1, 1, 1, 1)
    early_weight, late_weight = (1 - u) * early_sight, u * late_sight
    seen = early_weight + late_weight
    blended = (early * early_weight + late * late_weight) / seen.clamp(min=1e-6)
    found = (torch.maximum(early_landed, late_landed) / SEEN).clamp(max=1)
    nearer = torch.where(u < 0.5, first, torch.where(u > 0.5, second, (first + second) / 2))
    blended = nearer + (blended - nearer) * found
    dissolved = first + (second - first) * u
    trusted = _trust(early, late, early_landed * late_landed, first, second)
    return (dissolved + (blended - dissolved) * trusted).clamp(0, 1)


def _standing(flow: Float[Tensor, "b 2 h w"], motion: Motion) -> Float[Tensor, "b 2 h w"]:
    """The flow without what estimators invent where the two frames are the same."""
    difference = (motion.first - motion.second).abs().mean(1, keepdim=True)
    return flow * (window_mean(difference, 2) > STILL)


def _carried(
    frame: Float[Tensor, "b 3 h w"],
    other: Float[Tensor, "b 3 h w"],
    flow: Float[Tensor, "b 2 h w"],
    part: Float[Tensor, "b 1 h w"],
    holds: Float[Tensor, "b 1 h w"],
) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 1 h w"], Float[Tensor, "b 1 h w"]]:
    """`frame` carried a part of its flow to `other`.

    With it comes how much of each pixel landed, 0 to 1, and with how much right to be seen: a
    pixel that the other frame does not show (`holds` near 0) counts only where nothing else does.
    """
    missed = (frame - sample(other, flow)).abs().mean(1, keepdim=True)
    importance = torch.exp(-COLOUR_WEIGHT * missed - RETURN_WEIGHT * (1 - holds))
    carried, landed = splat(
        torch.cat([frame, holds], 1), part * flow, importance.clamp(min=LEAST_IMPORTANCE)
    )
    landed = landed.clamp(max=1)
    return carried[:, :3], landed, landed * (carried[:, 3:] + 0.01)


def _trust(
    early: Float[Tensor, "b 3 h w"],
    late: Float[Tensor, "b 3 h w"],
    both: Float[Tensor, "b 1 h w"],
    first: Float[Tensor, "b 3 h w"],
    second: Float[Tensor, "b 3 h w"],
) -> Float[Tensor, "b 1 h w"]:
    """1 where the carried frames agree, 0 where they differ as much as the frames themselves.

    They are compared where both have landed.
    """
    radius = max(2, round(WINDOW * min(first.shape[-2:])))
    differs = (early - late).abs().mean(1, keepdim=True) * both
    after = window_mean(differs, radius) / window_mean(both, radius).clamp(min=1e-3)
    before = window_mean((first - second).abs().mean(1, keepdim=True), radius)
    ratio = after / before.clamp(min=_LEVEL)
    trust = ((NO_TRUST - ratio) / (NO_TRUST - DOUBT)).clamp(0, 1)
    return trust * trust * (3 - 2 * trust)
