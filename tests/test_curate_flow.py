"""The whole way, on the command line: twelve raw videos to a dataset that is trained on."""

import json
import math
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import films
from conclvd.cli.main import run
from conclvd.curate.annotations import Annotations, version_of
from conclvd.lock import writing
from conclvd.manifest import read_manifest

SIZE = (160, 96)


@pytest.mark.slow
def test_twelve_videos_become_a_dataset_and_train_a_module(
    tmp_path: Path, base_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, folder = tmp_path / "raw 片", str(tmp_path / "set")
    raw.mkdir()
    for number in range(11):
        scenes = [films.shot(3 * number + part, 26, *SIZE) for part in range(2)]
        films.write(raw / f"-{number}.mp4", [frame for scene in scenes for frame in scene])
    (raw / "broken.mkv").write_bytes(b"\x1a\x45\xdf\xa3 and no more")
    assert run(["dataset", "add", str(raw), folder, "--license", "CC0-1.0", "--workers", "1"]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{folder}: added 11 videos, left out 1\n"
    assert f"left out {raw / 'broken.mkv'}: cannot read" in captured.err
    cut = ["dataset", "cut", folder, "--min-lines", "90", "--min-seconds", "1", "--workers", "1"]
    assert run(cut) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{folder}: cut 22 clips\n"
    assert "11/11" not in captured.err  # the bar of the scenes is in seconds of video
    assert "22/22" in captured.err
    assert run(["dataset", "check", folder, "--model", "", "--workers", "1"]) == 1
    assert capsys.readouterr().out.count("the caption is empty") == 22
    notes = Annotations(Path(folder))
    for number, record in enumerate(notes.records()):
        version = version_of(record)
        if number == 5:
            notes.reject(record.file_name, version, "Li")
            continue
        words = {"caption": f"a square over {number} hills", "caption_zh": "山", "tags": ()}
        notes.save(record.file_name, version, "Li", **words, confirm=True)  # type: ignore[arg-type]
    split = ["dataset", "split", folder, "--train", "0.8", "--test", "0.2"]
    assert run(split) == 0
    assert run(["dataset", "stats", folder, "--card", "--plots", f"{tmp_path}/p.png"]) == 0
    assert "reviewed  21 of 21" in capsys.readouterr().out
    assert run(["dataset", "check", folder, "--workers", "1"]) == 0
    assert "21 clips, 0 errors, 1 warnings" in capsys.readouterr().out  # the rejected clip's file
    target = str(tmp_path / "hub")
    assert run(["dataset", "export", folder, target]) == 0
    assert run(["dataset", "import", target, str(tmp_path / "again")]) == 0
    assert {record.split for record in read_manifest(tmp_path / "again")} == {"train", "test"}
    train = ["train", train_config(tmp_path, base_folder), "--train-data-dir", folder]
    capsys.readouterr()
    assert run([*train, "--dry-run"]) == 0
    told = capsys.readouterr().out
    tests = sum(record.split == "test" for record in read_manifest(Path(folder)))
    assert told.count("is in the split test, and only train is trained on") == tests > 0
    assert f"clips: {21 - tests} of 21 can be used" in told
    assert run(train) == 0
    assert capsys.readouterr().out == f"{tmp_path}/out/motion_adapter\n"
    steps = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    losses = [row["loss_diff"] for row in steps if "loss_diff" in row]
    assert len(losses) == 20
    assert all(math.isfinite(loss) for loss in losses)


def train_config(folder: Path, base: Path) -> str:
    """Twenty steps with a tiny model, as a TOML file."""
    path = folder / "tiny.toml"
    path.write_text(
        f'pretrained_model_name_or_path = "{base}"\noutput_dir = "{folder}/out"\n'
        "resolution = 64\nnum_frames = 6\nsample_stride = 4\nmotion_num_attention_heads = 2\n"
        "adapter_hidden_size = 16\nadapter_embedding_size = 8\nnum_held_out_clips = 2\n"
        'max_train_steps = 20\nlogging_steps = 1\nreport_to = "none"\n'
    )
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["add", "SET"], 2, "name at least one video or folder"),
        (["add", "NONE", "SET"], 1, "there is no file or folder"),
        (["cut", "SET"], 1, "has no sources; add some"),
        (["cut", "SET", "--min-seconds", "0"], 2, "--min-seconds is 0.0"),
        (["cut", "SET", "--max-seconds", "1"], 2, "choose a larger maximum"),
        (["check", "SET"], 1, "no metadata.jsonl"),
        (["check", "SET", "--model", "NONE"], 1, "no model"),
        (["stats", "SET"], 1, "no metadata.jsonl"),
        (["split", "SET", "--train", "2"], 2, "add up to 1"),
        (["split", "SET"], 1, "no metadata.jsonl"),
        (["export", "SET", "OUT"], 1, "no metadata.jsonl"),
        (["export", "SET", "OUT", "--layout", "zip"], 2, "no layout 'zip'"),
        (["import", "NONE", "OUT"], 1, "no folder or CSV file"),
        (["annotate", "SET", "--port", "-1"], 2, "'--port'"),
        (["annotate", "SET"], 1, "no metadata.jsonl"),
    ],
)
def test_wrong_use_is_one_line(
    tmp_path: Path,
    arguments: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = {"SET": tmp_path / "set", "NONE": tmp_path / "none", "OUT": tmp_path / "out"}
    given = [str(named.get(argument, argument)) for argument in arguments]
    assert run(["dataset", *given]) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert not any(path.exists() for path in named.values())


@pytest.mark.slow
def test_a_full_disk_is_told_and_nothing_half_written_stays(tmp_path: Path) -> None:
    """No file may grow beyond a limit: what programs see of it is what they see of a full disk."""
    path = films.write(tmp_path / "a.mp4", films.shot(1, 26, *SIZE))
    folder = tmp_path / "set"
    assert run(["dataset", "add", str(path), str(folder), "--workers", "1"]) == 0
    cut = ["dataset", "cut", str(folder), "--min-lines", "90", "--min-seconds", "1"]
    program = (
        "import resource, sys; from conclvd.cli.main import run;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)); sys.exit(run(sys.argv[1:]))"
    )
    full = subprocess.run(
        [sys.executable, "-c", program, *cut, "--workers", "1"], capture_output=True, text=True
    )
    assert full.returncode == 1
    (error,) = [line for line in full.stderr.splitlines() if line.startswith("error: ")]
    assert "cannot write" in error
    assert "free space" in error
    assert not any((folder / "clips").iterdir())
    assert run([*cut, "--workers", "1"]) == 0
    assert len(read_manifest(folder)) == 1


def test_two_runs_at_once_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = films.write(tmp_path / "a.mp4", films.shot(1, 26, *SIZE))
    folder = tmp_path / "set"
    assert run(["dataset", "add", str(path), str(folder), "--workers", "1"]) == 0
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with writing(folder, "conclvd dataset annotate"):
            holding.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(30)
    capsys.readouterr()
    try:
        for command in (["add", str(path), str(folder)], ["cut", str(folder)]):
            assert run(["dataset", *command]) == 1
            error = capsys.readouterr().err
            assert "is in use by `conclvd dataset annotate`, process" in error
    finally:
        done.set()
        thread.join()
