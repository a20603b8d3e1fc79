"""What the README shows runs: its Python, its commands' options, its make targets."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from conclvd.cli.main import run
from conclvd.generate.prompt import unknown_words
from conclvd.models.source import ink_mini
from conclvd.models.vocabulary import read_vocabulary

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks() -> list[str]:
    """The indented code blocks, without their indentation."""
    found = re.findall(r"(?:^    .*\n|^\n(?=    ))+", README, re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in found]


# What is shown runs as it stands; how many steps and pixels makes no difference but in time.
QUICK = {
    "num_frames=8": "num_frames=2",
    "num_inference_steps=25": "num_inference_steps=2",
    "=512": "=64",
}


@pytest.mark.slow
@pytest.mark.parametrize("code", [b for b in blocks() if "from conclvd import" in b])
def test_python_of_the_readme_runs(code: str) -> None:
    for shown, quick in QUICK.items():
        code = code.replace(shown, quick)
    exec(compile(code, "README.md", "exec"), {})


def test_the_model_knows_every_word_of_the_prompts_shown() -> None:
    vocabulary = read_vocabulary(ink_mini() / "vocabulary.json")
    prompts = re.findall(r'^    conclvd generate "([^…"]+)"', README, re.MULTILINE)
    assert len(prompts) >= 4
    assert [unknown_words(prompt, vocabulary) for prompt in prompts] == [[]] * len(prompts)


def test_commands_of_the_readme_exist(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for block in blocks() for line in block.splitlines()]
    commands = [shlex.split(line) for line in lines if line.startswith("conclvd ")]
    assert len(commands) >= 6
    for command in commands:
        groups = [word for word in command[1:3] if word in ("dataset", "evaluate", "study")]
        depth = len(groups) + 1
        assert run([*command[1 : 1 + depth], "--help"]) == 0
        options = capsys.readouterr().out
        assert all(word in options for word in command if word.startswith("--"))


@pytest.mark.parametrize(
    ("page", "group", "least"),
    [
        ("dataset", "dataset", 10),
        ("evaluate", "evaluate", 4),
        ("evaluate-compare", "evaluate", 3),
        ("study", "evaluate study", 4),
    ],
)
def test_commands_of_the_docs_exist(
    page: str, group: str, least: int, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    commands = re.findall(rf"^    conclvd ({group} \w+)(.*)$", text, re.MULTILINE)
    assert len(commands) >= least
    for command, rest in commands:
        assert run([*command.split(), "--help"]) == 0
        options = capsys.readouterr().out
        assert all(word in options for word in rest.split() if word.startswith("--"))


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make (\w+)", README)) - {"the"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("picture", re.findall(r"\((docs/[^)]+)\)", README))
def test_pictures_of_the_readme_exist(picture: str) -> None:
    assert (ROOT / picture).is_file()
