"""The dry run finds what a real start would find."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conclvd.errors import ConclvdError, InvalidRequest, TrainingError
from conclvd.models.base import Base
from conclvd.models.vocabulary import Vocabulary
from conclvd.train.checkpoint import checkpoints
from conclvd.train.clips import Clip, ClipList
from conclvd.train.loop import train
from conclvd.train.plan import Plan, plan, unread_captions
from conclvd.train.settings import TrainSettings

pytestmark = pytest.mark.slow


def dry(settings: TrainSettings) -> Plan:
    return plan(settings, lambda *_: None)


@pytest.fixture
def begun(settings: Callable[..., TrainSettings], squares: Path, tmp_path: Path) -> TrainSettings:
    """A run of one step, on clips of its own."""
    data = Path(shutil.copytree(squares, tmp_path / "data"))
    given = settings(max_train_steps=1, train_data_dir=data, cache_dir=data / "cache")
    train(given)
    return given


def same_error(settings: TrainSettings, kind: type[ConclvdError]) -> str:
    """What both a dry run and a real start raise."""
    with pytest.raises(kind) as dried:
        dry(settings)
    with pytest.raises(kind) as started:
        train(settings)
    assert str(dried.value) == str(started.value)
    return str(dried.value)


def facts_of(settings: TrainSettings) -> Path:
    return checkpoints(settings.output_dir)[-1] / "state.json"


def test_another_run_other_clips_or_another_base_are_refused(begun: TrainSettings) -> None:
    found = same_error(begun.model_copy(update={"seed": 9}), TrainingError)
    assert "seed 0, found 9" in found
    metadata = begun.train_data_dir / "metadata.jsonl"
    lines = metadata.read_text()
    metadata.write_text(lines.replace("boat 1", "ship 1"))
    assert "clips and captions" in same_error(begun, TrainingError)
    metadata.write_text(lines)
    facts = json.loads(facts_of(begun).read_text())
    other = {**facts, "hashes": {**facts["hashes"], "unet": "0" * 64}}
    facts_of(begun).write_text(json.dumps(other))
    assert "unet of sha256 0000000000000000…" in same_error(begun, TrainingError)
    earlier = {name: fact for name, fact in facts.items() if name != "settings"}
    facts_of(begun).write_text(json.dumps(earlier))  # of a version that did not note them
    assert "seed 0, found 9" in same_error(begun.model_copy(update={"seed": 9}), TrainingError)
    (begun.output_dir / "settings.json").write_text("")  # after a power cut
    assert "settings.json" in same_error(begun, TrainingError)


@pytest.mark.parametrize("name", ["output_dir", "cache_dir"])
def test_a_folder_that_cannot_be_made_is_refused(
    settings: Callable[..., TrainSettings], tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    found = same_error(settings(**{name: tmp_path / "file" / "run"}), TrainingError)
    assert "Not a directory" in found
    assert name in found


def test_what_is_told_of_a_resumed_run_is_told_before(begun: TrainSettings) -> None:
    facts = json.loads(facts_of(begun).read_text())
    facts_of(begun).write_text(json.dumps({**facts, "processes": 2}))
    kept = (begun.output_dir / "settings.json").read_bytes()
    given = begun.model_copy(update={"learning_rate": 0.5, "max_train_steps": 2})
    lines = dry(given).lines
    assert (begun.output_dir / "settings.json").read_bytes() == kept
    told: list[str] = []
    train(given, tell=told.append)
    both = [line for line in told if line in lines]
    assert [line.split(" ")[0] for line in both] == ["checkpoint-1", "learning_rate"]


def test_clips_that_are_known_to_break_off_are_not_counted(begun: TrainSettings) -> None:
    def found(name: str) -> ClipList:
        return dry(begun.model_copy(update={"output_dir": begun.output_dir / name})).start.clips

    (latents, *_) = sorted((begun.train_data_dir / "cache" / "latents").rglob("*.npy"))
    latents.with_suffix(".broken.txt").write_text("breaks off")
    assert len(found("a").clips) == 4  # they were made after all
    latents.unlink()
    assert len(found("b").clips) == 3
    assert [skipped.reason for skipped in found("b").skipped] == ["breaks off"]


def test_what_the_base_does_not_read_of_captions_is_told(base: Base) -> None:
    def told(*captions: str) -> list[str]:
        clips = ClipList((Clip(Path("a.mp4"), captions, 16, "11"),), ())
        return unread_captions(clips, replace(base, vocabulary=vocabulary))

    vocabulary = None
    assert told("a cat", "小船") == []
    (line,) = told("a cat", "boat " * 100)
    assert line.startswith("captions: 1 of 2 ")
    vocabulary = Vocabulary(en=frozenset({"a", "boat"}), zh=frozenset({"小船"}))
    assert told("a boat", "小船") == []
    (line,) = told("a boat and a cat", "小船小猫")
    assert "'and', 'cat', '小猫'; `conclvd vocabulary`" in line
    (line,) = told(*"甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌")
    assert "'申', '酉' and 1 more" in line


def test_a_contrastive_loss_without_negatives_is_told(settings) -> None:
    few = settings(max_train_steps=1, num_frames=5, num_held_out_clips=1)
    lines: list[str] = []
    figures = train(few, tell=lines.append).figures
    assert figures["loss_con"] == figures["held_out_loss_con"] == 0
    (line,) = [line for line in lines if "contrastive loss" in line]
    assert all(part in line for part in (" 5 frames", " 4 from another", "--num-frames 6"))
    assert line in dry(few).lines
    assert not any("contrastive loss" in line for line in dry(settings("other")).lines)


def test_what_this_machine_cannot_do_is_refused(settings) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("it can")
    assert "fp16" in same_error(settings(mixed_precision="fp16"), InvalidRequest)
