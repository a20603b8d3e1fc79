"""Fixtures shared by the tests."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conclvd.models.components import Base, load_base
from tiny import tiny_base


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
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete tiny model on disk, never to be changed: copy it first."""
    return tiny_base(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def base(base_folder: Path) -> Base:
    """The same model, loaded."""
    return load_base(str(base_folder))
