"""Videos of methods that somebody else ran, beside our own."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from comparing import PROMPTS, Compare, written
from conclvd.compare.external import find_external
from conclvd.compare.gallery import write_gallery
from conclvd.errors import DatasetError
from conclvd.evaluate.records import read_videos
from conclvd.evaluate.video_set import find_videos
from conclvd.generate.request import KEYFRAME_RATE
from conclvd.study.matching import match
from conclvd.study.methods import read_methods
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video


def test_videos_of_others_are_taken_over_by_prompt(compare: Compare, tmp_path: Path) -> None:
    frames = [np.full((33, 40, 3), shade, np.uint8) for shade in (20, 120, 220)]
    pika = tmp_path / "pika"
    pika.mkdir()
    write_video(pika / "0001-s5.gif", frames, Fraction(8))
    write_video(pika / "told.gif", frames, Fraction(8))
    (pika / "told.txt").write_text(PROMPTS[0], encoding="utf-8")
    write_video(pika / "odd one.gif", frames, Fraction(8))
    code, out, err = compare("--methods", "", "--external", "Pika 1.0=pika")
    assert code == 0, err
    folder = tmp_path / "out" / "pika-1.0"
    rows = read_videos(folder)
    assert [(r.file_name, r.caption, r.seed, r.method) for r in rows] == [
        ("0000-0.mp4", PROMPTS[0], None, "Pika 1.0"),
        ("0001-s5.mp4", PROMPTS[1], 5, "Pika 1.0"),
    ]
    assert rows[0].seconds is rows[0].peak_gib is rows[0].device is None
    seen = probe(folder / "0001-s5.mp4")
    assert (seen.frames, seen.width, seen.height) == (3, 40, 32)
    assert "1 of the videos in pika belong to no prompt: odd one.gif" in out
    assert [e for e in find_videos(tmp_path / "out", None, None) if e.path is None] == []
    (folder / "0001-s5.mp4").unlink()
    pika.joinpath("0001-s5.gif").rename(tmp_path / "0001-s5.gif")
    assert compare("--methods", "", "--seeds", "0,1", "--external", "Pika 1.0=pika")[0] == 0
    (missing,) = (e for e in find_videos(tmp_path / "out", None, None) if e.path is None)
    assert missing.prompt == PROMPTS[1]  # once, whatever the seeds
    (tmp_path / "0001-s5.gif").rename(pika / "0001-s5.gif")
    assert compare("--methods", "", "--external", "Pika 1.0=pika")[0] == 0
    before = written(folder)
    assert compare("--methods", "", "--external", "Pika 1.0=pika")[0] == 0
    assert written(folder) == before


def test_a_comparison_can_be_another_s_external(compare: Compare, tmp_path: Path) -> None:
    assert compare("--methods", "conclvd", "--seeds", "4")[0] == 0
    shutil.move(tmp_path / "out" / "conclvd", tmp_path / "gen2")
    (tmp_path / "prompts.txt").write_text(PROMPTS[1], encoding="utf-8")
    assert compare("--methods", "text2video-zero", "--external", "Gen-2=gen2")[0] == 0
    (row,) = read_videos(tmp_path / "out" / "gen-2")
    assert (row.file_name, row.caption, row.seed) == ("0000-s4.mp4", PROMPTS[1], 4)
    source = (tmp_path / "gen2" / "0001-s4.mp4").read_bytes()
    assert (tmp_path / "out" / "gen-2" / "0000-s4.mp4").read_bytes() == source


def test_folders_of_pictures_are_taken_over_as_moving_videos(
    compare: Compare, tmp_path: Path
) -> None:
    """One as `conclvd generate -o folder/` writes it, one of another program, without a rate."""
    frames = [np.full((32, 40, 3), shade, np.uint8) for shade in (20, 120, 220)]
    gen2 = tmp_path / "gen2"
    gen2.mkdir()
    write_video(gen2 / "0000-s3", frames, Fraction(12))
    (gen2 / "mist v1.5").mkdir()
    (gen2 / "mist v1.5.txt").write_text(PROMPTS[1], encoding="utf-8")
    for index, frame in enumerate(frames):
        Image.fromarray(frame).save(gen2 / "mist v1.5" / f"{index}.jpg")
    code, out, err = compare("--methods", "", "--external", "Gen-2=gen2")
    assert code == 0, (out, err)
    folder = tmp_path / "out" / "gen-2"
    assert [(r.file_name, r.caption, r.seed) for r in read_videos(folder)] == [
        ("0000-s3.mp4", PROMPTS[0], 3),
        ("0001-0.mp4", PROMPTS[1], None),
    ]
    for name, rate in (("0000-s3.mp4", 12), ("0001-0.mp4", KEYFRAME_RATE)):
        assert (probe(folder / name).frames, probe(folder / name).fps) == (3, rate)
        shades = [frame.mean() for frame in read_frames(folder / name)]
        assert shades == pytest.approx([20, 120, 220], abs=4)
    before = written(folder)
    assert compare("--methods", "", "--external", "Gen-2=gen2")[0] == 0
    assert written(folder) == before


def test_a_video_without_a_seed_is_compared_by_its_prompt_alone(
    compare: Compare, tmp_path: Path
) -> None:
    frames = [np.zeros((32, 32, 3), np.uint8)] * 2
    for name in ("ours/0000-s0", "ours/0000-s1", "ours/0000-s2", "Pika/0000"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_video(tmp_path / f"{name}.gif", frames, Fraction(8))
    out, given = tmp_path / "out", ("--external", "ours=ours", "--external", "Pika=Pika")
    assert compare("--methods", "", "--seeds", "0,1,2", *given)[0] == 0
    seeds = [(e.method, e.seed) for e in find_videos(out, None, None) if e.path is not None]
    assert seeds == [*(("ours", seed) for seed in range(3)), ("Pika", None)]
    ((asked,), left_out) = match(read_methods([str(out)])[0], None)
    assert (asked.files["Pika"].name, asked.by_prompt_alone) == ("0000-0.mp4", ("ours", "Pika"))
    assert len([line for line in left_out if "Pika has no more videos" in line]) == 2
    first, *others = write_gallery(out).read_text(encoding="utf-8").split('<div class="row">')[1:]
    assert "ours <span>seed 0<" in first
    assert "Pika <span>seed not told<" in first
    assert all('data-method="pika"><div class="none">' in row for row in others)


def test_no_running_number_takes_a_seed_that_is_told(tmp_path: Path) -> None:
    frames = [np.zeros((16, 16, 3), np.uint8)] * 2
    for name in ("0000-a.gif", "0000-b.gif", "0000-c-s0.gif", "0000-d-s0.gif"):
        write_video(tmp_path / name, frames, Fraction(8))
    found, _ = find_external(tmp_path, PROMPTS)
    assert {one.path.stem: (one.seed, one.target) for one in found} == {
        "0000-c-s0": (0, "0000-s0.mp4"),
        "0000-d-s0": (None, "0000-1.mp4"),  # a second one of that seed
        "0000-a": (None, "0000-2.mp4"),
        "0000-b": (None, "0000-3.mp4"),
    }


@pytest.mark.parametrize("key", ["text", "prompt", "caption"])
def test_a_prompt_is_found_whatever_its_record_calls_it(tmp_path: Path, key: str) -> None:
    frames = [np.zeros((16, 16, 3), np.uint8)] * 2
    write_video(tmp_path / "a.gif", frames, Fraction(8))
    record = {"file_name": "a.gif", key: PROMPTS[1], "device": 0, "seed": 9}
    (tmp_path / "metadata.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    found, left = find_external(tmp_path, PROMPTS)
    assert ([(one.index, one.seed) for one in found], left) == ([(1, 9)], [])
    record.pop(key)
    (tmp_path / "metadata.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"line 1: caption .*text.*prompt"):
        find_external(tmp_path, PROMPTS)


def test_files_that_are_no_videos_are_a_failure_that_is_named(
    compare: Compare, tmp_path: Path
) -> None:
    (tmp_path / "pika").mkdir()
    (tmp_path / "pika" / "0000.mp4").write_text("no video")
    code, out, err = compare("--methods", "", "--external", "Pika=pika")
    assert code == 1
    assert "cannot read pika/0000.mp4 as a video" in out
    assert "1 of 1 methods failed: Pika" in err
