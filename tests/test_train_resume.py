"""Going on with a run: what is refused, what is told, what is kept."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState
from safetensors.torch import save_file

from conclvd.errors import TrainingError
from conclvd.train import loop
from conclvd.train.checkpoint import checkpoints
from conclvd.train.journal import read_log
from conclvd.train.loop import train
from conclvd.train.settings import TrainSettings
from training_states import last_state

pytestmark = pytest.mark.slow


def test_another_run_in_the_same_folder_is_refused(settings) -> None:
    given = settings(max_train_steps=1)
    train(given)
    with pytest.raises(TrainingError, match=r"checkpoint-1 .*seed 0, found 1"):
        train(given.model_copy(update={"seed": 1}))


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
    with pytest.raises(TrainingError, match=r"checkpoint-2 .*clips and captions"):
        train(given)


def test_the_same_clips_in_another_order_are_told(settings, squares: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(squares, tmp_path / "data"))
    given = settings(max_train_steps=1, train_data_dir=data)
    train(given)
    (folder,) = checkpoints(given.output_dir)
    facts = json.loads((folder / "state.json").read_text())
    rows = (data / "metadata.jsonl").read_text().splitlines()

    def told(rows: list[str], order: dict[str, str]) -> list[str]:
        (data / "metadata.jsonl").write_text("\n".join(rows))
        rest = {name: fact for name, fact in facts.items() if name != "order"}
        (folder / "state.json").write_text(json.dumps(rest | order))
        lines: list[str] = []
        train(given, tell=lines.append)
        return [line for line in lines if "draws other samples" in line]

    order = {"order": facts["order"]}
    (line,) = told(rows[::-1], order)
    assert line.startswith("checkpoint-1 ")
    assert told(rows, order) == []
    assert told(rows[::-1], {}) == []  # of a version that did not note it


def test_a_checkpoint_of_another_base_or_of_other_sizes_is_refused(settings) -> None:
    given = settings(max_train_steps=1)
    train(given)
    (folder,) = checkpoints(given.output_dir)
    facts = json.loads((folder / "state.json").read_text())
    other = {**facts["hashes"], "unet": "0" * 64}
    (folder / "state.json").write_text(json.dumps({**facts, "hashes": other}))
    with pytest.raises(TrainingError, match="unet of sha256 0000000000000000…, found"):
        train(given)
    (folder / "state.json").write_text(json.dumps(facts))
    tensors = last_state(given)
    name = next(name for name in tensors if name.startswith("weights/"))
    save_file({**tensors, name: torch.zeros(3)}, folder / "state.safetensors")
    with pytest.raises(TrainingError, match=r" \(3,\) there, "):
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
    card = (outcome.module / "README.md").read_text(encoding="utf-8")
    assert f"| changed on the way | step 1: {logged['settings']} |" in card
    after = last_state(given)
    weights = [name for name in before if name.startswith("weights/")]
    assert all(torch.equal(before[name], after[name]) for name in weights)  # not by the old rate
    moments = [name for name in before if name.endswith("/exp_avg")]
    assert not all(torch.equal(before[name], after[name]) for name in moments)


def test_a_branch_tells_what_it_sets_aside_and_how_to_get_it_back(settings) -> None:
    given = settings(max_train_steps=2, checkpointing_steps=1)
    train(given)
    lines: list[str] = []
    branch = given.model_copy(update={"resume_from_checkpoint": "checkpoint-1", "learning_rate": 1})
    train(branch, tell=lines.append)
    (line,) = [line for line in lines if "set aside" in line]
    assert f"{given.output_dir}: checkpoint-2.aside" in line
    assert line.endswith("--resume-from-checkpoint checkpoint-2.aside")
    back = given.model_copy(update={"resume_from_checkpoint": "checkpoint-2.aside"})
    assert train(back, tell=lines.append).step == 2
    # with its own learning rate, whatever that of the run was that came last
    assert "checkpoint-2.aside, where all steps are made" in lines[-1]
    lines.clear()
    train(back.model_copy(update={"learning_rate": 1.0}), tell=lines.append)
    assert lines[-1] == "learning_rate is 1.0 from here on, was 0.001"


def curve(output: Path) -> dict[int, float]:
    """The learning rates that TensorBoard shows."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(output / "conclvd")).Reload().Scalars("learning_rate")
    assert len({event.step for event in events}) == len(events)
    return {event.step: event.value for event in events}


def lines(folder: Path) -> list[dict[str, Any]]:
    return [row for row in read_log(folder) if "settings" not in row]


def rates(folder: Path) -> dict[int, float]:
    return {row["step"]: row["learning_rate"] for row in lines(folder) if "loss_diff" in row}


def train_later(given: TrainSettings) -> None:
    """TensorBoard orders files by the second of their start, then by a number read as text."""
    time.sleep(1)
    train(given)


def test_each_branch_keeps_its_own_log(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings(
        max_train_steps=3, checkpointing_steps=1, checkpoints_total_limit=9, num_held_out_clips=1,
        report_to="tensorboard",
    )  # fmt: skip
    output = given.output_dir
    train_later(given)
    first = lines(output)
    branch = given.model_copy(
        update={"resume_from_checkpoint": "checkpoint-1", "learning_rate": 0.5}
    )

    with monkeypatch.context() as patch:  # the branch ends before it has a checkpoint
        patch.setattr(loop, "save", lambda *_: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception, match="killed"):
            train_later(branch)
    assert rates(output)[2] == 0.5
    train_later(given)
    assert lines(output) == first

    train_later(branch)
    assert rates(output) == {1: 0.001, 2: 0.5, 3: 0.5}
    assert curve(output) == pytest.approx(rates(output))
    assert lines(output / "checkpoint-3.aside") == first
    back = given.model_copy(update={"resume_from_checkpoint": "checkpoint-3.aside"})
    train_later(back)
    assert lines(output) == first
    assert curve(output) == pytest.approx(rates(output))

    train_later(back.model_copy(update={"max_train_steps": 4}))
    assert rates(output / "checkpoint-3.aside-2") == {1: 0.001, 2: 0.5, 3: 0.5}


def test_a_start_that_is_refused_forgets_no_change(settings, squares: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(squares, tmp_path / "data"))
    given = settings(max_train_steps=1, train_data_dir=data)
    train(given)
    changed = given.model_copy(update={"learning_rate": 0.5, "max_train_steps": 2})
    captions = (data / "metadata.jsonl").read_text()
    (data / "metadata.jsonl").write_text(captions.replace("boat 1", "ship 1"))
    with pytest.raises(TrainingError, match="clips and captions"):
        train(changed)
    (data / "metadata.jsonl").write_text(captions)
    lines: list[str] = []
    train(changed, tell=lines.append)
    assert "learning_rate is 0.5 from here on, was 0.001" in lines
