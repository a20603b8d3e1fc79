"""Which videos of different methods a study shows together, and from what they are copied."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conclvd.cli.main import run
from conclvd.errors import InvalidRequest
from conclvd.evaluate.records import METHODS_FILE, MethodRow
from conclvd.generate.request import KEYFRAME_RATE
from conclvd.study.creation import create_study
from conclvd.study.matching import match
from conclvd.study.methods import Method, read_methods
from conclvd.study.plan import Plan
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video
from studies import video

BOAT, MIST = "a boat on a lake", "peaks in mist"


def method(folder: Path, *told: tuple[str, int | None]) -> Method:
    """A method with an empty file for each prompt and seed, as far as matching looks at it."""
    folder.mkdir()
    lines = []
    for number, (caption, seed) in enumerate(told):
        name = f"{number}-{folder.name}.mp4"
        (folder / name).touch()
        lines.append({"file_name": name, "caption": caption, "seed": seed})
    (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return Method(folder.name, folder)


def test_methods_of_a_comparison_keep_their_names(tmp_path: Path) -> None:
    for slug in ("without-sc-attn", "mine"):
        method(tmp_path / slug, (BOAT, 0))
    row = MethodRow(name="without SC-Attn", slug="without-sc-attn", status="done", videos=1)
    (tmp_path / METHODS_FILE).write_text(row.model_dump_json() + "\n")
    found, left_out = read_methods([str(tmp_path)])
    assert [each.name for each in found] == ["mine", "without SC-Attn"]
    assert left_out == []


def test_one_seed_stands_together_and_others_fill_the_rest(tmp_path: Path) -> None:
    methods = [
        method(tmp_path / "ours", (BOAT, 0), (BOAT, 1), (BOAT, 2), (MIST, 0)),
        method(tmp_path / "theirs", (BOAT, 2), (BOAT, 1), (MIST, 5)),
        method(tmp_path / "Pika", (BOAT, None), (BOAT, 1), (MIST, None)),
    ]
    found, left_out = match(methods, None)
    by_name = [{name: path.name[0] for name, path in one.files.items()} for one in found]
    assert by_name == [
        {"ours": "1", "theirs": "1", "Pika": "1"},  # seed 1
        {"ours": "2", "theirs": "0", "Pika": "0"},  # seed 2, and what Pika has
        {"ours": "3", "theirs": "2", "Pika": "2"},
    ]
    assert [one.by_prompt_alone for one in found] == [(), ("Pika",), ("ours", "theirs", "Pika")]
    assert [one.prompt for one in found] == [BOAT, BOAT, MIST]
    over = tmp_path / "ours" / "0-ours.mp4"
    assert left_out == [f"{over}: theirs, Pika has no more videos of {BOAT!r}"]


def test_numbered_names_find_their_line_whatever_their_seeds(tmp_path: Path) -> None:
    for name in ("0000-s7.mp4", "0001-s7.mp4"):
        video(tmp_path / "A" / name, 90)
    for name in ("0000.gif", "0001-s7.gif"):
        video(tmp_path / "B" / name, 90)
    (tmp_path / "p.jsonl").write_text(
        "".join(json.dumps({"caption": one}) + "\n" for one in (BOAT, MIST, "never made"))
    )
    methods = [Method(name, tmp_path / name) for name in ("A", "B")]
    found, left_out = match(methods, tmp_path / "p.jsonl")
    assert [(one.prompt, one.by_prompt_alone) for one in found] == [(BOAT, ("A", "B")), (MIST, ())]
    assert left_out == []


def test_two_files_of_one_number_and_seed_are_two_videos(tmp_path: Path) -> None:
    for name in ("A/0000-s7.mp4", "A/0000-s7.gif", "B/0000-s7.mp4", "B/0000-s8.mp4"):
        video(tmp_path / name, 90)
    (tmp_path / "p.txt").write_text(BOAT)
    methods = [Method(name, tmp_path / name) for name in ("A", "B")]
    found, left_out = match(methods, tmp_path / "p.txt")
    assert [one.by_prompt_alone for one in found] == [(), ("A", "B")]
    assert len({path for one in found for path in one.files.values()}) == 4
    assert left_out == []


def test_how_videos_were_matched_is_told_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uvicorn.Server.run", interrupted)
    for name, seeds in {"A": (0, 1), "B": (0, None)}.items():
        lines = []
        for number, (prompt, seed) in enumerate(zip((BOAT, MIST), seeds, strict=True)):
            video(tmp_path / name / f"{number}.mp4", 90)
            lines.append({"file_name": f"{number}.mp4", "text": prompt, "seed": seed})
        (tmp_path / name / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    study, given = str(tmp_path / "S"), [f"{name}={tmp_path / name}" for name in ("A", "B")]
    command = ["evaluate", "study", "serve", study, "--no-browser", "--port", "0"]
    made = [*command, "--videos", given[0], "--videos", given[1]]
    assert run([*made, "--origin", "museum"]) == 2
    assert "'museum' is no origin" in capsys.readouterr().err
    assert not (tmp_path / "S").exists()  # the same command, put right, makes it
    assert run(made) == 0
    told = (
        "1 of 2 by prompt and seed, or name; 1 by prompt alone, for the seed is another or not "
        "told: A 1, B 1"
    )
    assert f"videos matched: {told}\n" in capsys.readouterr().err
    kept = Plan.model_validate_json((tmp_path / "S" / "study.json").read_text())
    assert kept.matched == told


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_prompts_that_nobody_shares_are_an_error_that_says_by_what(tmp_path: Path) -> None:
    for name, prompt in {"A": BOAT, "B": MIST}.items():
        method(tmp_path / name, (prompt, 1))
    with pytest.raises(InvalidRequest, match=r"\bB\b.* text"):
        create_study(tmp_path / "S", [f"{name}={tmp_path / name}" for name in ("A", "B")])


def test_folders_of_pictures_are_shown_as_clips(tmp_path: Path) -> None:
    """As `conclvd generate -o folder/` writes them, and by a program that tells no rate."""
    frames = [np.full((32, 40, 3), shade, np.uint8) for shade in (20, 120, 220)]
    for name in ("A", "B"):
        (tmp_path / "all" / name).mkdir(parents=True)
    write_video(tmp_path / "all" / "A" / "0000-s1", frames, Fraction(12))
    (tmp_path / "all" / "B" / "0000").mkdir()
    for index, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / "all" / "B" / "0000" / f"{index}.png")
    for name in ("A", "B"):
        (folder,) = (tmp_path / "all" / name).iterdir()
        record = {"file_name": folder.name, "caption": BOAT}
        (tmp_path / "all" / name / "metadata.jsonl").write_text(json.dumps(record))
    made = create_study(tmp_path / "S", [str(tmp_path / "all")])
    assert made.left_out == ()
    (item,) = made.items
    for name, rate in {"A": Fraction(12), "B": KEYFRAME_RATE}.items():
        clip = tmp_path / "S" / "videos" / f"{item.videos[name]}.mp4"
        assert probe(clip).fps == rate
        assert [frame.mean() for frame in read_frames(clip)] == pytest.approx([20, 120, 220], abs=4)
