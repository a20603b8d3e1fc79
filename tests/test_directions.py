"""What goes left or right: read off the painter's attributes, learned by a text encoder."""

from __future__ import annotations

import math

import pytest
import torch

from conclvd.paint.scene.attributes import Attributes, Element
from conclvd.pretrain.base import new_unet
from conclvd.pretrain.directions import (
    GOING,
    LEFT,
    NEITHER,
    RIGHT,
    DirectionHeads,
    direction_accuracy,
    direction_loss,
    directions,
)
from conclvd.pretrain.sizes import TOY

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
    blocks = [logits[..., None, None].expand(-1, -1, side, side) for side in (1, 4)]
    assert direction_loss(blocks, told).item() == pytest.approx(expected)
    assert direction_accuracy(logits, told).item() == 0.5
    nothing = torch.full_like(told, NEITHER)
    assert direction_loss(blocks, nothing).item() == 0
    assert direction_accuracy(logits, nothing).isnan()


def test_a_block_counts_as_much_as_one_of_more_places() -> None:
    told = torch.tensor([[RIGHT, NEITHER, NEITHER]])
    sure, unsure = torch.full((1, 3, 1, 1), 9.0), torch.zeros(1, 3, 8, 8)
    assert direction_loss([sure, unsure], told).item() == pytest.approx(math.log(2) / 2, abs=1e-3)


def test_every_block_that_reads_the_text_has_to_tell() -> None:
    torch.manual_seed(0)
    unet = new_unet(TOY)
    heads = DirectionHeads(unet)
    states = torch.randn(2, 5, TOY.text_width, requires_grad=True)
    unet(torch.randn(2, 8, 8, 8), torch.tensor([990, 10]), encoder_hidden_states=states)
    logits = heads()
    assert len(logits) == 5  # two blocks down, the middle, two up
    assert [each.shape[:2] for each in logits] == [(2, len(GOING))] * 5
    told = torch.tensor([[RIGHT, NEITHER, NEITHER], [NEITHER, NEITHER, NEITHER]])
    direction_loss(logits, told).backward()
    assert states.grad is not None
    assert states.grad[0].abs().sum() > 0
    assert states.grad[1].abs().sum() == 0  # of what is not told nothing is learned
    for head in heads.heads:
        assert head.weight.grad is not None
        assert head.weight.grad[0].abs().sum() > 0
        assert head.weight.grad[1:].abs().sum() == 0
