"""Can a small classifier tell two kinds of pictures by patches of 64 x 64?"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from tqdm import trange

SIDE = 64
BATCH = 32  # patches of each kind
STEPS = 600


def _classifier() -> nn.Module:
    layers: list[nn.Module] = []
    channels = 3
    for width in (24, 48, 96, 96):
        layers += [nn.Conv2d(channels, width, 3, 2, 1), nn.GroupNorm(8, width), nn.SiLU()]
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1))


def _patches(
    pictures: Sequence[Tensor], count: int, generator: torch.Generator
) -> Float[Tensor, "n 3 64 64"]:
    found = []
    for number in torch.randint(len(pictures), (count,), generator=generator).tolist():
        picture = pictures[number]
        top, left = (
            int(torch.randint(side - SIDE + 1, (1,), generator=generator))
            for side in picture.shape[-2:]
        )
        found.append(picture[0, :, top : top + SIDE, left : left + SIDE])
    return torch.stack(found)


def auc(first: Float[Tensor, " n"], second: Float[Tensor, " m"]) -> float:
    """The chance that a random one of `first` has the higher score; ties count half."""
    above = (first[:, None].double() > second[None].double()).double()
    equal = (first[:, None] == second[None]).double()
    return float((above + equal / 2).mean())


def patch_auc(
    painted: Sequence[Float[Tensor, "1 3 h w"]], others: Sequence[Float[Tensor, "1 3 h w"]]
) -> float:
    """AUC of a classifier trained on half of the pictures, on patches of the other half.

    Values in [0, 1]. 0.5 if it cannot tell the kinds, 1 if it always can.
    """
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = _classifier()
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, STEPS)
    halves = [(kind[::2], kind[1::2]) for kind in (painted, others)]
    labels = torch.cat([torch.ones(BATCH), torch.zeros(BATCH)])
    for _ in trange(STEPS, desc="learning patches", unit="step"):
        batch = torch.cat([_patches(learned, BATCH, generator) for learned, _ in halves])
        loss = functional.binary_cross_entropy_with_logits(model(2 * batch - 1)[:, 0], labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.inference_mode():
        scores = [
            torch.cat([model(2 * _patches(held, 100, generator) - 1)[:, 0] for _ in range(10)])
            for _, held in halves
        ]
    return auc(scores[0], scores[1])
