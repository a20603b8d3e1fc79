"""`conclvd evaluate prompts`: captions of scenes that no model was trained on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conclvd.cli.main import run
from conclvd.compare.external import find_external
from conclvd.compare.painted_prompts import held_out
from conclvd.errors import DatasetError
from conclvd.evaluate.captioned import Captioned, read_captions
from conclvd.evaluate.prompts import read_prompts, write_prompts
from conclvd.evaluate.video_set import find_videos
from conclvd.study.matching import match
from conclvd.study.methods import Method
from video_files import prompts, video

COMMAND = ["evaluate", "prompts", "--workers", "1"]


@pytest.mark.slow
def test_captions_alternate_and_are_those_of_the_scenes(tmp_path: Path) -> None:
    plain, lines = tmp_path / "prompts.txt", tmp_path / "prompts.jsonl"
    assert run([*COMMAND, "--count", "2", "-o", str(plain)]) == 0
    captions = read_prompts(plain)
    assert captions == [held_out(seed).caption for seed in (500_000, 500_001)]
    assert [bool(re.search("[一-鿿]", prompt)) for prompt in captions] == [True, False]
    assert run([*COMMAND, "--count", "1", "--seed", "500001", "-o", str(lines)]) == 0
    assert read_prompts(lines) == captions[1:]
    assert json.loads(lines.read_text(encoding="utf-8")) == {"caption": captions[1]}


@pytest.mark.parametrize("name", ["p.txt", "p.jsonl"])
def test_what_is_written_is_what_measuring_reads(tmp_path: Path, name: str) -> None:
    told = ["a boat", '"file_name" 山']
    write_prompts(tmp_path / name, told)
    for number in range(2):
        video(tmp_path / "videos" / f"{number:04d}-s1.gif")
    found = find_videos(tmp_path / "videos", tmp_path / name, None)
    assert [(entry.name, entry.prompt) for entry in found] == [
        ("0000-s1.gif", told[0]),
        ("0001-s1.gif", told[1]),
    ]


def test_prompts_in_another_encoding_are_told(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("薄雾群峰", encoding="gb18030")
    with pytest.raises(DatasetError, match="UTF-8"):
        read_prompts(tmp_path / "p.txt")


@pytest.mark.parametrize("key", ["caption", "text", "prompt"])
def test_captions_of_videos_are_prompts_in_their_order(tmp_path: Path, key: str) -> None:
    """The reverse: what tells the prompts of videos does for generating others."""
    path = prompts(tmp_path / "metadata.jsonl", json.dumps({"file_name": "a.mp4", key: "mist"}))
    assert read_prompts(path) == ["mist"]
    assert [record.caption for record in read_captions(path, Captioned)] == ["mist"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["{"], "line 1 is not JSON: EOF"),
        (["[]"], "line 1: the record does not fit"),
        (['{"file_name": "a.gif", "text": " "}'], "line 1: caption .* caption or text or prompt"),
        (['{"file_name": "../a.gif", "text": "mist"}'], "line 1: file_name .* inside the folder"),
        (['{"file_name": "a.gif", "text": "mist", "seed": "x"}'], "line 1: seed does not fit"),
        (['{"file_name": "a.gif", "text": "mist"}'] * 2, "lists a.gif twice"),
    ],
)
def test_metadata_that_do_not_fit_are_refused_by_all_who_read_them(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    path = prompts(tmp_path / "metadata.jsonl", *lines)
    for read in (
        lambda: find_videos(tmp_path, None, None),
        lambda: find_external(tmp_path, ["mist"]),
        lambda: match([Method("A", tmp_path)], None),
    ):
        with pytest.raises(DatasetError, match=f"{re.escape(str(path))} {message}"):
            read()


def test_a_blank_caption_is_none_for_all_who_read_it(tmp_path: Path) -> None:
    video(tmp_path / "a.gif")
    prompts(tmp_path / "metadata.jsonl", '{"file_name": "./a.gif", "caption": " ", "text": "mist"}')
    (measured,) = find_videos(tmp_path, None, None)
    assert (measured.name, measured.prompt) == ("a.gif", "mist")
    ((taken,), left) = find_external(tmp_path, ["boat", "mist"])
    assert (taken.index, left) == (1, [])
    ((asked,), left_out) = match([Method("A", tmp_path)], None)
    assert (asked.prompt, left_out) == ("mist", [])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-o", "a.csv"], 2, "end the name in .txt or .jsonl"),
        (["-o", "none/a.txt"], 1, "there is no folder none; make it"),
        (["-o", "a.txt", "--seed", "9999999", "--count", "2"], 2, "are not held out"),
        (["-o", "a.txt", "--count", "0"], 2, "'--count'"),
        ([], 2, "Missing option '-o'"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*COMMAND, *arguments]) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.splitlines()[-1].startswith("error: ")
    assert list(tmp_path.iterdir()) == []
