"""Pairs of pictures whose parts move in known ways: layers that gain and lose speed."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from conclvd.interpolation.warp import sample
from conclvd.pretrain.flow_store import FlowPairs
from conclvd.pretrain.similarity import Similarity, from_middle

LAYERS = 3  # the ground and two things before it
FRAMES = 4  # a pair is any two of so many moments, so that long spans and standing still occur
# Deviations of the motion of a layer, at a picture of 256 pixels: per moment, and its change.
SPEED, ACCELERATION = 7.0, 2.5  # pixels
TURN, GROWTH = 0.035, 0.025  # radians, and parts of the size; they change by half as much
COVER = 0.6  # threshold of the noise that is a layer's shape: a quarter of the picture


def layered_pairs(textures: Float[Tensor, "b 3 h w"]) -> FlowPairs:
    """One pair a texture, whose layers are pieces of the others.

    Each layer turns, grows and slides with its own speed and acceleration; the flow is that of
    the layer on top, also where the second picture hides it. torch's generator draws it all.
    """
    batch, _, height, width = textures.shape
    moments = torch.rand(batch, FRAMES, device=textures.device).argsort(1)[:, :2].float()
    middle = from_middle(height, width, textures.device)
    pictures = [textures, textures]
    flow = torch.zeros_like(textures[:, :2])
    for layer in range(LAYERS):
        texture = textures if layer == 0 else _other(textures, layer)
        shape = _shape(batch, height, width, textures.device)
        places = _places(width, moments)
        moved = places[1].forth(places[0].back(middle)) - middle
        parts = [_seen(torch.cat([texture, shape], 1), place, middle) for place in places]
        if layer == 0:
            pictures, flow = [part[:, :3] for part in parts], moved
            continue
        covers = [(part[:, 3:] * 8 + 0.5).clamp(0, 1) for part in parts]
        pictures = [
            below + (part[:, :3] - below) * cover
            for below, part, cover in zip(pictures, parts, covers, strict=True)
        ]
        flow = torch.where(covers[0] > 0.5, moved, flow)
    everywhere = torch.ones_like(flow[:, 0], dtype=torch.bool)
    return FlowPairs(pictures[0], pictures[1], flow, everywhere)


def _other(textures: Float[Tensor, "b 3 h w"], layer: int) -> Float[Tensor, "b 3 h w"]:
    return textures.roll(layer, 0).flip(3 if layer % 2 else 2)


def _shape(batch: int, height: int, width: int, device: torch.device) -> Float[Tensor, "b 1 h w"]:
    """Smooth noise: above 0 within a layer's blobs, below outside."""
    coarse = torch.rand(batch, 1, 5, 5, device=device)
    fine = torch.rand(batch, 1, 20, 20, device=device)
    size = (height, width)
    smooth = functional.interpolate(coarse, size, mode="bicubic")
    return smooth + 0.15 * functional.interpolate(fine, size, mode="bicubic") - COVER - 0.075


def _places(width: int, moments: Float[Tensor, "b 2"]) -> tuple[Similarity, Similarity]:
    """Where a layer is at both moments."""
    batch, device = len(moments), moments.device
    scale = width / 256
    # Many slow layers and few fast ones, as in films.
    pace = torch.rand(batch, 1, device=device) ** 2 * 2
    speed, change = (pace * torch.randn(batch, 4, device=device) for _ in range(2))
    places = []
    for t in moments.chunk(2, 1):
        slide = (SPEED * speed[:, :2] * t + ACCELERATION * change[:, :2] * t * t / 2) * scale
        along = speed[:, 2:] * t + change[:, 2:] * t * t / 4
        angle, size = TURN * along[:, :1], (GROWTH * along[:, 1:]).exp()
        places.append(Similarity(*(part[..., None, None] for part in (slide, angle, size))))
    return places[0], places[1]


def _seen(
    layer: Float[Tensor, "b c h w"], place: Similarity, middle: Float[Tensor, "1 2 h w"]
) -> Float[Tensor, "b c h w"]:
    """A layer as the screen shows it; mirrored beyond its borders."""
    return sample(layer, place.back(middle) - middle, beyond="reflection")
