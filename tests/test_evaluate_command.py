"""`conclvd evaluate videos` from its command line: rows, and one line for wrong use."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from conclvd.cli.main import run
from conclvd.evaluate.formats import markdown
from conclvd.evaluate.rows import Row, read_rows
from conclvd.evaluate.table import build_table
from conclvd.video.write import write_video
from test_evaluate_metrics import tiny_clip
from video_files import frames, prompts, video


def command(*arguments: object) -> int:
    return run(["evaluate", "videos", *map(str, arguments)])


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for name in ("2.mp4", "10.gif", "1.mp4"):
        video(tmp_path / "ours" / name, frames()[:, :48])
    return tmp_path / "ours"


def test_dis_stays_on_the_cpu(three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conclvd.generate.device.choose_device", lambda _: torch.device("meta"))
    out = tmp_path / "rows.jsonl"
    assert command("--videos", three, "--metrics", "mean-flow", "-o", out) == 0
    assert all(row.value is not None for row in read_rows([out]))


@pytest.mark.slow
def test_processes_change_no_row(tmp_path: Path) -> None:
    """Twenty videos are three parts; some cannot be read, or are of another size."""
    rng = np.random.default_rng(0)
    (tmp_path / "videos").mkdir()
    for index in range(20):
        side = 48 if index == 17 else 32
        noise = rng.integers(0, 255, (1 if index == 5 else 3, side, side, 3)).astype(np.uint8)
        write_video(tmp_path / "videos" / f"{index:04d}.gif", noise, Fraction(6))
    (tmp_path / "videos" / "0003.gif").write_bytes(b"GIF89a")
    (tmp_path / "prompts.txt").write_text("\n".join(["a boat", "mist"] * 10), encoding="utf-8")
    given = ["--videos", tmp_path / "videos", "--prompts", tmp_path / "prompts.txt"]
    given += ["--reference", tmp_path / "videos"]
    texts = []
    for workers in (1, 2):
        out = tmp_path / f"{workers}.jsonl"
        assert command(*given, "--workers", workers, "-o", out) == 0
        texts.append(out.read_text(encoding="utf-8"))
    assert texts[0].count("\n") == 20 * 15
    assert texts[0] == texts[1]


@pytest.mark.parametrize(("flow", "name"), [("dis", "DIS"), ("raft", r"raft_small [0-9a-f]{8}")])
def test_rows_tell_whose_flow_they_hold(three: Path, tmp_path: Path, flow: str, name: str) -> None:
    (three / "4.mp4").write_bytes(b"no video")
    out = tmp_path / "rows.jsonl"
    names = "clip-temp,mean-flow,warp-error,flicker"
    assert command("--videos", three, "--metrics", names, "--flow", flow, "-o", out) == 0
    for row in read_rows([out]):
        if row.metric in ("clip-temp", "flicker"):
            assert row.flow is row.flow_size is None
            continue
        assert row.flow is not None
        assert re.fullmatch(name, row.flow)
        assert row.flow_size == (None if row.video == "4.mp4" else (64, 48))
    assert f"({row.flow})" in markdown(build_table(read_rows([out])))


def test_a_clip_that_gives_nan_is_named(three: Path, tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "nan-clip", broken=True)
    out = tmp_path / "rows.jsonl"
    given = prompts(tmp_path / "p.txt", "a", "b", "c")
    code = command("--videos", three, "--prompts", given, "--clip", clip, "-o", out)
    assert code == 0
    rows = [row for row in read_rows([out]) if row.clip]
    assert {row.metric for row in rows} == {"clip-text", "clip-temp"}
    assert {(row.value, row.skipped) for row in rows} == {(None, "not a finite number: nan")}
    assert all(str(row.clip).startswith("nan-clip ") for row in rows)


def test_from_videos_to_a_table(
    three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (three / "4.mp4").write_bytes(b"no video")
    given = prompts(tmp_path / "p.txt", "a", "b", "c", "d")
    out = tmp_path / "rows.jsonl"
    clip = tiny_clip(tmp_path / "clip")
    arguments = ["--prompts", given, "--clip", clip, "--metrics", "clip-temp", "-o", out]
    assert command("--videos", three, *arguments) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{out}: 6 values of 3 videos\n"
    assert "left out: ours, 4.mp4: unreadable: " in captured.err
    assert {row.metric for row in read_rows([out])} == {"clip-temp", "dynamic-degree"}
    assert run(["evaluate", "table", str(out)]) == 0
    text = capsys.readouterr().out
    assert "dynamic degree" in text
    assert "(n 3 of 4)" in text
    assert "CLIP: clip " in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--videos", "none"], 2, "there is none at none"),
        (["--videos", "EMPTY"], 2, "holds no videos"),
        (["--videos", "OURS", "--metrics", "beauty"], 2, "there is no metric 'beauty'"),
        (["--videos", "OURS", "--metrics", "clip-text"], 2, "clip-text needs a prompt"),
        (["--videos", "OURS", "--metrics", "ink-style"], 2, "ink-style needs --reference"),
        (["--videos", "OURS", "--prompts", "none.txt"], 2, "no file of prompts at none.txt"),
        (["--videos", "OURS", "--clip", "EMPTY"], 1, "holds no CLIP"),
        (["--videos", "OURS", "--clip", "nothing"], 1, "no model 'nothing'"),
        (["--videos", "OURS", "--reference", "EMPTY"], 2, "holds 0 pictures and videos"),
        (["--videos", "OURS", "--features", "f.npy"], 2, "--reference-features together"),
        (["--videos", "OURS", "--flow", "best"], 2, "flow must be dis"),
        (["--videos", "OURS", "-o", "EMPTY"], 1, "it is a folder"),
        (["--videos", "OURS", "-o", "nowhere/rows.jsonl"], 1, "there is no folder nowhere"),
    ],
)
def test_wrong_use_is_one_line(
    three: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    (tmp_path / "empty").mkdir()
    places = {"OURS": str(three), "EMPTY": str(tmp_path / "empty")}
    named = [places.get(argument, argument) for argument in arguments]
    out = [] if "-o" in named else ["-o", str(tmp_path / "rows.jsonl")]
    assert command(*named, *out) == code
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last
    assert not (tmp_path / "rows.jsonl").exists()


def test_when_nothing_can_be_measured_the_command_fails_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "0.mp4").write_bytes(b"no video")
    out = tmp_path / "rows.jsonl"
    assert command("--videos", tmp_path / "v", "--metrics", "flicker", "-o", out) == 1
    assert "nothing could be measured" in capsys.readouterr().err
    rows: list[Row] = read_rows([out])
    assert [row.value for row in rows] == [None]


def test_ctrl_c_leaves_no_rows(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("conclvd.cli.progress.Bars.__call__", interrupted)
    out = tmp_path / "rows.jsonl"
    assert command("--videos", three, "--metrics", "flicker", "-o", out) == 130
    assert not out.exists()
