"""Which way things go, asked of the text encoder beside the picture.

Hardly anything in a single frame depends on 'to the left' or 'to the right', so an encoder that
learns from single frames gives both the same states, and no motion module can obey them. Here it
learns the difference from what the painter knows of the clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

# What goes left or right: elements of these kinds, and the camera as "pan left", "pan right".
GOING: Final = (("boat", "sailboat"), ("geese", "cranes"), ("camera",))
BOAT: Final = 0  # its place among GOING
LEFT, RIGHT, NEITHER = 0, 1, -1
_SIDES: Final = {"left": LEFT, "right": RIGHT, "pan left": LEFT, "pan right": RIGHT}


def directions(attributes: Mapping[str, Any]) -> tuple[int, ...]:
    """LEFT, RIGHT or NEITHER for each of GOING, from `paint.attributes.Attributes.to_dict()`."""
    moves = {element["kind"]: element["motion"] for element in attributes["elements"]}
    moves["camera"] = attributes["camera"]
    return tuple(
        next((_SIDES[moves[kind]] for kind in kinds if moves.get(kind) in _SIDES), NEITHER)
        for kinds in GOING
    )


class DirectionHead(nn.Module):
    """Reads the directions off the mean of the text encoder's states; for training only."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.project = nn.Linear(width, len(GOING))

    def forward(self, states: Float[Tensor, "b l d"]) -> Float[Tensor, "b k"]:
        """Logits of RIGHT for each of GOING."""
        mean = states.float().mean(1).to(self.project.weight.dtype)
        logits: Tensor = self.project(mean)
        return logits


def direction_loss(logits: Float[Tensor, "b k"], told: Int[Tensor, "b k"]) -> Float[Tensor, ""]:
    """Mean binary cross-entropy over what goes left or right; 0 where nothing does.

    A caption may leave out which way: then nothing can be learned from it, and log 2 is lost.
    """
    known = told != NEITHER
    losses = functional.binary_cross_entropy_with_logits(
        logits, told.clamp(min=0).float(), reduction="none"
    )
    return (losses * known).sum() / known.sum().clamp(min=1)


def direction_accuracy(logits: Float[Tensor, "b k"], told: Int[Tensor, "b k"]) -> Float[Tensor, ""]:
    """How often the larger logit is right, over what goes left or right; NaN where nothing does."""
    known = told != NEITHER
    right: Tensor = (logits > 0) == (told == RIGHT)
    return right[known].float().mean()
