"""Checkpoints: whole or not there, the newest found, damage named."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch

from conclvd.errors import TrainingError
from conclvd.train import checkpoint
from conclvd.train.checkpoint import (
    checkpoints,
    clear_partial,
    find_checkpoint,
    load_checkpoint,
    pack_optimizer,
    save_checkpoint,
    unpack_optimizer,
)

TENSORS = {"weights/a": torch.arange(6.0).view(2, 3).t(), "weights/b": torch.tensor(3.0)}


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path, 7, TENSORS, {"x": 1}, keep=2)
    tensors, facts = load_checkpoint(folder)
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert (facts["step"], facts["x"]) == (7, 1)


def test_tensors_that_share_memory_are_written(tmp_path: Path) -> None:
    whole = torch.arange(4.0)
    folder = save_checkpoint(tmp_path, 1, {"a": whole, "b": whole[:2]}, {}, keep=1)
    assert torch.equal(load_checkpoint(folder)[0]["b"], whole[:2])


def test_only_the_newest_are_kept_in_the_order_of_steps(tmp_path: Path) -> None:
    for step in (8, 9, 10):
        save_checkpoint(tmp_path, step, TENSORS, {}, keep=2)
    assert [path.name for path in checkpoints(tmp_path)] == ["checkpoint-9", "checkpoint-10"]
    assert find_checkpoint(tmp_path, "latest") == tmp_path / "checkpoint-10"
    assert find_checkpoint(tmp_path, "checkpoint-9") == tmp_path / "checkpoint-9"
    assert find_checkpoint(tmp_path / "new", "latest") is None
    with pytest.raises(TrainingError, match=r"'checkpoint-8'; .* checkpoint-9, "):
        find_checkpoint(tmp_path, "checkpoint-8")


@pytest.mark.parametrize("moment", ["write_tensors", "folder_to_disk"])
def test_what_fails_half_way_leaves_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    save_checkpoint(tmp_path, 1, TENSORS, {}, keep=1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, moment, full)
    with pytest.raises(TrainingError, match="No space left on device"):
        save_checkpoint(tmp_path, 2, TENSORS, {}, keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-1"]


def test_an_unfinished_one_is_not_found_and_is_cleared(tmp_path: Path, killed: int) -> None:
    save_checkpoint(tmp_path, 1, TENSORS, {}, keep=1)
    partial = tmp_path / ".checkpoint-2.part"
    partial.mkdir()
    (partial / "state.safetensors").write_bytes(b"half")
    (tmp_path / "checkpoint-3").mkdir()  # someone's
    clips = tmp_path / "validation" / "step-000001"
    clips.mkdir(parents=True)
    for process in (killed, os.getpid()):
        (clips / f".00.{process}.part.mp4").write_bytes(b"half")
    assert find_checkpoint(tmp_path, "latest") == tmp_path / "checkpoint-1"
    clear_partial(tmp_path)
    assert not partial.exists()
    assert [path.name for path in clips.iterdir()] == [f".00.{os.getpid()}.part.mp4"]


def test_a_branch_sets_the_later_ones_aside_and_says_so(tmp_path: Path) -> None:
    lines: list[str] = []
    for step in (9500, 9800, 10000):
        save_checkpoint(tmp_path, step, TENSORS, {}, keep=3, tell=lines.append)
    for step in (9600, 9700):
        save_checkpoint(tmp_path, step, TENSORS, {"branch": True}, keep=1, tell=lines.append)
        assert find_checkpoint(tmp_path, "latest") == tmp_path / f"checkpoint-{step}"
    names = {"checkpoint-9700", "checkpoint-9800.aside", "checkpoint-10000.aside"}
    assert {path.name for path in tmp_path.iterdir()} == names
    aside = find_checkpoint(tmp_path, "checkpoint-10000.aside")  # asked for, it is still there
    assert load_checkpoint(aside)[1]["step"] == 10000
    (line,) = lines
    assert f"{tmp_path}: checkpoint-9800.aside, checkpoint-10000.aside" in line
    assert line.endswith("--resume-from-checkpoint checkpoint-10000.aside")


def test_the_same_step_of_another_branch_is_not_lost(tmp_path: Path) -> None:
    """With one number of steps between checkpoints, a branch's first is at one that is there."""
    lines: list[str] = []
    for branch in (1, 2, 3):
        save_checkpoint(tmp_path, 2, TENSORS, {"branch": branch}, keep=1, tell=lines.append)
    assert [
        load_checkpoint(tmp_path / f"checkpoint-2{ending}")[1]["branch"]
        for ending in (".aside", ".aside-2", "")
    ] == [1, 2, 3]
    assert [line.rsplit(" ", 1)[1] for line in lines] == [
        *("checkpoint-2.aside", "checkpoint-2.aside-2")
    ]


def test_one_that_is_half_removed_is_not_found_and_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: int
) -> None:
    remove = shutil.rmtree

    def end_here(folder: Path, **_: object) -> None:
        if folder.exists():
            (folder / "state.json").unlink()
            raise KeyboardInterrupt

    save_checkpoint(tmp_path, 1, TENSORS, {}, keep=1)
    monkeypatch.setattr(shutil, "rmtree", end_here)
    monkeypatch.setattr(os, "getpid", lambda: killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(tmp_path, 2, TENSORS, {}, keep=1)
    monkeypatch.setattr(shutil, "rmtree", remove)
    assert find_checkpoint(tmp_path, "latest") == tmp_path / "checkpoint-2"
    clear_partial(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-2"]


@pytest.mark.parametrize("name", ["state.json", "state.safetensors"])
def test_a_damaged_one_is_named(tmp_path: Path, name: str) -> None:
    folder = save_checkpoint(tmp_path, 1, TENSORS, {}, keep=1)
    (folder / name).write_bytes(b"{")
    with pytest.raises(TrainingError, match="checkpoint-1 "):
        load_checkpoint(folder)
    (folder / name).write_text(json.dumps({"format": "other"}))
    with pytest.raises(TrainingError):
        load_checkpoint(folder)


def test_an_optimizer_survives_packing() -> None:
    layer = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    names = ["net.weight", "net.bias"]
    packed = pack_optimizer(optimizer.state_dict(), names)
    assert packed["optimizer/net.weight/exp_avg"].shape == (2, 3)
    fresh = torch.optim.AdamW(torch.nn.Linear(3, 2).parameters())
    fresh.load_state_dict(unpack_optimizer(packed, fresh.state_dict(), names))
    for old, new in zip(
        optimizer.state_dict()["state"].values(), fresh.state_dict()["state"].values(), strict=True
    ):
        assert all(torch.equal(old[key], new[key]) for key in old)
