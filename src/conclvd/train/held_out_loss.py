"""The held-out loss: clips never trained on, with noise that is the same at every measurement."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from accelerate import Accelerator
from torch import nn

from conclvd.train.objective import QUARTERS, Tally, batch_losses, means
from conclvd.train.prepare import Materials
from conclvd.train.samples import Batch, Window, as_tensor, draw_latents, generator_of
from conclvd.train.settings import TrainSettings


def fixed_batch(name: str, window: Window, *, diffusion_steps: int, scaling_factor: float) -> Batch:
    """A window at the middle of every quarter of the diffusion, with noise that `name` decides.

    It does not depend on any setting of the run, so that runs can be compared.
    """
    generator = generator_of(0, "held out", name)
    clean = draw_latents(window, generator) * scaling_factor
    noise = torch.randn((QUARTERS, *clean.shape), generator=generator)
    middles = [(2 * q + 1) * diffusion_steps // (2 * QUARTERS) for q in range(QUARTERS)]
    states = as_tensor(window.states[0]).expand(QUARTERS, -1, -1)
    return Batch(
        clean.expand(QUARTERS, *clean.shape).contiguous(),
        noise,
        torch.tensor(middles),
        states.contiguous(),
    )


@torch.no_grad()
def held_out_losses(
    model: nn.Module, materials: Materials, settings: TrainSettings, accelerator: Accelerator
) -> dict[str, float]:
    """L_diff, by quarter too, L_con, the contrastive accuracy and the frame offset on the held-out
    clips.

    Every process measures its share of them; empty when no clip is held out.
    """
    if not materials.held_out:
        return {}
    model.eval()
    tally = Tally(accelerator.device, len(materials.alphas), materials.frame_channels)
    alphas = materials.alphas.to(accelerator.device)
    share: Sequence[tuple[str, Window]] = materials.held_out[
        accelerator.process_index :: accelerator.num_processes
    ]
    for name, window in share:
        batch = fixed_batch(
            name, window, diffusion_steps=len(alphas), scaling_factor=materials.scaling_factor
        ).to(accelerator.device)
        tally.add(batch_losses(model, batch, alphas, settings, settings.lambda_con), batch.steps)
    model.train()
    found = means(accelerator.reduce(tally.sums(), "sum").cpu())
    return {f"held_out_{name}": value for name, value in found.items()}
