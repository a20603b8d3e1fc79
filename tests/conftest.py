"""Fixtures shared by the tests."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Nothing heavy is imported here: pytest's own process, which hands out the tests, needs none of it.
if TYPE_CHECKING:
    from comparing import Compare
    from conclvd.models.base import Base
    from conclvd.train.settings import TrainSettings

# Read when torch is imported. A tiny model keeps one core busy; more threads wait for each other,
# and with a test on each core they take two and a half times the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What the tests import, a million objects, stays: the collector would walk it again and again.
gc.disable()


def pytest_collection_finish() -> None:
    """Everything is imported."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Nobody should take a run without a browser, or without Ray, for a whole one."""
    reports = terminalreporter.stats.get("skipped", [])
    missing = Counter(r.longrepr[2].removeprefix("Skipped: ") for r in reports if _is_missing(r))
    for reason, count in missing.items():
        terminalreporter.write_sep("!", f"{count} tests did NOT run: {reason}", red=True, bold=True)


def _is_missing(report: pytest.TestReport) -> bool:
    return isinstance(report.longrepr, tuple) and "install" in report.longrepr[2]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; `apt-get install chromium`, or `playwright install chromium`."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    installed = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    with api.sync_playwright() as playwright:
        path = installed or playwright.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("no Chromium was found: install Debian's chromium or playwright's")
        # sandboxes of containers often forbid Chromium's own
        with playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as opened:
            yield opened


@pytest.fixture(scope="session")
def killed() -> int:
    """The number of a process that was killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        process.kill()
    return process.pid


@pytest.fixture(autouse=True)
def _another_number_format() -> Iterator[None]:
    """accelerate keeps the number format of a process's first run; a test is a run of its own."""
    yield
    if "accelerate.state" in sys.modules:
        from accelerate.state import AcceleratorState

        AcceleratorState._reset_state(True)


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete tiny model on disk, never to be changed: copy it first."""
    from tiny import tiny_base

    return tiny_base(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def base(base_folder: Path) -> Base:
    """The same model, loaded."""
    from conclvd.models.components import load_base

    return load_base(str(base_folder))


@pytest.fixture
def compare(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    base_folder: Path,
) -> Compare:
    """Compare into the folder `out` on two prompts; exit code, standard output and error."""
    from comparing import PROMPTS, QUICK
    from conclvd.cli.main import run

    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts.txt").write_text("\n".join(PROMPTS) + "\n\n", encoding="utf-8")
    command = ["evaluate", "compare", "--prompts", "prompts.txt", "-o", "out", *QUICK]

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([*command, "--model", str(base_folder), *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clips to train on, never to be changed."""
    from training_clips import square_dataset

    return square_dataset(tmp_path_factory.mktemp("squares"), 4)


@pytest.fixture
def settings(base_folder: Path, squares: Path, tmp_path: Path) -> Callable[..., TrainSettings]:
    """Settings by keyword, of a run that starts from a module of which all weights learn."""
    from training_clips import tiny_settings

    def make(name: str = "run", **given: object) -> TrainSettings:
        start = {"motion_module_name_or_path": str(base_folder / "motion_adapter")}
        return tiny_settings(base_folder, squares, tmp_path / name, **{**start, **given})

    return make
