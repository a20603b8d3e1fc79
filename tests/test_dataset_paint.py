"""Painted dataset folders: whole, exact, resumable, the same however they were made."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from conclvd.errors import DatasetError, InvalidRequest
from conclvd.manifest import MANIFEST, read_manifest
from conclvd.paint.clip import paint_clip
from conclvd.paint.dataset import PaintSettings, paint_dataset
from conclvd.paint.scene.attributes import Attributes
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from naming import named

SETTINGS = PaintSettings(width=96, height=64, frames=4, fps=Fraction(6), seed=100)
COUNT = 4
ARGUMENTS = ["--size", "96x64", "--frames", "4", "--fps", "6", "--seed", "100"]


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset painted in one go, never to be changed."""
    folder = tmp_path_factory.mktemp("straight")
    assert paint_dataset(folder, COUNT, SETTINGS, workers=1) == COUNT
    return folder


def test_records_describe_the_clips(straight: Path) -> None:
    records = read_manifest(straight)
    assert [r.file_name for r in records] == [f"clips/{i:06d}.mp4" for i in range(COUNT)]
    for index, record in enumerate(records):
        path = straight / record.file_name
        info = probe(path)
        assert (info.frames, info.width, info.height, info.fps) == (4, 96, 64, 6)
        assert (record.frames, record.width, record.height, record.fps) == (4, 96, 64, 6)
        assert record.seed == 100 + index
        assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        about = json.loads(info.metadata or "")
        assert (about["text"], about["text_zh"]) == (record.caption, record.caption_zh)
        assert about["seed"] == record.seed


def test_clips_are_those_of_the_painter(straight: Path) -> None:
    record = read_manifest(straight)[2]
    clip = paint_clip(102, frames=4, width=96, height=64, fps=6.0)
    frames = np.stack(list(read_frames(straight / record.file_name)))
    assert np.abs(frames.astype(int) - clip.frames).mean() < 4
    assert (record.caption, record.caption_zh) == (clip.caption_en, clip.caption_zh)
    assert Attributes.from_dict(record.attributes or {}) == clip.attributes


def test_stopping_and_going_on_gives_the_same_folder(straight: Path, tmp_path: Path) -> None:
    def stop_at_two(there: int, total: int) -> None:
        if there == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        paint_dataset(tmp_path, COUNT, SETTINGS, workers=1, report=stop_at_two)
    assert len(read_manifest(tmp_path)) == 2
    reports: list[tuple[int, int]] = []
    painted = paint_dataset(
        tmp_path, COUNT, SETTINGS, workers=1, report=lambda *numbers: reports.append(numbers)
    )
    assert painted == 2
    assert reports == [(2, 4), (3, 4), (4, 4)]
    assert content(tmp_path) == content(straight)


def test_extending_gives_the_same_folder(straight: Path, tmp_path: Path) -> None:
    assert paint_dataset(tmp_path, 1, SETTINGS, workers=1) == 1
    assert paint_dataset(tmp_path, COUNT, SETTINGS, workers=1) == COUNT - 1
    assert content(tmp_path) == content(straight)
    assert paint_dataset(tmp_path, COUNT, SETTINGS, workers=1) == 0
    assert content(tmp_path) == content(straight)


@pytest.mark.slow
def test_several_processes_give_the_same_folder(straight: Path, tmp_path: Path) -> None:
    assert paint_dataset(tmp_path, COUNT, SETTINGS, workers=2) == COUNT
    assert content(tmp_path) == content(straight)


def test_broken_and_missing_clips_are_painted_again(
    straight: Path, tmp_path: Path, killed: int
) -> None:
    paint_dataset(tmp_path, COUNT, SETTINGS, workers=1)
    clips = tmp_path / "clips"
    (clips / "000001.mp4").write_bytes(b"half")
    (clips / "000002.mp4").unlink()
    (clips / f".000003.{killed}.part.mp4").write_bytes(b"left by a run that was killed")
    with (tmp_path / MANIFEST).open("a") as file:
        file.write('{"file_name": "clips/0000')
    assert paint_dataset(tmp_path, COUNT, SETTINGS, workers=1) == 2
    assert content(tmp_path) == content(straight)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 64}, "size 96x64 64x64"),
        ({"frames": 5}, "frames 4 5"),
        ({"fps": Fraction(24)}, "fps 6 24"),
        ({"seed": 0}, "seed 100 0"),
    ],
)
def test_other_settings_are_refused_by_name(
    straight: Path, change: dict[str, int], words: str
) -> None:
    before = content(straight)
    with pytest.raises(DatasetError, match=named(words)):
        paint_dataset(straight, COUNT, replace(SETTINGS, **change), workers=1)
    assert content(straight) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 95}, "95x64"),
        ({"height": 8}, "96x8"),
        ({"frames": 0}, "frames 0"),
        ({"fps": Fraction(0)}, "fps 0"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_settings_that_cannot_be_painted(change: dict[str, int], words: str) -> None:
    with pytest.raises(InvalidRequest, match=named(words)):
        replace(SETTINGS, **change)


def test_no_clips_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"count.*\b0\b"):
        paint_dataset(tmp_path, 0, SETTINGS)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DatasetError, match="file/clips"):
        paint_dataset(tmp_path / "file", 1, SETTINGS, workers=1)


def start(folder: Path) -> "subprocess.Popen[str]":
    """The command with two processes, in a process group of its own."""
    code = "from conclvd.cli.main import main; main()"
    command = [sys.executable, "-c", code, "dataset", "paint", str(folder), *ARGUMENTS]
    return subprocess.Popen(
        [*command, "--count", "400", "--workers", "2"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def wait_for_clips(folder: Path, count: int) -> None:
    path = folder / MANIFEST
    limit = time.monotonic() + 60
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert time.monotonic() < limit, "no clips within a minute"
        time.sleep(0.02)


@pytest.mark.slow
def test_ctrl_c_stops_with_whole_files_alone(tmp_path: Path) -> None:
    process = start(tmp_path)
    wait_for_clips(tmp_path, 2)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.endswith("stopped\n")
    assert "Traceback" not in errors
    records = read_manifest(tmp_path)
    assert len(records) < 400
    recorded = {record.file_name: record.sha256 for record in records}
    for path in (tmp_path / "clips").iterdir():
        assert path.suffix == ".mp4"
        assert not path.name.startswith(".")
        assert probe(path).frames == 4
    for name, digest in recorded.items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


@pytest.mark.slow
def test_killed_and_run_again_gives_the_same_folder(straight: Path, tmp_path: Path) -> None:
    process = start(tmp_path)
    wait_for_clips(tmp_path, 1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    paint_dataset(tmp_path, COUNT, SETTINGS, workers=1)
    found = content(tmp_path)  # the killed run may have got further than COUNT
    for name, expected in content(straight).items():
        if name != MANIFEST:
            assert found[name] == expected
    assert read_manifest(tmp_path)[:COUNT] == read_manifest(straight)
