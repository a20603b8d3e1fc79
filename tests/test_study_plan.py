"""Making a study: blind copies, what is left out, bad input; and its commands."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conclvd.cli.main import run
from conclvd.errors import DatasetError
from conclvd.study.answers import Answers
from conclvd.study.creation import create_study
from conclvd.study.plan import CRITERIA, read_plan
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from studies import GREY, method_folder, video

PROMPTS = ["a boat on a lake", "peaks in mist", "<b>bold</b> 山"]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """What `conclvd evaluate compare` leaves: a folder a method."""
    for name in GREY:
        method_folder(tmp_path / "out" / name, PROMPTS)
    return tmp_path / "out"


@pytest.fixture
def conclvd(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; its exit code and what it said on standard error."""

    def call(*arguments: object) -> tuple[int, str]:
        code = run(["evaluate", "study", *map(str, arguments)])
        return code, capsys.readouterr().err

    return call


def grey(path: Path) -> float:
    return float(next(iter(read_frames(path))).mean())


def test_a_study_is_blind_whole_and_says_what_it_left_out(out: Path, tmp_path: Path) -> None:
    (out / "notes").mkdir()
    (out / "Pika" / "0001-s7.mp4").unlink()
    video(out / "Pika" / "more.mp4", 10)
    made = create_study(tmp_path / "study", [str(out)])
    assert read_plan(tmp_path / "study") == made
    assert made.methods == ("AnimateDiff", "ConCLVD", "Pika")
    assert [item.prompt for item in made.items] == [PROMPTS[0], PROMPTS[2]]
    told = "\n".join(made.left_out)
    assert f"{out / 'notes'}: holds no videos" in told
    assert f"{out / 'Pika' / '0001-s7.mp4'}: metadata.jsonl lists it, but it is not" in told
    assert f"{out / 'Pika' / 'more.mp4'}: metadata.jsonl does not list it" in told
    assert "'peaks in mist': Pika has no video of it" in told
    assert len(made.left_out) == 4
    copies = {path.stem: path for path in (tmp_path / "study" / "videos").iterdir()}
    assert copies.keys() == made.of_video.keys()
    for name, path in copies.items():
        _, method = made.of_video[name]
        assert grey(path) == pytest.approx(GREY[method], abs=3)
        content = path.read_bytes()
        assert not any(word.encode() in content for word in (*GREY, "made by"))


def test_videos_match_by_caption_and_seed_whatever_they_are_called(tmp_path: Path) -> None:
    folders = {}
    for name, order in {"A": (0, 1, 2, 3), "B": (3, 0, 2, 1)}.items():
        lines = []
        for place in order:
            caption, seed = PROMPTS[place % 2], place // 2
            video(tmp_path / name / f"{name}{place}.mp4", 40 + 50 * place)
            lines.append({"file_name": f"{name}{place}.mp4", "prompt": caption, "seed": seed})
        text = "\n".join(json.dumps(line) for line in lines)  # no end of the last line
        (tmp_path / name / "metadata.jsonl").write_text(text)
        folders[name] = tmp_path / name
    made = create_study(tmp_path / "S", [f"{name}={path}" for name, path in folders.items()])
    assert len(made.items) == 4
    assert made.left_out == ()
    for item in made.items:
        shown = [grey(tmp_path / "S" / "videos" / f"{one}.mp4") for one in item.videos.values()]
        assert shown[0] == pytest.approx(shown[1], abs=3)


def test_file_names_and_a_file_of_prompts_do_as_well(tmp_path: Path) -> None:
    for name in ("A", "B"):
        for number, level in enumerate((50, 200)):
            video(tmp_path / name / f"{number}.{'gif' if name == 'B' else 'mp4'}", level)
    (tmp_path / "prompts.txt").write_text("dark\n\nlight\n", encoding="utf-8")
    arguments = [f"A={tmp_path / 'A'}", f"B={tmp_path / 'B'}"]
    made = create_study(tmp_path / "S", arguments, prompts=tmp_path / "prompts.txt")
    for item, level in zip(made.items, (50, 200), strict=True):
        assert item.prompt == ("dark" if level == 50 else "light")
        for one in item.videos.values():
            assert grey(tmp_path / "S" / "videos" / f"{one}.mp4") == pytest.approx(level, abs=4)


def test_sizes_are_made_one_if_asked(tmp_path: Path, conclvd: Run) -> None:
    method_folder(tmp_path / "out" / "A", PROMPTS, 50)
    method_folder(tmp_path / "out" / "B", PROMPTS, 50)
    video(tmp_path / "out" / "B" / "0000-s7.mp4", 200, width=96, height=96)
    code, error = conclvd("serve", tmp_path / "S", "--videos", tmp_path / "out")
    assert code == 2
    assert "differ in size (A 64x48, B 96x96)" in error
    assert "--size WIDTHxHEIGHT" in error
    assert not (tmp_path / "S").exists()
    made = create_study(tmp_path / "S", [str(tmp_path / "out")], size=(40, 32))
    for name in made.of_video:
        info = probe(tmp_path / "S" / "videos" / f"{name}.mp4")
        assert (info.width, info.height, info.frames) == (40, 32, 4)


def test_a_study_that_was_killed_while_it_was_made_leaves_nothing(
    out: Path, tmp_path: Path, killed: int
) -> None:
    left = tmp_path / f".S.{killed}.part" / "videos"
    left.mkdir(parents=True)
    create_study(tmp_path / "S", [str(out)])
    assert not left.parent.exists()


def test_an_unreadable_video_leaves_its_prompt_out(out: Path, tmp_path: Path) -> None:
    (out / "Pika" / "0000-s7.mp4").write_bytes(b"junk")
    whole = (out / "Pika" / "0001-s7.mp4").read_bytes()
    (out / "Pika" / "0001-s7.mp4").write_bytes(whole[:-40])  # breaks off in its last frames
    made = create_study(tmp_path / "S", [str(out)])
    assert "'a boat on a lake': cannot read" in made.left_out[0]
    assert made.left_out[1].endswith("to its end: 3 of 4 frames are missing")
    assert [item.prompt for item in made.items] == [PROMPTS[2]]
    assert len(list((tmp_path / "S" / "videos").iterdir())) == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--videos", "{tmp}/none"], "there is no such folder; write NAME=FOLDER"),
        (["--videos", "A={tmp}/none", "--videos", "B={tmp}/out/Pika"], "there is no folder"),
        (["--videos", "A={tmp}/empty", "--videos", "B={tmp}/out/Pika"], "holds no videos (.mp4"),
        (["--videos", "A={tmp}/out/Pika"], "has 1 method with videos; a comparison needs at least"),
        (["--videos", "A={tmp}/out/Pika", "--videos", "A={tmp}/out/ConCLVD"], "two methods are"),
        (["--videos", "_A={tmp}/out/Pika", "--videos", "B={tmp}/out/ConCLVD"], "cannot be called"),
        (["--videos", "{tmp}/out", "--prompts", "{tmp}/none.txt"], "there is no file of"),
        (["--videos", "{tmp}/out", "--prompts", "{tmp}/one.txt"], "has 1 prompts, and the folders"),
        (["--videos", "{tmp}/out", "--size", "big"], "'big' is no size; write WIDTHxHEIGHT"),
        (["--videos", "{tmp}/out", "--size", "33x32"], "33x32 has an odd side"),
        (["--videos", "{tmp}/out", "--mode", "ratings", "--questions", "2"], "need at least 3"),
        (
            ["--videos", "{tmp}/bare"],
            "has no metadata.jsonl that tells the prompts",
        ),
    ],
)
def test_bad_input_is_one_line(
    out: Path, tmp_path: Path, conclvd: Run, arguments: list[str], told: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "one.txt").write_text("one prompt\n")
    for name in ("A", "B"):
        video(tmp_path / "bare" / name / "1.mp4", 90)
    filled = [argument.format(tmp=tmp_path) for argument in arguments]
    code, error = conclvd("serve", tmp_path / "S", *filled, "--no-browser")
    assert (code, error.count("\n")) == (2, 1)
    assert told in error
    assert not (tmp_path / "S").exists()


def test_folders_that_are_no_study_are_told_so(out: Path, tmp_path: Path, conclvd: Run) -> None:
    code, error = conclvd("serve", tmp_path / "S")
    assert code == 1
    assert "there is no study.json in" in error
    assert not (tmp_path / "S").exists()
    assert conclvd("serve", out, "--videos", out)[1].endswith("is no study; choose a new folder\n")
    create_study(tmp_path / "S", [str(out)])
    code, error = conclvd("serve", tmp_path / "S", "--videos", out)
    assert (code, "is a study already and its plan stays" in error) == (2, True)
    path = tmp_path / "S" / "study.json"
    text = path.read_text()
    path.write_text(text.replace('"schema_version": 1', '"schema_version": 2'))
    for command in (("serve",), ("export", "-o", tmp_path / "a.csv"), ("analyse", "-o", tmp_path)):
        code, error = conclvd(command[0], tmp_path / "S", *command[1:])
        assert code == 1
        assert "is of version 2, and this conclvd reads version 1" in error
    path.write_text(text.replace('"mode"', '"mood"'))
    with pytest.raises(DatasetError, match=r"study\.json.* mode"):
        read_plan(tmp_path / "S")
    path.write_text("{")
    with pytest.raises(DatasetError, match=r"study\.json .*JSON"):
        read_plan(tmp_path / "S")


def test_export_and_analyse_from_the_command_line(
    out: Path, tmp_path: Path, conclvd: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    study = create_study(tmp_path / "S", [str(out)], questions=9, checks=1)
    code, error = conclvd("analyse", tmp_path / "S", "-o", tmp_path / "report")
    assert (code, error.count("\n")) == (1, 1)
    assert "too few answers: 0 of the 2 participants" in error
    answers = Answers(tmp_path / "S", study)
    for person in ("p1", "p2"):
        for number, question in enumerate(answers.questions(person)):
            for criterion in CRITERIA:
                answers.record(person, number, criterion, question.check or "left")
    assert conclvd("export", tmp_path / "S", "-o", tmp_path / "a.csv")[0] == 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 2 * 10 * 4
    assert conclvd("export", tmp_path / "S", "-o", tmp_path / "no" / "a.csv")[0] == 1
    assert (
        run(["evaluate", "study", "analyse", str(tmp_path / "S"), "-o", str(tmp_path / "r")]) == 0
    )
    told = capsys.readouterr().out
    assert "2 participants answered, 2 of them saw an attention check; 0 failed more" in told
    assert {path.name for path in (tmp_path / "r").iterdir()} == {
        "report.md", "scores.csv", "figure.png", "figure.svg"
    }  # fmt: skip
    (tmp_path / "file").write_text("")
    code, error = conclvd("analyse", tmp_path / "S", "-o", tmp_path / "file")
    assert (code, str(tmp_path / "file") in error) == (2, True)
