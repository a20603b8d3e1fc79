"""What goes left or right: read off the painter's attributes, learned by a text encoder."""

from __future__ import annotations

import math

import pytest
import torch

from conclvd.paint.attributes import Attributes, Element
from conclvd.train.directions import (
    LEFT,
    NEITHER,
    RIGHT,
    DirectionHead,
    direction_accuracy,
    direction_loss,
    directions,
)

BOAT = Element(kind="boat", side="center", motion="left", visible=0.01)
CRANES = Element(kind="cranes", side="left", motion="right", count=3, visible=0.01)
STILL = Element(kind="sailboat", side="center", motion="still", visible=0.01)


@pytest.mark.parametrize(
    ("elements", "camera", "told"),
    [
        ((BOAT, CRANES), "pan right", (LEFT, RIGHT, RIGHT)),
        ((STILL,), "zoom in", (NEITHER, NEITHER, NEITHER)),
        ((STILL, BOAT), "pan left", (LEFT, NEITHER, LEFT)),
        ((), "static", (NEITHER, NEITHER, NEITHER)),
    ],
)
def test_directions_are_those_of_the_attributes(
    elements: tuple[Element, ...], camera: str, told: tuple[int, ...]
) -> None:
    attributes = Attributes(palette="ink", camera=camera, elements=elements)
    assert directions(attributes.to_dict()) == told


def test_the_loss_counts_what_goes_somewhere_alone() -> None:
    logits = torch.tensor([[2.0, -1.0, 5.0], [0.0, 3.0, -7.0]])
    told = torch.tensor([[RIGHT, NEITHER, NEITHER], [NEITHER, LEFT, NEITHER]])
    expected = (math.log(1 + math.exp(-2)) + math.log(1 + math.exp(3))) / 2
    assert direction_loss(logits, told).item() == pytest.approx(expected)
    assert direction_accuracy(logits, told).item() == 0.5
    nothing = torch.full_like(told, NEITHER)
    assert direction_loss(logits, nothing).item() == 0
    assert direction_accuracy(logits, nothing).isnan()


def test_what_is_not_told_gets_no_gradient() -> None:
    head = DirectionHead(4)
    told = torch.tensor([[RIGHT, NEITHER, NEITHER]])
    direction_loss(head(torch.randn(1, 5, 4)), told).backward()
    assert head.project.weight.grad is not None
    assert head.project.weight.grad[0].abs().sum() > 0
    assert head.project.weight.grad[1:].abs().sum() == 0
