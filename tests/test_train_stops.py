"""Runs that stop before their end: by what is not a number, by an error, by a person."""

from __future__ import annotations

import gc
import os
import signal
from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL
from transformers import CLIPTextModel

from conclvd.errors import TrainingError
from conclvd.train import interrupt, loop
from conclvd.train.checkpoint import checkpoints
from conclvd.train.journal import read_log
from conclvd.train.loop import Outcome, train
from conclvd.train.objective import Losses, batch_losses
from conclvd.train.start import Report
from conclvd.train.video_denoiser import VideoDenoiser, learning

pytestmark = pytest.mark.slow


def test_a_loss_that_is_not_a_number_stops_the_run_and_names_the_step(settings) -> None:
    given = settings(
        learning_rate=1e30, max_train_steps=9, checkpointing_steps=1, logging_steps=4,
        checkpoints_total_limit=9, max_grad_norm=1e30,
    )  # fmt: skip
    with pytest.raises(TrainingError, match="loss of step 2 "):
        train(given)
    assert [path.name for path in checkpoints(given.output_dir)] == ["checkpoint-1"]


def test_gradients_that_are_not_numbers_are_never_saved(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss of their step is finite."""
    calls: list[None] = []

    def spoilt(model: VideoDenoiser, *given: Any) -> Losses:
        calls.append(None)
        losses = batch_losses(model, *given)
        nothing = next(iter(learning(model).values())).sum() * 0
        return losses if len(calls) < 3 else replace(losses, total=losses.total + nothing.sqrt())

    monkeypatch.setattr(loop, "batch_losses", spoilt)
    given = settings(
        max_train_steps=9, checkpointing_steps=1, logging_steps=4, checkpoints_total_limit=9
    )
    with pytest.raises(TrainingError, match="gradient norm of step 3 "):
        train(given)
    assert [path.name for path in checkpoints(given.output_dir)] == ["checkpoint-1", "checkpoint-2"]


@pytest.mark.parametrize("part", ["held_out_losses", "make_clips"])
def test_a_validation_that_fails_loses_no_step(
    settings, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    first = iter([{}] if part == "held_out_losses" else [])  # of step 0

    def full(*_: object) -> dict[str, float]:
        for figures in first:
            return figures
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(loop, part, full)
    given = settings(
        validation_prompt=["a boat"], validation_steps=2, checkpointing_steps=2, logging_steps=2,
        num_held_out_clips=int(part == "held_out_losses"),
    )  # fmt: skip
    with pytest.raises(torch.OutOfMemoryError):
        train(given)
    assert [path.name for path in checkpoints(given.output_dir)] == ["checkpoint-2"]
    assert [row["step"] for row in read_log(given.output_dir) if "loss_diff" in row] == [2]


def test_a_held_out_figure_that_is_not_a_number_does_not_end_the_run(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = {"held_out_loss_diff": float("nan"), "held_out_frame_offset": 0.5}
    monkeypatch.setattr(loop, "held_out_losses", lambda *_: measured)
    outcome = train(settings(max_train_steps=1, num_held_out_clips=1))
    assert outcome.finished
    rows = [row for row in read_log(outcome.module.parent) if "held_out_frame_offset" in row]
    assert len(rows) == 2
    assert not any("held_out_loss_diff" in row for row in rows)
    assert '"held_out_loss_diff": null' in (outcome.module.parent / "log.jsonl").read_text()


def interrupting(times: int) -> Report:
    """A report that sends `times` SIGINT one after the other when step 2 is done."""

    def report(stage: str, done: int, total: int) -> None:
        if stage == "train" and done == 2:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)

    return report


def test_a_ctrl_c_that_a_launcher_passes_on_as_well_still_saves(settings) -> None:
    given = settings(max_train_steps=500)
    assert train(given, interrupting(2)).step == 3
    assert [path.name for path in checkpoints(given.output_dir)] == ["checkpoint-3"]


def test_a_second_ctrl_c_acts_as_ever(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupt, "ECHO", 0.0)
    given = settings(max_train_steps=500)
    with pytest.raises(KeyboardInterrupt):
        train(given, interrupting(2))
    assert checkpoints(given.output_dir) == []


def count_parts() -> int:
    kinds = (AutoencoderKL, CLIPTextModel)
    return sum(type(thing) in kinds for thing in gc.get_objects())


def test_ctrl_c_saves_and_stops(settings) -> None:
    """And the autoencoder and the text encoder are gone by then."""
    given = settings(max_train_steps=500)
    seen: list[int] = []
    loaded = count_parts()

    def report(stage: str, done: int, total: int) -> None:
        if stage == "train":
            seen.append(done)
            if done == 2:
                assert count_parts() == loaded
                os.kill(os.getpid(), signal.SIGINT)

    outcome = train(given, report)
    assert outcome == Outcome(3, False, outcome.figures, None)
    assert seen[-1] == 3
    assert [path.name for path in checkpoints(given.output_dir)] == ["checkpoint-3"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
