"""One start for a run: resolved once, and the dry run's is the real one."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conclvd.errors import ConclvdError
from conclvd.train import start, warm_start
from conclvd.train.cache import Cache
from conclvd.train.checkpoint import checkpoints
from conclvd.train.loop import train
from conclvd.train.plan import plan
from conclvd.train.settings import TrainSettings

pytestmark = pytest.mark.slow
Settings = Callable[..., TrainSettings]


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often what a start reads is read."""
    counted: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        plain = getattr(module, name)

        def counting(*given: Any, **named: Any) -> Any:
            counted[name] += 1
            return plain(*given, **named)

        monkeypatch.setattr(module, name, counting)

    count(warm_start, "load_motion_module")
    for name in ("split", "find_clips", "load_base"):
        count(start, name)
    return counted


ONCE = {"load_motion_module": 1, "split": 1, "find_clips": 1, "load_base": 1}


def test_everything_is_read_once_a_start(
    settings: Settings, base_folder: Path, calls: Counter[str]
) -> None:
    given = settings(
        max_train_steps=1, motion_module_name_or_path=str(base_folder / "motion_adapter")
    )
    train(given)
    assert calls == ONCE
    calls.clear()
    train(given.model_copy(update={"max_train_steps": 2}))  # it goes on
    assert calls == ONCE
    calls.clear()
    plan(given, silent)
    assert calls == ONCE


def test_clips_that_break_off_are_split_again(
    settings: Settings, squares: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(shutil.copytree(squares, tmp_path / "data"))
    given = settings(train_data_dir=data, cache_dir=tmp_path / "cache", num_held_out_clips=1)
    first = start.resolve(given, silent)
    assert start.encoded(first, given) is first
    (held_out,) = first.held_out
    note = first.cache.broken_file(held_out)
    note.parent.mkdir(parents=True)
    note.write_text("breaks off")
    again = start.encoded(first, given)
    assert again.listed == first.listed
    assert [skipped.reason for skipped in again.clips.skipped] == ["breaks off"]
    assert held_out not in (*again.training, *again.held_out)
    assert (len(again.training), len(again.held_out)) == (2, 1)
    assert start.resolve(given, silent).held_out == again.held_out


def test_a_checkpoint_is_compared_with_clips_that_are_known(
    settings: Settings, squares: Path, tmp_path: Path
) -> None:
    """A clip that broke off is none of a checkpoint's, even where the cache is lost."""
    data = Path(shutil.copytree(squares, tmp_path / "data"))
    given = settings(max_train_steps=1, train_data_dir=data, cache_dir=tmp_path / "cache")
    found = start.resolve(given, silent)
    note = found.cache.broken_file(found.clips.clips[0])
    note.parent.mkdir(parents=True)
    note.write_text("breaks off")
    train(given)
    assert len(checkpoints(given.output_dir)) == 1
    lost = given.model_copy(update={"cache_dir": tmp_path / "other"})
    assert len(start.resolve(lost, silent).clips.clips) == 4
    assert not Cache.of(found.base, lost).knows(found.clips.clips)


@pytest.mark.parametrize(
    "given",
    [
        {"motion_module_name_or_path": "typo"},
        {"num_frames": 16, "sample_stride": 1, "motion_max_seq_length": 8},
        {"motion_num_attention_heads": 3},
        {"rank": 4},
        {"num_held_out_clips": 4},
        {"resolution": 32},
        {"resume_from_checkpoint": "checkpoint-5"},
        {"train_data_dir": Path("nowhere")},
        {"pretrained_model_name_or_path": "nowhere/there"},
    ],
)
def test_a_dry_run_refuses_as_a_start_does(settings: Settings, given: dict[str, Any]) -> None:
    refused = settings(**{"motion_module_name_or_path": None, **given})
    with pytest.raises(ConclvdError) as dried:
        plan(refused, silent)
    with pytest.raises(ConclvdError) as started:
        train(refused)
    assert type(dried.value) is type(started.value)
    assert str(dried.value) == str(started.value)
