"""The training loop (Algorithm 1; docs/method.md section 4), read top to bottom.

step → log → checkpoint → measure → validate → stop
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from conclvd.errors import TrainingError
from conclvd.files import make_folder
from conclvd.generate.generator import no_progress
from conclvd.models.motion import attention_kinds
from conclvd.train.captured import Captured
from conclvd.train.checkpoint import clear_partial, disk_errors, of_other_branches
from conclvd.train.clock import set_learning_rate
from conclvd.train.device import (
    DTYPES,
    learning_rate_at,
    new_accelerator,
    new_optimizer,
    precision,
    replays,
)
from conclvd.train.ema import MovingAverage
from conclvd.train.export import export
from conclvd.train.interrupt import Interrupt
from conclvd.train.journal import Journal, missing
from conclvd.train.masters import Masters
from conclvd.train.model import build_model, keep_transposed
from conclvd.train.objective import (
    Losses,
    Tally,
    batch_losses,
    check_finite,
    held_out_losses,
    idle_contrast,
    lambda_con_at,
    means,
)
from conclvd.train.prepare import Prepare, prepare
from conclvd.train.report import write_report
from conclvd.train.resume import State, keep_settings, place_in_run, restore, save
from conclvd.train.samples import Batch, Samples, batches, join
from conclvd.train.settings import TrainSettings
from conclvd.train.start import Report, check_place
from conclvd.train.validation import make_clips


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the step reached, whether that is the last, its last figures, and where
    the motion module is (None when the run was stopped before it had one)."""

    step: int
    finished: bool
    figures: dict[str, float]
    module: Path | None


def train(
    settings: TrainSettings,
    report: Report = no_progress,
    tell: Callable[[str], None] = lambda line: None,
    prepare: Prepare = prepare,
) -> Outcome:
    """Train until `max_train_steps`; go on from the newest checkpoint if there is one.

    `prepare` gives what the run trains with; it may be another function than the one that reads
    clips from files.
    `report(stage, done, total)` shows progress, `tell` a line of text; both are called on the main
    process alone. Ctrl-C and SIGTERM end the step, save a checkpoint, and return. Raises
    TrainingError, with the step, when its loss or gradients are not finite; checkpoints before it
    are whole.
    """
    torch.set_float32_matmul_precision("high")
    accelerator = new_accelerator(settings)
    main, device = accelerator.is_main_process, accelerator.device
    if not main:
        report, tell = no_progress, lambda line: None

    # --- clips, frozen base, motion module -----------------------------------------------------
    output = settings.output_dir
    if main:
        check_place(settings)
        make_folder(output, TrainingError)
        clear_partial(output)
    materials = prepare(settings, accelerator, report)
    module, resumed, origin = materials.module, materials.resumed, materials.origin
    for skipped in materials.clips.skipped:
        tell(f"passed over: {skipped.name} {skipped.reason}")
    for line in (*idle_contrast(settings), *materials.notes):
        tell(line)
    number = DTYPES[precision(settings)]
    model = build_model(
        materials.unet, module, settings, noise_size=materials.noise_size, frozen_dtype=number
    ).to(device)
    masters = Masters(model, number, accumulates=settings.gradient_accumulation_steps > 1)
    if device.type == "cuda" and number != torch.float32:
        keep_transposed(model.unet)
    weights = masters.weights
    average = MovingAverage(weights.values(), settings.ema_decay) if settings.use_ema else None
    optimizer = new_optimizer(weights.values(), settings)
    state = State(weights, optimizer, average, accelerator.scaler)
    first = restore(resumed, state) if resumed else 0
    masters.publish()
    if main:
        keep_settings(settings)
    others = of_other_branches(output, resumed, first) if resumed else []
    journal = Journal(accelerator, settings, resumed, others, first_step=first)
    if resumed:
        tell(f"going on from {place_in_run(resumed, first, settings)}")
    if materials.changes:
        journal.write(first, {}, settings="; ".join(materials.changes))
        for line in materials.changes:
            tell(line)

    # --- what every step needs -----------------------------------------------------------------
    alphas = materials.alphas.to(device)
    lambda_con = torch.tensor(settings.lambda_con, device=device)  # a graph reads it at its place
    samples = Samples(
        materials.training,
        materials.empty,
        settings,
        diffusion_steps=len(alphas),
        scaling_factor=materials.scaling_factor,
    )

    def run(*parts: Tensor) -> Losses:
        """Losses of a batch; its gradients are added to those of its step's others."""
        losses = batch_losses(model, Batch(*parts), alphas, settings, lambda_con)
        accelerator.backward(losses.total)  # divided by the batches of a step
        return replace(losses, total=losses.total.detach())

    model.train()
    losses_of: Callable[..., Losses] = run
    if replays(settings):
        tell("recording a CUDA graph")
        example = join([samples[0]] * settings.train_batch_size).to(device)
        losses_of = Captured(run, example, device)
        masters.clear()
    stream = batches(
        samples,
        first,
        rank=accelerator.process_index,
        ranks=accelerator.num_processes,
        pin_memory=device.type == "cuda",
    )
    tally = Tally(device, len(alphas), materials.frame_channels)
    totals, norms = list[Tensor](), list[Tensor]()
    figures: dict[str, float] = {}
    step, stopped = first, False

    def measure() -> dict[str, float]:
        with averaged(average, masters):
            return held_out_losses(model, materials, settings, accelerator)

    def validate() -> None:
        with averaged(average, masters):
            names = make_clips(model.unet, module, materials, settings, accelerator, step, report)
        journal.write(step, {}, clips=" ".join(names), prompts=settings.validation_prompt)

    if first >= settings.max_train_steps or first % settings.validation_steps == 0:
        # The run may have been killed between its checkpoint and what is made after it.
        unmeasured, unseen = missing(settings.output_dir, first)
        if unmeasured and materials.held_out:
            figures = measure()
            journal.write(first, figures)
        if unseen and materials.prompts:
            validate()

    # --- the loop ------------------------------------------------------------------------------
    since, step_then = time.monotonic(), step
    with Interrupt() as interrupt:
        while step < settings.max_train_steps and not stopped:
            rate = learning_rate_at(step, settings)
            set_learning_rate(optimizer, rate)
            lambda_con.fill_(lambda_con_at(step, settings))
            for _ in range(settings.gradient_accumulation_steps):
                batch = next(stream).to(device)
                losses = losses_of(*batch)
                masters.collect()
                tally.add(losses, batch.steps)
                totals.append(losses.total.clone())
            norm = masters.step(optimizer, settings.max_grad_norm, accelerator.scaler)
            if accelerator.scaler is None:
                norms.append(norm)
            if average:
                average.update()
            step += 1
            last = step == settings.max_train_steps
            log_now = last or step % settings.logging_steps == 0
            save_now = last or step % settings.checkpointing_steps == 0
            look_now = last or step % settings.validation_steps == 0
            if log_now or save_now or look_now or accelerator.num_processes == 1:
                stopped = interrupt.agreed(accelerator) and not last
            if log_now or save_now or look_now or stopped:
                check_finite(totals, norms, step, settings, accelerator)
                totals.clear()
                norms.clear()
            if log_now:
                row = means(accelerator.reduce(tally.sums(), "sum").cpu())
                row |= {  # by now the device has done all that was asked of it
                    "grad_norm": float(norm),
                    "learning_rate": rate,
                    "seconds_per_step": (time.monotonic() - since) / (step - step_then),
                }
                tally.clear()
                journal.write(step, row)
                figures |= row
            if save_now or stopped:  # first: what is looked at may not fit the device or the disk
                accelerator.wait_for_everyone()
                if main:
                    save(step, state, settings, origin, tell, others)
                    others = []
                accelerator.wait_for_everyone()
            if look_now and materials.held_out:
                row = measure()
                journal.write(step, row)
                figures |= row
            if look_now and materials.prompts:
                validate()
            if log_now or look_now or save_now:
                since, step_then = time.monotonic(), step
            report("train", step, settings.max_train_steps)

    # --- what is kept --------------------------------------------------------------------------
    folder = None
    if stopped:
        tell(
            f"step {step} is saved; the same command goes on from there, and with "
            f"--max-train-steps {step} makes the module of it"
        )
    if main and not stopped:
        if average:
            average.swap()
        masters.settle()
        with disk_errors(output):
            folder = export(model.unet, module, materials, settings, step)
            write_report(settings, materials, attention_kinds(module))
    accelerator.end_training()
    return Outcome(step, not stopped, figures, folder)


@contextmanager
def averaged(average: MovingAverage | None, masters: Masters) -> Iterator[None]:
    """The model with the average of its weights, if one is kept, for a while."""
    if average is None:
        yield
        return
    average.swap()
    masters.publish()
    try:
        yield
    finally:
        average.swap()
        masters.publish()
