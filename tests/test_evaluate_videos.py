"""`conclvd evaluate videos`: what is measured, and what becomes of bad videos."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from conclvd.cli.main import run
from conclvd.evaluate.entry import Entry
from conclvd.evaluate.formats import markdown
from conclvd.evaluate.measure import measure_videos, usual_sizes
from conclvd.evaluate.registry import METRICS, choose
from conclvd.evaluate.rows import read_rows
from conclvd.evaluate.sample import Tools
from conclvd.evaluate.table import build_table
from conclvd.evaluate.video_set import find_videos
from conclvd.interpolation.flow import DisFlow
from sounding import sound_alone
from video_files import frames, prompts, video

MOTION = ("dynamic-degree", "flicker")


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
    for row in measure_videos(entries, chosen, Tools(DisFlow(), "DIS")):  # type: ignore[arg-type]
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
