"""The losses of one batch (docs/method.md sections 3 and 4), their check, and the held-out loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from jaxtyping import Float
from torch import Tensor, nn

from conclvd.errors import TrainingError
from conclvd.train.losses import (
    LAMBDA_DIFF,
    add_noise,
    contrastive_accuracy,
    contrastive_loss,
    frame_errors,
    frame_offset,
    min_snr_weights,
)
from conclvd.train.prepare import Materials
from conclvd.train.samples import Batch, Window, as_tensor, draw_latents, generator_of
from conclvd.train.settings import TrainSettings


@dataclass(frozen=True)
class Losses:
    """Of one batch: the loss that is minimised, Eq. (13); L_diff of every clip, Eq. (12), without
    weights; L_con, Eq. (11), and how often the next frame beats all negatives (NaN if no anchor
    has any); the mean error of each frame and channel, less that of all frames."""

    total: Float[Tensor, ""]
    diffusion: Float[Tensor, b]
    contrastive: Float[Tensor, ""]
    accuracy: Float[Tensor, ""]
    frame_errors: Float[Tensor, k]


def lambda_con_at(step: int, settings: TrainSettings) -> float:
    """The weight of the contrastive loss at a step (from 0)."""
    counts = step < settings.contrastive_until * settings.max_train_steps
    return settings.lambda_con if counts else 0.0


def batch_losses(
    model: nn.Module,
    batch: Batch,
    alphas: Float[Tensor, t],
    settings: TrainSettings,
    lambda_con: Float[Tensor, ""] | float,
) -> Losses:
    """Run the model on a batch; `alphas` are the schedule's cumulative products."""
    noisy = add_noise(batch.latents, batch.noise, alphas[batch.steps])  # Eq. (2)
    predicted, embedded = model(noisy, batch.steps, batch.states)
    error = (predicted.float() - batch.noise).square().flatten(1).mean(1)  # Eq. (12)
    weighted = error
    if settings.snr_gamma is not None:
        weighted = error * min_snr_weights(alphas[batch.steps], settings.snr_gamma)
    temperature, distance = settings.contrastive_temperature, settings.negative_distance
    contrastive = contrastive_loss(embedded, temperature, distance)  # Eq. (11)
    return Losses(
        total=LAMBDA_DIFF * weighted.mean() + lambda_con * contrastive,  # Eq. (13)
        diffusion=error.detach(),
        contrastive=contrastive.detach(),
        accuracy=contrastive_accuracy(embedded.detach(), distance),
        frame_errors=frame_errors(predicted, batch.noise).flatten(),
    )


def idle_contrast(settings: TrainSettings) -> list[str]:
    """A line when no frame of a sample has a negative, so that L_con is 0 whatever its weight."""
    least = settings.negative_distance + 2
    if settings.lambda_con == 0 or settings.num_frames >= least:
        return []
    return [
        f"the contrastive loss is always 0: among {settings.num_frames} frames none is more than "
        f"{settings.negative_distance} from another; give --num-frames {least} or more, or a lower "
        "--negative-distance"
    ]


QUARTERS = 4  # of the diffusion: the first has the least noise, the last the most


class Tally:
    """Sums of losses between two lines of the log, on the device, without waiting for it.

    `frame_channels` is the number of frames times that of channels of a sample.
    """

    def __init__(self, device: torch.device, diffusion_steps: int, frame_channels: int) -> None:
        self._diffusion_steps, self._frame_channels = diffusion_steps, frame_channels
        self._device = device
        self.clear()

    def clear(self) -> None:
        """Start anew."""
        self._errors = torch.zeros(QUARTERS, device=self._device, dtype=torch.float64)
        self._counts = torch.zeros(QUARTERS, device=self._device, dtype=torch.float64)
        # contrastive loss, accuracy, and the batches that each is of
        self._others = torch.zeros(4, device=self._device, dtype=torch.float64)
        self._frame_errors = torch.zeros(self._frame_channels, device=self._device)

    @torch.no_grad()
    def add(self, losses: Losses, steps: Tensor) -> None:
        """Take in one batch."""
        quarter = (steps * QUARTERS).div(self._diffusion_steps, rounding_mode="floor")
        self._errors.index_add_(0, quarter, losses.diffusion.double())
        self._counts.index_add_(0, quarter, torch.ones_like(losses.diffusion).double())
        known = losses.accuracy.isfinite()
        accuracy = torch.where(known, losses.accuracy, 0)
        one = torch.ones_like(losses.contrastive)
        self._others += torch.stack([losses.contrastive, accuracy, one, known.to(one)]).double()
        self._frame_errors += losses.frame_errors

    def sums(self) -> Float[Tensor, k]:
        """All sums in one tensor, to be added up over processes."""
        return torch.cat([self._errors, self._counts, self._others, self._frame_errors])


def means(sums: Float[Tensor, k]) -> dict[str, float]:
    """The figures of the log out of `Tally.sums`; what nothing is known of is left out."""
    values = sums.tolist()
    errors, counts, others = values[:4], values[4:8], values[8:12]
    found = {"loss_diff": sum(errors) / max(1.0, sum(counts))}
    for quarter, (error, count) in enumerate(zip(errors, counts, strict=True), 1):
        if count:
            found[f"loss_diff_q{quarter}"] = error / count
    contrastive, accuracy, all_batches, known_batches = others
    found["loss_con"] = contrastive / max(1.0, all_batches)
    found["frame_offset"] = float(frame_offset(sums[12:] / max(1.0, all_batches)))
    if known_batches:
        found["contrastive_accuracy"] = accuracy / known_batches
    return found


def check_finite(
    totals: list[Tensor],
    norms: list[Tensor],
    step: int,
    settings: TrainSettings,
    accelerator: Accelerator,
) -> None:
    """Raise TrainingError that names the first step whose loss or gradients are not numbers.

    `totals` are the losses of all batches since the last check, up to and with `step`; `norms` are
    the gradients' norms of those steps, none where a scaler leaves out a step that has no number.
    """
    if not totals:
        return
    losses = accelerator.reduce(torch.stack(totals), "mean").isfinite()
    losses = losses.view(-1, settings.gradient_accumulation_steps).all(1)
    finite = losses & torch.stack(norms).isfinite() if norms else losses
    if finite.all():
        return
    place = finite.tolist().index(False)
    what = "gradient norm" if losses[place] else "loss"
    raise TrainingError(
        f"the {what} of step {step - len(finite) + place + 1} is not a number, so the run has "
        "stopped; lower learning_rate, or use mixed_precision bf16 or no, and go on from the last "
        "checkpoint"
    )


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
