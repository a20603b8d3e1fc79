"""Training that cannot start says why."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from conclvd.errors import ConclvdError, DatasetError, InvalidRequest, TrainingError
from conclvd.models.base import Base
from conclvd.train.clips import Clip
from conclvd.train.device import new_accelerator
from conclvd.train.journal import trackers
from conclvd.train.loop import train
from conclvd.train.model import check_frames
from conclvd.train.plan import plan
from conclvd.train.start import check_base, split
from tiny import tiny_motion

pytestmark = pytest.mark.slow


def test_a_run_that_cannot_start_says_why(settings, base: Base, tmp_path: Path) -> None:
    def refused(kind: type[ConclvdError], message: str) -> Any:
        return pytest.raises(kind, match=message)

    if not torch.cuda.is_available():
        with refused(InvalidRequest, "fp16"):
            new_accelerator(settings(mixed_precision="fp16"))
        with refused(InvalidRequest, "cuda_graph"):
            new_accelerator(settings(cuda_graph=True))
    with refused(TrainingError, "16 .*num_frames 17"):
        check_frames(tiny_motion(), settings(num_frames=17))
    with refused(TrainingError, "resolution 32 .* 64$"):
        check_base(base, settings(resolution=32))
    with refused(DatasetError, "num_held_out_clips is 0, .* 0 clips"):
        split([], 0)
    twins = [Clip(Path(name), ("x",), 16, "11") for name in ("a.mp4", "b.mp4", "c.mp4")]
    with refused(DatasetError, "num_held_out_clips 1 .* 3 clips"):
        split(twins, 1)
    other = Clip(Path("d.mp4"), ("x",), 16, "22")
    assert split([*twins, other], 1) == ([other], twins)
    with refused(TrainingError, "'checkpoint-5'"):
        train(settings(resume_from_checkpoint="checkpoint-5"))


@pytest.mark.parametrize("name", ["output_dir", "cache_dir"])
def test_a_folder_that_cannot_be_made_is_named(settings, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match=f"run: Not a directory.* {name}"):
        train(settings(**{name: tmp_path / "file" / "run"}))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"motion_module_name_or_path": "typo"}, "'typo'"),
        ({"num_frames": 16, "sample_stride": 1, "motion_max_seq_length": 8}, "8 .*num_frames 16"),
        ({"motion_num_attention_heads": 3}, "found 3; .* 16$"),
        ({"rank": 4}, "rank.*--motion-module-name-or-path"),
        ({"num_held_out_clips": 4}, "num_held_out_clips is 4, .* 4 clips"),
    ],
)
def test_what_a_run_cannot_start_with_is_told_before_clips_are_encoded(
    settings, tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(ConclvdError, match=message):
        train(settings(**{"motion_module_name_or_path": None, "cache_dir": cache, **given}))
    assert not cache.exists()


@pytest.mark.parametrize("name", ["settings.json", "log.jsonl", "conclvd", "motion_adapter"])
def test_what_cannot_be_written_is_told_in_a_line(settings, name: str) -> None:
    given = settings(max_train_steps=1, report_to="tensorboard")
    given.output_dir.mkdir()
    if "." in name:
        (given.output_dir / name).mkdir()
    else:
        (given.output_dir / name).touch()
    with pytest.raises(TrainingError, match=r"(Is a directory|File exists)"):
        train(given)


@pytest.mark.parametrize(
    ("package", "given", "extra"),
    [("bitsandbytes", {"use_8bit_adam": True}, "8bit"), ("peft", {"rank": 4}, "train")],
)
def test_a_package_that_is_not_there_is_named(
    settings, monkeypatch: pytest.MonkeyPatch, package: str, given: dict[str, Any], extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(TrainingError, match=rf"pip install 'conclvd\[{extra}\]'"):
        train(settings(**given))
    with pytest.raises(TrainingError, match=rf"pip install 'conclvd\[{extra}\]'"):
        plan(settings(**given), lambda *_: None)


@pytest.mark.skipif(bool(find_spec("wandb")), reason="wandb is installed")
@pytest.mark.parametrize("report_to", ["wandb", "all"])
def test_a_tracker_that_is_not_there_is_named(settings, report_to: str) -> None:
    with pytest.raises(TrainingError, match="pip install wandb"):
        new_accelerator(settings(report_to=report_to))


@pytest.mark.parametrize(
    ("report_to", "names"),
    [
        ("none", []),
        ("tensorboard", ["tensorboard"]),
        ("wandb", ["tensorboard", "wandb"]),
        ("all", ["tensorboard", "wandb"]),
    ],
)
def test_tensorboard_is_on_unless_none_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, report_to: str, names: list[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)  # all are installed
    assert trackers(report_to) == names
