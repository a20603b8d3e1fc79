"""What a comparison is asked for: prompts, options, and how wrong ones are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comparing import PROMPTS, Compare
from conclvd.evaluate.records import read_videos
from conclvd.lock import writing


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--methods", "dance"], "there is no method 'dance'; methods are conclvd, "),
        (["--methods", "conclvd,ConCLVD"], "name each method once"),
        (["--methods", ""], "there is nothing to compare"),
        (["--seeds", "0,x"], "seeds are different numbers such as 0,1,2, found '0,x'"),
        (["--seeds", "1,1"], "seeds are different numbers"),
        (["--motion", "conclvd"], "--motion takes NAME=VALUE"),
        (["--motion", "dance=x"], "--motion names 'dance', which is not compared"),
        (["--motion", "conclvd=no/such/folder"], "names 'no/such/folder', which is not there"),
        (["--external", "ConCLVD=."], "each method needs a name of its own"),
        (["--external", "..=."], "each method needs a name of its own"),
        (["--external", "Pika=none"], "--external Pika names none, which is no folder"),
        (["--prompts", "none.txt"], "there is no file of prompts at none.txt"),
        (["--steps", "0"], "steps must be 1 to 1000"),
        (["--device", "cuda:77"], "no device 'cuda:77'"),
    ],
)
def test_wrong_use_is_one_line_and_makes_nothing(
    compare: Compare, tmp_path: Path, arguments: list[str], message: str
) -> None:
    code, _, err = compare(*arguments)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "\n \n", "holds 0 prompts"),
        ("a.jsonl", '{"caption": "a boat"}\nboat', "line 2 is not JSON"),
        (
            "a.jsonl",
            '{"title": "a boat"}',
            "line 1: caption does not fit: there is none; write it as",
        ),
    ],
)
def test_prompts_that_are_none(
    compare: Compare, tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    code, _, err = compare("--prompts", name)
    assert code == 1
    assert message in err


def test_the_metadata_of_a_dataset_are_prompts(compare: Compare, tmp_path: Path) -> None:
    rows = [{"file_name": "a.mp4", "caption": p, "tags": []} for p in PROMPTS]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code, _, err = compare("--methods", "text2video-zero", "--prompts", "metadata.jsonl")
    assert code == 0, err
    assert [r.caption for r in read_videos(tmp_path / "out" / "text2video-zero")] == PROMPTS


def test_two_comparisons_do_not_write_into_one_folder(compare: Compare, tmp_path: Path) -> None:
    with writing(tmp_path / "out", "another one"):
        code, _, err = compare("--methods", "conclvd")
    assert (code, err.count("\n")) == (1, 1)
    assert "out is in use by `another one`, process" in err
    assert not (tmp_path / "out" / "conclvd").exists()
    (tmp_path / "file").touch()
    code, _, err = compare("--methods", "conclvd", "-o", "file/out")
    assert (code, err.count("\n")) == (1, 1)
    assert "cannot work in file/out" in err


def test_rows_of_another_program_are_refused(compare: Compare, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "methods.jsonl").write_text('{"name": "ours"}\n')
    code, _, err = compare("--methods", "conclvd")
    assert code == 1
    assert "methods.jsonl line 1: slug" in err
