"""The command line: exit codes, one line an error, and nothing heavy loaded for help."""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
import typer

from conclvd import __version__
from conclvd.cli import main, values
from conclvd.errors import ConclvdError, InvalidRequest, MediaError
from naming import named

PAINT = ["dataset", "paint"]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"conclvd {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["dataset", "--help"], [*PAINT, "--help"]])
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == 0
    assert "Usage: conclvd" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dance"], "'dance'"),
        (["dataset"], "dataset"),
        ([*PAINT, "OUT"], "'--count'"),
        ([*PAINT, "OUT", "--count", "0"], "'--count'"),
        ([*PAINT, "OUT", "--count", "two"], "'--count'"),
        ([*PAINT, "OUT", "--count", "1", "--size", "large"], "'--size' 'large'"),
        ([*PAINT, "OUT", "--count", "1", "--size", "0x64"], "'0x64'"),
        ([*PAINT, "OUT", "--count", "1", "--size", "63x64"], "63x64"),
        ([*PAINT, "OUT", "--count", "1", "--fps", "fast"], "'--fps' 'fast'"),
        ([*PAINT, "OUT", "--count", "1", "--fps", "1/0"], "'1/0'"),
        ([*PAINT, "OUT", "--count", "1", "--frames", "0"], "'--frames'"),
        ([*PAINT, "OUT", "--count", "1", "--seed", "-1"], "'--seed'"),
        ([*PAINT, "OUT", "--count", "1", "--colour", "red"], "--colour"),
        ([*PAINT, "OUT", "--count", "many"], "'many' `conclvd dataset paint --help`"),
        (["paint"], "`conclvd --help`"),
        (
            ["dataset", "suggest", "OUT", "--model", "m", "--language", "fr"],
            "'--language' 'fr' 'en' 'zh'",
        ),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code = main.run([str(out) if argument == "OUT" else argument for argument in arguments])
    captured = capsys.readouterr()
    assert code == 2
    assert captured.err.startswith("error: ")
    assert re.match(named(words), captured.err)
    assert captured.err.count("\n") == 1
    assert not out.exists()


def test_a_folder_that_cannot_be_made_is_one_line_and_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    code = main.run([*PAINT, str(tmp_path / "file"), "--count", "1", "--size", "64x64"])
    errors = capsys.readouterr().err
    assert code == 1
    assert f"{tmp_path / 'file'}" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (MediaError("no light\nno picture"), 1, "error: no light no picture\n"),
        (ConclvdError("all wrong"), 1, "error: all wrong\n"),
        (InvalidRequest("0 frames"), 2, "error: 0 frames\n"),
        (KeyboardInterrupt(), 130, "stopped\n"),
        (
            MemoryError("58 GiB"),
            1,
            "error: there is too little memory: 58 GiB; choose a smaller size or fewer frames\n",
        ),
    ],
)
def test_every_failure_has_its_code_and_line(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = typer.Typer()

    @app.callback(invoke_without_command=True)
    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "app", app)
    assert main.run([]) == code
    assert capsys.readouterr().err == line


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.callback(invoke_without_command=True)
    def fail() -> None:
        raise AssertionError("ours")

    monkeypatch.setattr(main, "app", app)
    with pytest.raises(AssertionError, match="ours"):
        main.run([])


def test_painting_a_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*PAINT, str(tmp_path), "--size", "64x48", "--frames", "2", "--workers", "1"]
    assert main.run([*command, "--count", "1"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}: painted 1 clips\n"
    assert main.run([*command, "--count", "2"]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{tmp_path}: painted 1 clips, 1 were there\n"
    assert "2/2" in captured.err
    assert len(list((tmp_path / "clips").iterdir())) == 2


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from conclvd.cli.main import run; run(['--help']);"
        "heavy = {'torch', 'diffusers', 'transformers', 'av', 'cv2', 'gradio'};"
        "heavy = (heavy | {'fastapi', 'uvicorn'}) & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_sizes_and_rates() -> None:
    assert values.size("1280x720") == (1280, 720)
    assert values.size("64X48") == (64, 48)
    assert values.rate("24") == 24
    assert values.rate("30000/1001") == Fraction(30000, 1001)
    assert values.rate("12.5") == Fraction(25, 2)
