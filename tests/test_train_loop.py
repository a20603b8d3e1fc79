"""The invariants of the training loop, on a tiny model."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPTextModel

from conclvd.errors import TrainingError
from conclvd.models.attention import SPARSE_CAUSAL, VERSATILE
from conclvd.models.base import Base
from conclvd.models.motion import attach, attention_kinds
from conclvd.models.weights import load_motion_module, read_header
from conclvd.train.trainer import loop
from conclvd.train.trainer.checkpoint import checkpoints
from conclvd.train.trainer.device import learning_rate_at
from conclvd.train.trainer.journal import read_log
from conclvd.train.trainer.loop import Outcome, train
from conclvd.train.trainer.model import build_model
from conclvd.train.trainer.objective import Losses, Tally, batch_losses, means
from conclvd.train.trainer.samples import Batch
from conclvd.train.trainer.settings import TrainSettings
from conclvd.train.video_denoiser import VideoDenoiser, freeze, learning
from tiny import tiny_motion
from training_clips import tiny_settings
from training_states import close_gradients, last_state

pytestmark = pytest.mark.slow

# The tiny base's own module is active: every weight of it has a gradient.
MODULE = "motion_adapter"
WEIGHTS = "motion_adapter/diffusion_pytorch_model.safetensors"

REPORTED = {
    "max_train_steps": 4,
    "logging_steps": 2,
    "num_held_out_clips": 1,
    "snr_gamma": 5.0,
    "lr_warmup_steps": 1,
}


@pytest.fixture(scope="module")
def straight(
    base_folder: Path, squares: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainSettings, Outcome]:
    """A run of four steps with all that a run shows."""
    given = tiny_settings(
        base_folder,
        squares,
        tmp_path_factory.mktemp("straight"),
        motion_module_name_or_path=str(base_folder / MODULE),
        validation_steps=4,
        validation_prompt=["a boat", "<b>山</b>"],
        validation_inference_steps=1,
        report_to="tensorboard",
        **REPORTED,
    )
    return given, train(given)


def same(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


def test_accumulated_batches_are_one_batch(settings) -> None:
    one = settings("one", max_train_steps=1, train_batch_size=8)
    parts = settings("parts", max_train_steps=1, gradient_accumulation_steps=8)
    train(one)
    train(parts)
    close_gradients(last_state(one), last_state(parts))
    (first,), (second,) = read_log(one.output_dir), read_log(parts.output_dir)
    assert first["loss_diff"] == pytest.approx(second["loss_diff"], rel=1e-5)
    assert first["loss_con"] == pytest.approx(second["loss_con"], rel=1e-4)
    assert first["grad_norm"] == pytest.approx(second["grad_norm"], rel=1e-4)


def test_stopped_and_resumed_is_a_straight_run_bit_for_bit(straight, settings) -> None:
    parts = settings(**{**REPORTED, "max_train_steps": 2})
    assert train(parts).step == 2
    outcome = train(parts.model_copy(update={"max_train_steps": 4}))
    assert outcome.step == 4
    whole = straight[0]
    assert same(last_state(whole), last_state(parts))
    assert same(load_file(whole.output_dir / WEIGHTS), load_file(parts.output_dir / WEIGHTS))
    assert [row["step"] for row in read_log(parts.output_dir)] == [0, 2, 2, 4, 4]


def test_gradient_checkpointing_changes_no_bit(straight, settings) -> None:
    less = settings(gradient_checkpointing=True, **REPORTED)
    train(less)
    assert same(last_state(straight[0]), last_state(less))


def test_a_run_tells_what_it_learned_and_from_what(straight, base: Base) -> None:
    given, outcome = straight
    rows = read_log(given.output_dir)
    assert [row["step"] for row in rows] == [0, 2, 4, 4, 4]
    held_out = [row["held_out_loss_diff"] for row in rows if "held_out_loss_diff" in row]
    assert len(held_out) == 2
    assert held_out[0] != held_out[1]
    assert {f"held_out_loss_diff_q{q}" for q in (1, 2, 3, 4)} <= rows[0].keys()
    assert {"contrastive_accuracy", "grad_norm", "loss_con"} <= rows[1].keys()
    for name in rows[-1]["clips"].split(" "):
        assert (given.output_dir / name).stat().st_size > 0
    assert list(given.output_dir.glob("conclvd/events.out.tfevents.*"))
    page = (given.output_dir / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 5
    assert "validation/step-000004/01.mp4" in page
    assert "&lt;b&gt;山" in page
    header = read_header(given.output_dir / WEIGHTS)
    assert header["conclvd.base_sha256"] == base.hashes["unet"]
    assert len(header["conclvd.dataset_sha256"]) == 64
    card = (outcome.module / "README.md").read_text(encoding="utf-8")
    assert "| dataset | 4 clips" in card
    assert f"{held_out[0]:.4f} → {held_out[1]:.4f}" in card


def test_the_module_is_read_by_the_generator(straight, base_folder: Path) -> None:
    from conclvd.generate.generator import Generator
    from conclvd.generate.request import Request

    module = str(straight[1].module)
    generator = Generator.load(str(base_folder), module, device="cpu", dtype="float32")
    video = generator.generate(Request("a boat", frames=2, steps=1, seed=0, interpolation="none"))
    assert video.frames.shape == (2, 64, 64, 3)


def test_another_run_in_the_same_folder_is_refused(straight) -> None:
    with pytest.raises(TrainingError, match="a run with seed 0, found 1; choose another output"):
        train(straight[0].model_copy(update={"seed": 1}))


def test_other_clips_are_refused_and_other_processes_are_told(
    settings, squares: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(squares, data)
    given = settings(max_train_steps=1, train_data_dir=data)
    train(given)
    (folder,) = checkpoints(given.output_dir)
    facts = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**facts, "processes": 2}))
    lines: list[str] = []
    train(given.model_copy(update={"max_train_steps": 2}), tell=lines.append)
    assert any("checkpoint-1 is of 2 processes, found 1" in line for line in lines)
    captions = (data / "metadata.jsonl").read_text()
    (data / "metadata.jsonl").write_text(captions.replace("boat 1", "ship 1"))
    with pytest.raises(TrainingError, match="checkpoint-2 was trained with clips and captions of"):
        train(given)


def test_a_checkpoint_of_another_base_or_of_other_sizes_is_refused(settings) -> None:
    given = settings(max_train_steps=1)
    train(given)
    (folder,) = checkpoints(given.output_dir)
    facts = json.loads((folder / "state.json").read_text())
    other = {**facts["hashes"], "unet": "0" * 64}
    (folder / "state.json").write_text(json.dumps({**facts, "hashes": other}))
    with pytest.raises(TrainingError, match="with unet of sha256 0000000000000000…, found"):
        train(given)
    (folder / "state.json").write_text(json.dumps(facts))
    tensors = last_state(given)
    name = next(name for name in tensors if name.startswith("weights/"))
    save_file({**tensors, name: torch.zeros(3)}, folder / "state.safetensors")
    with pytest.raises(TrainingError, match=r"another model: .* has shape \(3,\) there, "):
        train(given)


def test_a_run_that_starts_anew_keeps_no_line_of_another(settings) -> None:
    given = settings(max_train_steps=1, num_held_out_clips=1)
    train(given)
    for folder in checkpoints(given.output_dir):
        shutil.rmtree(folder)
    train(given.model_copy(update={"num_held_out_clips": 0}))
    assert [row["step"] for row in read_log(given.output_dir)] == [1]


def test_a_run_goes_on_with_another_learning_rate_and_format_and_says_so(settings) -> None:
    given = settings(max_train_steps=1)
    train(given)
    before = last_state(given)
    rest = {"learning_rate": 1e-30, "mixed_precision": "bf16", "lambda_con": 0.0}
    lines: list[str] = []
    AcceleratorState._reset_state(True)  # as in a process of its own
    outcome = train(given.model_copy(update={"max_train_steps": 2, **rest}), tell=lines.append)
    assert outcome.figures["learning_rate"] == 1e-30
    assert "learning_rate is 1e-30 from here on, was 0.001" in lines
    assert "mixed_precision is bf16 from here on, was auto" in lines
    (logged,) = [row for row in read_log(given.output_dir) if "settings" in row]
    assert logged["step"] == 1
    assert "lambda_con is 0.0 from here on, was 0.07" in logged["settings"]
    after = last_state(given)
    weights = [name for name in before if name.startswith("weights/")]
    assert all(torch.equal(before[name], after[name]) for name in weights)  # not by the old rate
    moments = [name for name in before if name.endswith("/exp_avg")]
    assert not all(torch.equal(before[name], after[name]) for name in moments)


def test_only_motion_module_and_adapter_change(base: Base, settings) -> None:
    given = settings()
    module = tiny_motion()
    model = build_model(base.unet, module, given, noise_size=4 * 8 * 8, frozen_dtype=torch.float32)
    before = {name: p.clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.AdamW(learning(model).values(), lr=0.1)
    batch = Batch(
        torch.randn(1, 6, 4, 8, 8), torch.randn(1, 6, 4, 8, 8), torch.tensor([9]),
        torch.randn(1, 24, 16),
    )  # fmt: skip
    losses = batch_losses(model, batch, torch.linspace(0.99, 0.01, 1000), given)
    losses.total.backward()
    optimizer.step()
    changed = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert changed == set(learning(model))
    wanted = ("motion_modules.", "adapter.layers.")
    assert all(any(part in name for part in wanted) for name in changed)
    still = set(before) - changed
    useless = {name for name in still if "motion_modules." in name}
    assert useless
    assert all("attn2.to_q" in name or "attn2.to_k" in name for name in useless)


def test_frozen_weights_are_half_and_masters_float(base: Base, settings) -> None:
    model = build_model(
        base.unet, tiny_motion(), settings(), noise_size=256, frozen_dtype=torch.bfloat16
    )
    kinds = {(p.requires_grad, p.dtype) for p in model.parameters()}
    assert kinds == {(True, torch.float32), (False, torch.bfloat16)}


@pytest.mark.parametrize("kinds", [[VERSATILE, "none"], [VERSATILE, VERSATILE, SPARSE_CAUSAL]])
def test_ablations_train_and_are_saved_as_what_they_are(settings, kinds: list[str]) -> None:
    given = settings(
        motion_module_name_or_path=None, attention_kinds=kinds, lambda_con=0.0, max_train_steps=1
    )
    outcome = train(given)
    assert attention_kinds(load_motion_module(outcome.module)) == tuple(kinds)
    assert outcome.figures["grad_norm"] > 0


def test_a_loss_that_is_not_a_number_stops_the_run_and_names_the_step(settings) -> None:
    given = settings(
        learning_rate=1e30, max_train_steps=9, checkpointing_steps=1, logging_steps=4,
        checkpoints_total_limit=9, max_grad_norm=1e30,
    )  # fmt: skip
    with pytest.raises(TrainingError, match="the loss of step 2 is not a number"):
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
    with pytest.raises(TrainingError, match="the gradient norm of step 3 is not a number"):
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


def test_learning_rates(settings) -> None:
    def rates(name: str) -> list[float]:
        given = {"learning_rate": 1.0, "lr_warmup_steps": 2, "max_train_steps": 6}
        chosen = settings(lr_scheduler=name, **given)
        return [round(learning_rate_at(step, chosen), 3) for step in range(6)]

    assert rates("constant") == [0.5, 1, 1, 1, 1, 1]
    assert rates("linear") == [0.5, 1, 1, 0.75, 0.5, 0.25]
    assert rates("cosine") == [0.5, 1, 1, 0.854, 0.5, 0.146]


def test_the_tally_is_by_quarter_and_leaves_out_what_is_unknown() -> None:
    tally = Tally(torch.device("cpu"), 1000, 2)
    unknown = torch.tensor(float("nan"))
    for losses, steps in (
        (
            Losses(
                unknown,
                torch.tensor([1.0, 3.0]),
                torch.tensor(0.5),
                unknown,
                torch.tensor([0.4, -0.6]),
            ),
            [0, 249],
        ),
        (
            Losses(
                unknown,
                torch.tensor([5.0, 7.0]),
                torch.tensor(1.5),
                torch.tensor(1.0),
                torch.tensor([0.2, 0.0]),
            ),
            [250, 999],
        ),
    ):
        tally.add(losses, torch.tensor(steps))
    assert means(tally.sums()) == pytest.approx(
        {
            "loss_diff": 4.0,
            "loss_diff_q1": 2.0,
            "loss_diff_q2": 5.0,
            "loss_diff_q4": 7.0,
            "loss_con": 1.0,
            "contrastive_accuracy": 1.0,
            "frame_offset": 0.3,
        }
    )


def test_what_freeze_leaves_is_what_attention_uses(base: Base) -> None:
    module = tiny_motion((VERSATILE, "none"))
    unet = attach(base.unet, module)
    freeze(unet, (VERSATILE, "none"))
    left = [name for name, p in unet.named_parameters() if p.requires_grad]
    assert left
    assert all("motion_modules." in name for name in left)
    assert not any("attn2" in name or "norm2" in name for name in left)
