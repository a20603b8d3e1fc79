"""`conclvd evaluate videos`: which videos, which prompts, and what becomes of bad input."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from conclvd.cli.main import run
from conclvd.errors import InvalidRequest
from conclvd.evaluate.entry import Entry
from conclvd.evaluate.features import load_features
from conclvd.evaluate.formats import markdown
from conclvd.evaluate.measure import measure_sets, measure_videos, usual_sizes
from conclvd.evaluate.registry import METRICS, choose
from conclvd.evaluate.rows import Row, read_rows
from conclvd.evaluate.sample import Tools
from conclvd.evaluate.table import build_table
from conclvd.evaluate.video_set import find_videos
from conclvd.interpolation.flow import DisFlow
from conclvd.video.write import write_video
from sounding import sound_alone
from test_evaluate_metrics import tiny_clip
from video_files import frames, prompts, video

MOTION = ("dynamic-degree", "flicker")


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for name in ("2.mp4", "10.gif", "1.mp4"):
        video(tmp_path / "ours" / name)
    return tmp_path / "ours"


@pytest.fixture
def compared(tmp_path: Path) -> Path:
    """As `conclvd evaluate compare` leaves it: two methods that ran, one that could not."""
    folder = tmp_path / "compared"
    methods = []
    for name, slug, device in (("ConCLVD", "conclvd", "cpu"), ("T2V", "t2v", "cuda")):
        video(folder / slug / "0000-s3.mp4")
        line = {"file_name": "0000-s3.mp4", "caption": "a boat", "seed": 3, "method": name}
        made = {"seconds": 2.5, "peak_gib": 1.25, "device": device}
        prompts(folder / slug / "metadata.jsonl", json.dumps(line | made))
        methods.append({"name": name, "slug": slug, "status": "done", "videos": 1})
    gone = {"name": "AnimateLCM", "slug": "animatelcm", "status": "not available", "videos": 0}
    methods.insert(0, gone | {"reason": "no weights", "fetch": "give --motion"})
    prompts(folder / "methods.jsonl", *(json.dumps(row) for row in methods))
    return folder


def test_a_comparison_tells_names_costs_and_what_was_not_there(compared: Path) -> None:
    entries = find_videos(compared, None, None)
    assert [entry.method for entry in entries] == ["ConCLVD", "T2V", "AnimateLCM"]
    assert run(["evaluate", "videos", "--videos", str(compared), "-o", f"{compared}/r.jsonl"]) == 0
    rows = read_rows([compared / "r.jsonl"])
    cost = {(r.method, r.metric, r.device): r.value for r in rows if r.device}
    assert cost == {
        (name, metric, device): value
        for name, device in (("ConCLVD", "cpu"), ("T2V", "cuda"))
        for metric, value in (("seconds", 2.5), ("peak-memory", 1.25))
    }
    (why,) = {row.skipped for row in rows if row.method == "AnimateLCM"}
    assert why == "not available: no weights; give --motion"
    table = markdown(build_table(rows))
    assert "seconds a video ↓ (cpu)" in table
    lines = [line for line in table.splitlines() if line.startswith("| AnimateLCM")]
    assert len(lines) == 1
    assert "| not available |" in lines[0]


def measured(entries: list[Entry]) -> dict[str, list[tuple[float | None, str | None]]]:
    chosen = [METRICS[name] for name in (*MOTION, "blank-space")]
    found: dict[str, list[tuple[float | None, str | None]]] = {}
    for row in measure_videos(entries, chosen, Tools(DisFlow())):  # type: ignore[arg-type]
        found.setdefault(row.video or f"({row.prompt})", []).append((row.value, row.skipped))
    return found


def test_bad_videos_keep_their_row_and_reason(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    for name in ("0.mp4", "1.mp4"):
        video(folder / name)
    video(folder / "large.mp4", frames(side=128))
    video(folder / "one.mp4", frames(count=1))
    (folder / "broken.mp4").write_bytes(b"no video")
    whole = video(folder / "cut.mp4", frames(count=40)).read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.gif").touch()
    found = measured([*find_videos(folder, None, None), Entry("v", None, None, "lost", None)])
    assert all(value is not None for value, _ in found["0.mp4"] + found["1.mp4"])
    assert found["large.mp4"] == [(None, "128x128 pixels, where most of its method have 64x64")] * 3
    assert [reason for _, reason in found["one.mp4"]] == ["a single frame; two are needed"] * 2 + [
        None
    ]
    for name in ("broken.mp4", "cut.mp4", "empty.gif"):
        assert all(value is None for value, _ in found[name])
        assert all(str(reason).startswith("unreadable: ") for _, reason in found[name])
        assert not any(str(tmp_path) in str(reason) for _, reason in found[name])
    assert found["(lost)"] == [(None, "no video for this prompt")] * 3


def test_sound_alone_and_pictures_too_large_to_open_are_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound_alone(tmp_path / "v" / "sound.mp4")
    video(tmp_path / "v" / "huge.gif")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert measured(find_videos(tmp_path / "v", None, None)) == {
        "huge.gif": [
            (None, "unreadable: a picture has more than 2,000 pixels; make it smaller"),
        ]
        * 3,
        "sound.mp4": [
            (None, "unreadable: the file has no video stream; name a video file"),
        ]
        * 3,
    }


def test_frames_that_differ_in_size_are_a_reason(tmp_path: Path) -> None:
    folder = video(tmp_path / "v" / "pictures")
    other = video(tmp_path / "other" / "large", frames(side=128))
    (folder / "99999.png").write_bytes(next(other.iterdir()).read_bytes())
    found = measured(find_videos(tmp_path / "v", None, None))
    sizes = "99999.png is 128x128, those before it are 64x64; make all of one size"
    assert found == {"pictures": [(None, f"unreadable: the file: {sizes}")] * 3}


def test_tiny_videos_are_a_reason(tmp_path: Path) -> None:
    video(tmp_path / "v" / "0.mp4", frames(side=8))
    found = measured(find_videos(tmp_path / "v", None, None))
    assert found == {"0.mp4": [(None, "8x8 pixels; at least 16 a side are needed")] * 3}


def test_measures_do_not_depend_on_the_other_videos(tmp_path: Path) -> None:
    for index in range(3):
        video(tmp_path / "v" / f"{index}.mp4", frames(step=index + 1))
    entries = find_videos(tmp_path / "v", None, None)
    assert measured(entries) == measured(entries[::-1])
    assert measured(entries[1:2])["1.mp4"] == measured(entries)["1.mp4"]


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


def test_of_sizes_that_are_as_many_the_largest_is_the_usual_one() -> None:
    entries = [Entry("ours", None, None, None, None)] * 5
    sizes = [(64, 64), "unreadable", (32, 200), (32, 200), (64, 64)]
    assert usual_sizes(entries, sizes) == usual_sizes(entries, sizes[::-1]) == {"ours": (32, 200)}
    assert usual_sizes(entries[:4], sizes[1:]) == {"ours": (32, 200)}
    assert usual_sizes(entries[:2], [(40, 20), (20, 40)]) == {"ours": (40, 20)}


def test_asking_for_clip_temp_alone_adds_dynamic_degree() -> None:
    every = frozenset(need for metric in METRICS.values() for need in metric.needs)
    chosen, _ = choose(["clip-temp"], every)
    assert [metric.name for metric in chosen] == ["clip-temp", "dynamic-degree"]


def command(*arguments: object) -> int:
    return run(["evaluate", "videos", *map(str, arguments)])


def test_dis_stays_on_the_cpu(three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conclvd.generate.device.choose_device", lambda _: torch.device("meta"))
    out = tmp_path / "rows.jsonl"
    assert command("--videos", three, "--metrics", "mean-flow", "-o", out) == 0
    assert all(row.value is not None for row in read_rows([out]))


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


def test_methods_and_features_in_one_go(tmp_path: Path) -> None:
    for method in ("a", "b"):
        video(tmp_path / "all" / method / "0000.mp4")
    rng = np.random.default_rng(0)
    near = {"a": rng.normal(size=(20, 4)), "b": rng.normal(size=(20, 4)) + 1}
    save_file({k: v.astype(np.float32) for k, v in near.items()}, tmp_path / "f.safetensors")
    np.save(tmp_path / "real.npy", rng.normal(size=(30, 4)))
    out = tmp_path / "rows.jsonl"
    features = ["--features", tmp_path / "f.safetensors"]
    real = ["--reference-features", tmp_path / "real.npy"]
    names = "flicker,feature-distance"
    code = command("--videos", tmp_path / "all", *features, *real, "--metrics", names, "-o", out)
    assert code == 0
    rows = {(row.method, row.metric): row for row in read_rows([out])}
    assert len(rows) == 4
    a, b = (rows[method, "feature-distance"] for method in "ab")
    assert a.value is not None
    assert b.value is not None
    assert a.value < b.value
    assert (a.n, a.video) == (20, None)
    assert str(a.reference).startswith("real.npy (n 30, ")


def test_features_are_those_of_the_method_that_they_name(tmp_path: Path) -> None:
    np.save(tmp_path / "real.npy", np.ones((4, 3)))
    save_file({"b": np.ones((4, 3))}, tmp_path / "f.safetensors")
    np.save(tmp_path / "f.npy", np.ones((4, 3)))
    named, unnamed, real = (tmp_path / name for name in ("f.safetensors", "f.npy", "real.npy"))
    assert list(load_features(named, real, ["a", "b"]).methods) == ["b"]
    assert list(load_features(unnamed, real, ["a"]).methods) == ["a"]
    with pytest.raises(InvalidRequest, match=r"does not say which of the methods a, b it is of"):
        load_features(unnamed, real, ["a", "b"])
    with pytest.raises(InvalidRequest, match=r"tensor 'b', which is no method .* by these: a, c"):
        load_features(named, real, ["a", "c"])


def test_features_that_are_not_finite_are_a_reason(tmp_path: Path) -> None:
    broken = np.ones((4, 3))
    broken[2, 1] = np.nan
    np.save(tmp_path / "f.npy", broken)
    np.save(tmp_path / "real.npy", np.ones((4, 3)))
    sets = load_features(tmp_path / "f.npy", tmp_path / "real.npy", ["ours"])
    (row,) = measure_sets(sets, [METRICS["feature-distance"]])  # type: ignore[list-item]
    assert (row.value, row.skipped) == (None, "1 features are not finite")


@pytest.mark.parametrize(
    ("shape", "message"),
    [((3,), "one vector a video"), ((1, 4), "one vector a video"), ((3, 5), "have 5 numbers")],
)
def test_features_that_do_not_fit_are_refused(
    tmp_path: Path, shape: tuple[int, ...], message: str
) -> None:
    np.save(tmp_path / "f.npy", np.ones(shape))
    np.save(tmp_path / "real.npy", np.ones((4, 4)))
    with pytest.raises(InvalidRequest, match=message):
        load_features(tmp_path / "f.npy", tmp_path / "real.npy", ["ours"])


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
