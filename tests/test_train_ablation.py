"""The ablations' table and the memory estimate: known answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch

from conclvd.errors import InvalidRequest
from conclvd.models.base import Base
from conclvd.train import validation
from conclvd.train.ablation import (
    VARIANTS,
    AblationRow,
    check_prompts,
    measure,
    prepare_comparable,
    run_ablations,
    table,
    variant_settings,
)
from conclvd.train.device import new_accelerator
from conclvd.train.loop import train
from conclvd.train.memory import estimate
from conclvd.train.model import build_model
from conclvd.train.report import clips_table, shown_clip, thinned
from conclvd.train.settings import TrainSettings, read_settings
from conclvd.train.validation import validation_folder
from conclvd.train.video_denoiser import learning
from conclvd.train.warm_start import PAPERS
from tiny import tiny_motion
from training_clips import square_dataset, tiny_settings

PRESETS = {
    "ConCLVD": "paper",
    "without SC-Attn": "without-sc-attn",
    "without CLofNoise": "without-clofnoise",
    "AnimateDiff": "animatediff",
}


FILES = re.compile('src="([^"]*)"')


def quiet(*_: object) -> None: ...


@pytest.fixture
def settings(base_folder: Path, tmp_path: Path):
    return tiny_settings(base_folder, tmp_path, tmp_path / "out", validation_prompt=["a boat"])


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_its_preset(settings, name: str) -> None:
    preset = read_settings(PRESETS[name], {"train_data_dir": "clips"})
    found = variant_settings(settings.model_copy(update={"contrastive_until": 0.3}), name)
    assert tuple(found.attention_kinds) == tuple(preset.attention_kinds or PAPERS)
    assert (found.lambda_con, found.contrastive_until) == (preset.lambda_con, 1.0)
    assert found.cache == settings.cache
    assert found.output_dir.parent == settings.output_dir


def test_a_row_of_the_table() -> None:
    row = AblationRow("x", 1000, 0.123456, None, 0.0281, ())
    assert table([row]).splitlines()[-1] == "| x | 1,000 | 0.1235 | - | 0.0281 |"


@pytest.mark.parametrize(
    ("change", "message"),
    [({"validation_prompt": []}, "--validation-prompt"), ({"lambda_con": 0.0}, "lambda_con 0")],
)
def test_what_cannot_be_compared_is_refused(settings, change, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        run_ablations(settings.model_copy(update=change), quiet, quiet)


@pytest.mark.slow
def test_without_held_out_clips_nothing_is_trained(settings) -> None:
    data = square_dataset(settings.train_data_dir, 2)
    with pytest.raises(InvalidRequest, match=r"of 2 clips.*--num-held-out-clips"):
        run_ablations(settings.model_copy(update={"train_data_dir": data}), quiet, quiet)
    assert not list(settings.output_dir.rglob("log.jsonl"))


def test_several_processes_are_refused(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    two = new_accelerator(settings)
    monkeypatch.setattr(type(two), "num_processes", 2)
    with pytest.raises(InvalidRequest, match=r"found 2.*accelerate launch"):
        prepare_comparable(settings, two, quiet)


def finished(settings: TrainSettings, **row: float) -> TrainSettings:
    """A variant as a finished run leaves it, as far as the comparison reads it."""
    given = variant_settings(settings, "ConCLVD")
    folder = validation_folder(given.output_dir, 3)
    folder.mkdir(parents=True)
    (folder / "00.mp4").touch()
    (given.output_dir / "settings.json").write_text(given.model_dump_json())
    last = {"step": 3, "clips": "validation/step-000003/00.mp4", **row}
    (given.output_dir / "log.jsonl").write_text(json.dumps(last))
    return given


def test_other_prompts_than_those_of_finished_variants_are_refused(settings) -> None:
    given = finished(settings)
    others = {"validation_prompt": ["a mountain"]}
    with pytest.raises(InvalidRequest, match=r"ConCLVD .*\['a boat'\]"):
        run_ablations(settings.model_copy(update=others), quiet, quiet)
    check_prompts("ConCLVD", given)
    check_prompts("ConCLVD", given.model_copy(update={**others, "max_train_steps": 4}))


def test_a_finished_run_that_cannot_be_compared_says_why(settings) -> None:
    given = finished(settings, held_out_loss_diff=0.5, held_out_frame_offset=0.1)
    assert measure("ConCLVD", given).held_out_loss == 0.5
    with pytest.raises(InvalidRequest, match="1 clips for 2 "):
        measure("x", given.model_copy(update={"validation_prompt": ["a boat", "a mountain"]}))
    (given.output_dir / "log.jsonl").write_text("")
    with pytest.raises(InvalidRequest, match=r"^x in .* held-out"):
        measure("x", given)


@pytest.mark.slow
def test_a_variant_that_was_killed_in_its_last_validation_is_measured_and_looked_at(
    base_folder: Path, squares: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tiny_settings(
        base_folder, squares, tmp_path / "out", validation_prompt=["a boat", "a ship"],
        validation_inference_steps=1, num_held_out_clips=1, max_train_steps=2,
    )  # fmt: skip

    def killed(path: Path, *_: object) -> None:
        path.with_name(f".{path.stem}.1.part.mp4").write_bytes(b"half a clip")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(validation, "write_video", killed)
        with pytest.raises(KeyboardInterrupt):
            run_ablations(given, quiet, quiet)
    rows = run_ablations(given, quiet, quiet)
    assert [row.name for row in rows] == list(VARIANTS)
    assert all([path.name for path in row.videos] == ["00.mp4", "01.mp4"] for row in rows)
    whole = given.model_copy(update={"output_dir": tmp_path / "whole"})
    straight = train(variant_settings(whole, "ConCLVD"))
    assert rows[0].held_out_loss == pytest.approx(straight.figures["held_out_loss_diff"], rel=1e-5)
    made = rows[0].videos[0].stat().st_mtime_ns
    assert run_ablations(given, quiet, quiet) == rows
    assert rows[0].videos[0].stat().st_mtime_ns == made  # what is finished is left as it is


@pytest.mark.slow
def test_the_memory_estimate_counts_what_there_is(base: Base, settings) -> None:
    import copy

    def sizes(**change: object):
        given = settings.model_copy(update=change)
        unet, module = copy.deepcopy(base.unet), tiny_motion()
        return estimate(unet, module, given, channels=4, side=8, text=(24, 16))

    model = build_model(
        copy.deepcopy(base.unet), tiny_motion(), settings, noise_size=256,
        frozen_dtype=torch.float32,
    )  # fmt: skip
    trained = sum(p.numel() for p in learning(model).values())
    plain = sizes()
    less = sizes(
        use_ema=False, use_8bit_adam=True, gradient_checkpointing=True, mixed_precision="bf16"
    )
    assert plain.weights == 4 * sum(p.numel() for p in model.parameters())
    assert plain.gradients == 4 * trained
    assert plain.optimizer == 8 * trained
    assert less.average == 0
    assert less.optimizer == 2 * trained
    assert less.activations < plain.activations / 5
    assert less.weights < plain.weights
    double = sizes(train_batch_size=2).activations
    assert double == pytest.approx(2 * plain.activations, rel=0.05)


def test_a_clip_without_pyav_is_a_moving_picture_in_the_report() -> None:
    assert shown_clip("a/0.webp") == '<img src="a/0.webp" alt="">'
    assert shown_clip('a/"0.mp4').startswith('<video src="a/&quot;0.mp4"')


def test_each_clip_of_the_report_stands_beside_its_own_prompt(settings) -> None:
    """Also when the run went on with others, or has one twice, for its two seeds."""
    rows = [
        {"step": 1, "clips": "1/0.mp4 1/1.mp4", "prompts": ["a boat", "a boat"]},
        {"step": 2, "clips": "2/0.mp4 2/1.mp4", "prompts": ["mist", "a boat"]},
        {"step": 3, "clips": "3/0.mp4"},  # of an earlier version: the settings' own, a boat
    ]
    table = clips_table(settings, rows).split("<tr>")[2:]
    found = [(row.split("</td>")[0].removeprefix("<td>"), FILES.findall(row)) for row in table]
    assert found == [
        ("a boat", ["1/0.mp4", "2/1.mp4", "3/0.mp4"]),
        ("a boat", ["1/1.mp4"]),
        ("mist", ["2/0.mp4"]),
    ]
    assert [row.count("<td>") for row in table] == [4, 4, 4]


def test_long_curves_are_means_over_stretches() -> None:
    points = [(step, float(step % 2)) for step in range(1000)]
    short = thinned(points)
    assert len(short) == 200
    assert short[0] == (4, 0.4)
    assert short[-1] == (999, 0.6)
    assert thinned(points[:200]) == points[:200]
