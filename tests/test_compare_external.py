"""Videos of methods that somebody else ran, beside our own."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np

from comparing import PROMPTS, Compare, written
from conclvd.evaluate.compare.records import read_videos
from conclvd.evaluate.video_set import find_videos
from conclvd.video.probe import probe
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
        ("0000-s0.mp4", PROMPTS[0], 0, "Pika 1.0"),
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


def test_files_that_are_no_videos_are_a_failure_that_is_named(
    compare: Compare, tmp_path: Path
) -> None:
    (tmp_path / "pika").mkdir()
    (tmp_path / "pika" / "0000.mp4").write_text("no video")
    code, out, err = compare("--methods", "", "--external", "Pika=pika")
    assert code == 1
    assert "cannot read pika/0000.mp4 as a video" in out
    assert "1 of 1 methods failed: Pika" in err
