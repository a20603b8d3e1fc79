"""A frame between two, out of both, their flows, and how far along each pixel is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.interpolation.distance import share
from conclvd.interpolation.warp import consistency, sample, splat
from conclvd.interpolation.window import window_mean

STILL = 0.5 / 255  # mean difference in a window of 5 x 5 pixels that nobody sees: nothing moved
# Softmax splatting: how much a pixel's importance falls with what its flow missed in colour
# (of 1) and in returning.
COLOUR_WEIGHT, RETURN_WEIGHT, LEAST_IMPORTANCE = 10.0, 3.0, 1e-4
SEEN = 0.1  # of a pixel that must have landed, else nothing is known of it
# Disagreement of the warped frames, as a part of that of the unwarped ones, from which flow is
# no longer trusted and from which it is not used at all (docs/method.md 6.5).
DOUBT, NO_TRUST = 0.2, 0.8
WINDOW = 1 / 24  # radius of the window of that comparison, of the shorter side
_LEVEL = 1 / 255
# In a dissolve: from three times as far as the other from the keyframes around them a frame is odd,
# from nine times certainly; then it is weakened by half.
ODD, VERY_ODD, NOISE, FADING = 0.5, 0.8, 2 / 255, 0.5


@dataclass(frozen=True)
class Motion:
    """A batch of neighbouring frames in [0, 1] and how they move, all on one device.

    `forward` leads from `first` to `second` in pixels, `backward` back; `bend` is the curvature
    of each pixel's path (distance.bend), on the pixels of `first`, 0 for uniform motion. `around`
    are keyframes before and after the two, or none, to tell what is there from what flashes up.
    """

    first: Float[Tensor, "b 3 h w"]
    second: Float[Tensor, "b 3 h w"]
    forward: Float[Tensor, "b 2 h w"]
    backward: Float[Tensor, "b 2 h w"]
    bend: Float[Tensor, "b 1 h w"]
    around: Float[Tensor, "b k 3 h w"]

    def rows(self, rows: Sequence[int]) -> Motion:
        """These of the pairs, in this order; one may come several times."""
        index = list(rows)
        return Motion(*(getattr(self, field.name)[index] for field in fields(self)))


def in_between(motion: Motion, time: Float[Tensor, b]) -> Float[Tensor, "b 3 h w"]:
    """The frames at `time`, 0 to 1 of the way from the first frames to the second.

    Both are carried along their flows to that time (docs/method.md 6.4) and blended by what is seen
    of each and by time. What neither shows is taken from the nearer frame, from both half-way.
    Where flow explains nothing the frames dissolve into each other (6.5).
    """
    first, second = motion.first, motion.second
    differs = _difference(first, second)
    moves = window_mean(differs, 2) > STILL  # where nothing does, estimators invent a flow
    forward, backward = motion.forward * moves, motion.backward * moves
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
    change = second - first
    nearer = first + change * (0.5 + 0.5 * (u - 0.5).sign())
    blended = nearer + (blended - nearer) * found
    dissolved = first + change * _faded(motion, u)
    trusted = _trust(_difference(early, late), differs, early_landed * late_landed)
    return (dissolved + (blended - dissolved) * trusted).clamp(0, 1)


def _difference(
    one: Float[Tensor, "b 3 h w"], other: Float[Tensor, "b 3 h w"]
) -> Float[Tensor, "b 1 h w"]:
    return (one - other).abs().mean(1, keepdim=True)


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
    missed = _difference(frame, sample(other, flow))
    importance = torch.exp(-COLOUR_WEIGHT * missed - RETURN_WEIGHT * (1 - holds))
    carried, landed = splat(
        torch.cat([frame, holds], 1), part * flow, importance.clamp(min=LEAST_IMPORTANCE)
    )
    landed = landed.clamp(max=1)
    return carried[:, :3], landed, landed * (carried[:, 3:] + 0.01)


def _faded(motion: Motion, u: Float[Tensor, "b 1 1 1"]) -> Float[Tensor, "b 1 #h #w"]:
    """The part of the second frames in a dissolve: `u`, less of what only one keyframe shows.

    A petal that is in one keyframe alone is elsewhere in between. Where one of the frames is like
    a keyframe around them and the other is like none, the other is half as strong half-way.
    """
    if not motion.around.shape[1]:
        return u
    first, second = _oddity(motion.first, motion), _oddity(motion.second, motion)
    contrast = (first - second) / (first + second + NOISE)
    odd = _smooth((contrast.abs() - ODD) / (VERY_ODD - ODD))
    fading = FADING * 4 * u * (1 - u) * odd
    return torch.where(contrast > 0, 1 - (1 - u) * (1 - fading), u * (1 - fading))


def _oddity(frame: Float[Tensor, "b 3 h w"], motion: Motion) -> Float[Tensor, "b 1 h w"]:
    """How far a frame is from the keyframe around them that is more like it; without dither."""
    distances = [
        window_mean(frame - other, 2).abs().mean(1, keepdim=True)
        for other in motion.around.unbind(1)
    ]
    return torch.stack(distances).amin(0)


def _smooth(value: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """From 0 to 1 without a corner."""
    value = value.clamp(0, 1)
    return value * value * (3 - 2 * value)


def _trust(
    carried: Float[Tensor, "b 1 h w"],
    uncarried: Float[Tensor, "b 1 h w"],
    both: Float[Tensor, "b 1 h w"],
) -> Float[Tensor, "b 1 h w"]:
    """1 where the carried frames agree, 0 where they differ as much as the frames themselves.

    Both differences are looked at over a window, that of the carried ones where `both` landed.
    """
    radius = max(2, round(WINDOW * min(both.shape[-2:])))
    after = window_mean(carried * both, radius) / window_mean(both, radius).clamp(min=1e-3)
    ratio = after / window_mean(uncarried, radius).clamp(min=_LEVEL)
    return _smooth((NO_TRUST - ratio) / (NO_TRUST - DOUBT))
