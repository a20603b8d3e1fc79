"""The invariants of the training loop, on a tiny model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from conclvd.models.attention import SPARSE_CAUSAL, VERSATILE
from conclvd.models.base import Base
from conclvd.models.motion import attention_kinds
from conclvd.models.weights import load_motion_module, read_header
from conclvd.train.journal import read_log
from conclvd.train.loop import Outcome, train
from conclvd.train.settings import TrainSettings
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


def test_8_bit_moments_are_saved_and_found_again(settings) -> None:
    given = {"max_train_steps": 4, "use_8bit_adam": True, "mixed_precision": "bf16"}
    whole, parts = settings("whole", **given), settings("parts", **given)
    train(whole)
    train(parts.model_copy(update={"max_train_steps": 2}))
    train(parts)
    state = last_state(whole)
    assert same(state, last_state(parts))
    moments = [state[name] for name in state if name.endswith("/state1")]
    assert any(moment.dtype == torch.uint8 and moment.any() for moment in moments)


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
    assert rows[-1]["prompts"] == given.validation_prompt
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


def test_the_contrastive_loss_counts_for_its_share_of_the_run(settings) -> None:
    half, by_hand = settings("half", max_train_steps=4, contrastive_until=0.5), settings("by-hand")
    card = (train(half).module / "README.md").read_text(encoding="utf-8")
    assert "| contrastive loss | weight 0.07, for the first 50% of the steps |" in card
    train(by_hand.model_copy(update={"max_train_steps": 2}))
    train(by_hand.model_copy(update={"max_train_steps": 4, "lambda_con": 0.0}))
    assert same(last_state(half), last_state(by_hand))


@pytest.mark.parametrize("kinds", [[VERSATILE, "none"], [VERSATILE, VERSATILE, SPARSE_CAUSAL]])
def test_ablations_train_and_are_saved_as_what_they_are(settings, kinds: list[str]) -> None:
    given = settings(
        motion_module_name_or_path=None, attention_kinds=kinds, lambda_con=0.0, max_train_steps=1
    )
    outcome = train(given)
    assert attention_kinds(load_motion_module(outcome.module)) == tuple(kinds)
    assert outcome.figures["grad_norm"] > 0
