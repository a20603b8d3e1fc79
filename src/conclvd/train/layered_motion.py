"""Pairs of pictures whose parts move in known ways: affine layers that gain and lose speed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

LAYERS = 3  # the ground and two things before it
FRAMES = 4  # a pair is any two of so many moments, so that long spans and standing still occur
# Deviations of the motion of a layer, at a picture of 256 pixels: per moment, and its change.
SPEED, ACCELERATION = 7.0, 2.5  # pixels
TURN, GROWTH = 0.035, 0.025  # radians, and parts of the size; they change by half as much
COVER = 0.6  # threshold of the noise that is a layer's shape: a quarter of the picture


@dataclass(frozen=True)
class MovedPairs:
    """Pictures in [0, 1] and the flow (x, y) in pixels from the first to the second."""

    first: Float[Tensor, "b 3 h w"]
    second: Float[Tensor, "b 3 h w"]
    flow: Float[Tensor, "b 2 h w"]


def layered_pairs(textures: Float[Tensor, "b 3 h w"]) -> MovedPairs:
    """One pair a texture, whose layers are pieces of the others.

    Each layer turns, grows and slides with its own speed and acceleration; the flow is that of
    the layer on top, also where the second picture hides it. torch's generator draws it all.
    """
    batch, _, height, width = textures.shape
    moments = torch.rand(batch, FRAMES, device=textures.device).argsort(1)[:, :2].float()
    pictures = [textures, textures]
    flow: Tensor | None = None
    for layer in range(LAYERS):
        texture = textures if layer == 0 else _other(textures, layer)
        shape = _shape(batch, height, width, textures.device)
        places = _places(batch, width, moments, textures.device)
        moved = _flow(places[0], places[1], height, width)
        parts = [_seen(torch.cat([texture, shape], 1), place) for place in places]
        if flow is None:
            pictures, flow = [part[:, :3] for part in parts], moved
            continue
        covers = [(part[:, 3:] * 8 + 0.5).clamp(0, 1) for part in parts]
        pictures = [
            below + (part[:, :3] - below) * cover
            for below, part, cover in zip(pictures, parts, covers, strict=True)
        ]
        flow = torch.where(covers[0] > 0.5, moved, flow)
    assert flow is not None
    return MovedPairs(pictures[0], pictures[1], flow)


def _other(textures: Tensor, layer: int) -> Float[Tensor, "b 3 h w"]:
    return textures.roll(layer, 0).flip(3 if layer % 2 else 2)


def _shape(batch: int, height: int, width: int, device: torch.device) -> Float[Tensor, "b 1 h w"]:
    """Smooth noise: above 0 within a layer's blobs, below outside."""
    coarse = torch.rand(batch, 1, 5, 5, device=device)
    fine = torch.rand(batch, 1, 20, 20, device=device)
    size = (height, width)
    smooth = functional.interpolate(coarse, size, mode="bicubic")
    return smooth + 0.15 * functional.interpolate(fine, size, mode="bicubic") - COVER - 0.075


def _places(
    batch: int, width: int, moments: Float[Tensor, "b 2"], device: torch.device
) -> tuple[Float[Tensor, "b 3 3"], Float[Tensor, "b 3 3"]]:
    """Where a layer is at both moments: matrices from its own to screen pixels about the middle."""
    scale = width / 256
    # Many slow layers and few fast ones, as in films.
    pace = torch.rand(batch, 1, device=device) ** 2 * 2
    deviation = torch.tensor([SPEED * scale, SPEED * scale, TURN, GROWTH], device=device)
    change = torch.tensor([ACCELERATION * scale] * 2 + [TURN / 2, GROWTH / 2], device=device)
    speed = torch.randn(batch, 4, device=device) * deviation * pace
    acceleration = torch.randn(batch, 4, device=device) * change * pace
    matrices = []
    for time in moments.t():
        t = time[:, None]
        x, y, turn, growth = (speed * t + acceleration * t * t / 2).unbind(1)
        size = growth.exp()
        c, s = size * turn.cos(), size * turn.sin()
        zero, one = torch.zeros_like(x), torch.ones_like(x)
        rows = [torch.stack(row, 1) for row in ((c, -s, x), (s, c, y), (zero, zero, one))]
        matrices.append(torch.stack(rows, 1))
    return matrices[0], matrices[1]


def _screen(height: int, width: int, device: torch.device) -> Float[Tensor, "3 n"]:
    """Every pixel of the screen about the middle, homogeneous."""
    y, x = torch.meshgrid(
        torch.arange(height, device=device) - (height - 1) / 2,
        torch.arange(width, device=device) - (width - 1) / 2,
        indexing="ij",
    )
    return torch.stack([x, y, torch.ones_like(x)]).flatten(1)


def _flow(
    before: Float[Tensor, "b 3 3"], after: Float[Tensor, "b 3 3"], height: int, width: int
) -> Float[Tensor, "b 2 h w"]:
    screen = _screen(height, width, before.device)
    moved = after @ torch.linalg.inv(before) @ screen
    flow: Tensor = (moved - screen)[:, :2].view(-1, 2, height, width)
    return flow


def _seen(layer: Float[Tensor, "b c h w"], place: Float[Tensor, "b 3 3"]) -> Tensor:
    """A layer [b c h w] as the screen shows it; mirrored beyond its borders."""
    height, width = layer.shape[-2:]
    own = (torch.linalg.inv(place) @ _screen(height, width, layer.device))[:, :2]
    half = torch.tensor([width / 2, height / 2], device=layer.device).view(1, 2, 1)
    positions = (own / half).transpose(1, 2).view(-1, height, width, 2)
    return functional.grid_sample(layer, positions, padding_mode="reflection", align_corners=False)
