"""Can a small classifier tell pictures from painted ones of the same scenes, by 64 x 64 patches?"""

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


def _fine(patches: Float[Tensor, "n 3 64 64"]) -> Float[Tensor, "n 3 64 64"]:
    """What is finer than 5 pixels: patches differ far more in what they show than in the brush."""
    around = functional.pad(patches, (2, 2, 2, 2), mode="reflect")
    return 10 * (patches - functional.avg_pool2d(around, 5, 1))


def _patches(
    kinds: Sequence[Sequence[Tensor]], count: int, generator: torch.Generator
) -> list[Float[Tensor, "n 3 64 64"]]:
    """`count` patches of each kind, all at the same places of the same scenes."""
    found: list[list[Tensor]] = [[] for _ in kinds]
    for number in torch.randint(len(kinds[0]), (count,), generator=generator).tolist():
        top, left = (
            int(torch.randint(side - SIDE + 1, (1,), generator=generator))
            for side in kinds[0][number].shape[-2:]
        )
        for pictures, patches in zip(kinds, found, strict=True):
            patches.append(pictures[number][0, :, top : top + SIDE, left : left + SIDE])
    return [_fine(torch.stack(patches)) for patches in found]


def auc(first: Float[Tensor, " n"], second: Float[Tensor, " m"]) -> float:
    """The chance that a random one of `first` has the higher score; ties count half."""
    above = (first[:, None] > second[None]).double()
    equal = (first[:, None] == second[None]).double()
    return float((above + equal / 2).mean())


def patch_auc(
    painted: Sequence[Float[Tensor, "1 3 h w"]], others: Sequence[Float[Tensor, "1 3 h w"]]
) -> float:
    """AUC of a classifier trained on every second scene, on patches of the others.

    `others` are the same scenes as `painted`, in the same order. Values in [0, 1]: 0.5 if nothing
    tells the kinds apart, 1 if every patch does.
    """
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = _classifier()
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, STEPS)
    learned, held = ([kind[half::2] for kind in (painted, others)] for half in (0, 1))
    labels = torch.cat([torch.ones(BATCH), torch.zeros(BATCH)])
    for _ in trange(STEPS, desc="learning patches", unit="step"):
        logits = model(torch.cat(_patches(learned, BATCH, generator)))[:, 0]
        loss = functional.binary_cross_entropy_with_logits(logits, labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch gives no types
        optimizer.step()
        schedule.step()
    with torch.inference_mode():
        drawn = [_patches(held, 100, generator) for _ in range(10)]
        first, second = (torch.cat([model(pair[kind])[:, 0] for pair in drawn]) for kind in (0, 1))
    return auc(first, second)
