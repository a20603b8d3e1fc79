"""`conclvd interpolate`, as a user runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from conclvd.cli.main import run
from conclvd.video.probe import probe, read_metadata
from conclvd.video.read import read_frames
from conclvd.video.write import write_video
from moving import disc, sliding
from naming import named
from sounding import heard, sounding_video

Run = Callable[..., tuple[int, str, str]]
SLIDE = [sliding(place) for place in (0, 3, 7)]


@pytest.fixture
def conclvd(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return command


@pytest.mark.parametrize("out", ["out.mp4", "out.gif", "out.webp", "frames"])
def test_a_video_gets_frames_between(conclvd: Run, tmp_path: Path, out: str) -> None:
    write_video(tmp_path / "in.gif", SLIDE, Fraction(10))
    code, printed, err = conclvd("interpolate", "in.gif", out)
    assert code == 0, err
    assert printed.strip() == out
    video = probe(tmp_path / out)
    assert (video.frames, video.fps) == (5, 20)


def test_keyframes_are_the_same_bit_for_bit(conclvd: Run, tmp_path: Path) -> None:
    write_video(tmp_path / "in", SLIDE, Fraction(6))
    code, _, err = conclvd("interpolate", "in", "out", "--passes", 2)
    assert code == 0, err
    found = list(read_frames(tmp_path / "out"))
    assert len(found) == 9
    assert all(np.array_equal(a, b) for a, b in zip(found[::4], SLIDE, strict=True))


def test_sound_and_a_foreign_container_are_kept(conclvd: Run, tmp_path: Path) -> None:
    source = sounding_video(tmp_path / "a film.mkv", "aac")
    code, _, err = conclvd("interpolate", source, "out.mp4")
    assert code == 0, err
    assert probe(tmp_path / "out.mp4").frames == 47
    assert abs(len(heard(tmp_path / "out.mp4")) - len(heard(source))) <= 2048


def test_sound_that_cannot_be_kept_is_named(conclvd: Run, tmp_path: Path) -> None:
    source = sounding_video(tmp_path / "in.mp4", "aac", frames=4)
    assert "warning: .gif cannot hold sound" in conclvd("interpolate", source, "out.gif")[2]
    _, _, err = conclvd("interpolate", source, "slow.mp4", "--fps", 12)
    assert "warning: --fps" in err
    assert "sound" in err
    slow = probe(tmp_path / "slow.mp4")
    assert (slow.fps, slow.sound) == (12, False)


def test_a_folder_of_jpegs(conclvd: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for index, frame in enumerate(SLIDE):
        cv2.imwrite(str(tmp_path / "in" / f"{index:03}.jpg"), frame)
    code, _, err = conclvd("interpolate", "in", "out.mp4", "--fps", 8, "--mode", "linear")
    assert code == 0, err
    assert (probe(tmp_path / "out.mp4").frames, probe(tmp_path / "out.mp4").fps) == (5, 8)


def test_cuts_and_repeats_are_reported(conclvd: Run, tmp_path: Path) -> None:
    write_video(tmp_path / "in", [*np.repeat(SLIDE, 2, 0), disc(60) // 3], Fraction(12))
    _, _, err = conclvd("interpolate", "in", "out")
    assert re.search(r"\b1 cuts?\b.*\b6\b", err)
    assert "3 of 7 frames" in err
    _, _, err = conclvd("interpolate", "in", "kept", "--keep-repeats")
    assert "repeat" not in err
    kept = list(read_frames(tmp_path / "kept"))
    assert np.array_equal(np.stack(kept[:12:2]), np.repeat(SLIDE, 2, 0))


def test_what_was_embedded_is_kept_and_extended(conclvd: Run, tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", SLIDE, Fraction(6), metadata="by hand, 一笔")
    assert conclvd("interpolate", "in.mp4", "a.mp4")[0] == 0
    assert conclvd("interpolate", "a.mp4", "b.webp", "--mode", "linear")[0] == 0
    outer = json.loads(read_metadata(tmp_path / "b.webp") or "")
    assert (outer["mode"], outer["fps"]) == ("linear", "24")
    inner = json.loads(outer["source"])
    assert (inner["mode"], inner["flow"], inner["source"]) == ("sofp", "dis", "by hand, 一笔")
    code, out, err = conclvd("info", "b.webp")
    assert code == 0, err
    lines = out.splitlines()
    assert lines[1].startswith("interpolated: linear by dis, passes 1, 24 fps")
    assert lines[2].startswith("interpolated: sofp by dis, passes 1, 12 fps")
    assert lines[3] == "embedded before: by hand, 一笔"


@pytest.mark.slow
def test_a_generated_video_can_still_be_made_again(
    conclvd: Run, tmp_path: Path, base_folder: Path
) -> None:
    quick = ("--frames", 2, "--steps", 1, "--dtype", "float32", "--device", "cpu")
    conclvd(
        "generate", "a boat", "-o", "a", "--model", base_folder, "--interpolation", "sofp", *quick
    )
    assert conclvd("interpolate", "a", "b")[0] == 0
    code, out, _ = conclvd("info", "b")
    assert code == 0
    assert "  prompt: a boat" in out.splitlines()
    code, _, err = conclvd("generate", "--like", "b", "-o", "c")
    assert code == 0, err
    assert "was interpolated afterwards" in err
    again, first = (list(read_frames(tmp_path / name)) for name in ("c", "a"))
    assert all(np.array_equal(a, b) for a, b in zip(again, first, strict=True))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("interpolate", "none.mp4", "out.mp4"), 1, "none.mp4"),
        (("interpolate", "in", "out.avi"), 2, "out.avi"),
        (("interpolate", "in", "in"), 2, "in"),
        (("interpolate", "in", "out", "--mode", "cubic"), 2, "mode sofp linear cubic"),
        (
            ("interpolate", "in", "out", "--mode", "linear", "--reach", "3"),
            2,
            "--reach --mode sofp",
        ),
        (("interpolate", "in", "out", "--passes", "0"), 2, "passes 1 5 0"),
        (("interpolate", "in", "out", "--flow", "farneback"), 2, "flow dis raft farneback"),
        (("interpolate", "in", "out", "--flow", "my.pth"), 1, "my.pth"),
        (("interpolate", "in", "out", "--fps", "0"), 2, "'0'"),
        (("interpolate", "in", "gone/out.mp4"), 1, "gone"),
        (("interpolate", "notes.txt", "out.mp4"), 1, "notes.txt"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    conclvd: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    write_video(tmp_path / "in", SLIDE, Fraction(6))
    (tmp_path / "notes.txt").write_text("not a video")
    before = sorted(tmp_path.rglob("*"))
    found, _, err = conclvd(*arguments)
    assert found == code
    assert re.match(named(words), err)
    assert len(err.strip().splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_odd_sides_unequal_times_and_unknown_rates_are_told(conclvd: Run, tmp_path: Path) -> None:
    pictures = [Image.fromarray(frame[:97, :101]) for frame in SLIDE]
    delays = [100, 100, 500]
    pictures[0].save(
        tmp_path / "in.gif", save_all=True, append_images=pictures[1:], duration=delays
    )
    code, _, err = conclvd("interpolate", "in.gif", "out.mp4")
    assert code == 0, err
    assert "101x97" in err
    assert re.search(r"\b10\b.*\b3\b.*\b7\b", err)
    video = probe(tmp_path / "out.mp4")
    assert (video.width, video.height, video.frames, video.fps) == (102, 98, 13, 20)
    (tmp_path / "in").mkdir()
    pictures[0].save(tmp_path / "in" / "a.png")
    assert "the pictures do not tell their rate" in conclvd("interpolate", "in", "out")[2]
    assert "warning" not in conclvd("interpolate", "in", "out", "--fps", 12)[2]


def test_a_gif_that_browsers_would_show_too_slowly_is_told(conclvd: Run, tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", SLIDE, Fraction(24))
    said = "a gif of more than 50 frames a second far too slowly, and this one has 96"
    for out, told in {"out.gif": True, "out.webp": False}.items():
        assert (said in conclvd("interpolate", "in.mp4", out, "--passes", 2)[2]) is told
    assert "slowly" not in conclvd("interpolate", "in.mp4", "half.gif")[2]  # 48


def test_title_and_artist_stay(conclvd: Run, tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", SLIDE, Fraction(6), tags={"title": "山水", "artist": "nobody"})
    assert conclvd("interpolate", "in.mp4", "out.mp4")[0] == 0
    assert probe(tmp_path / "out.mp4").tags == {"title": "山水", "artist": "nobody"}
    assert json.loads(read_metadata(tmp_path / "out.mp4") or "")["source"] is None
