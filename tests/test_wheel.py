"""The wheel, installed where there is no checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from conclvd import __version__
from conclvd.video.probe import probe

ROOT = Path(__file__).parent.parent
PACKAGE = "src/conclvd"
MOST = 100e6  # bytes; the package index takes no more

pytestmark = pytest.mark.slow


def quiet(*command: str | Path, folder: Path) -> str:
    """What a command says that runs in `folder` and knows of no checkout."""
    outside = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=outside, stdout=-1, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, for setuptools leaves its folders beside the source."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", copy / "src", ignore=unwanted)
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", copy)
    quiet(sys.executable, "-m", "pip", "wheel", *offline, copy, folder=copy)
    (built,) = copy.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it, and with the libraries of this one behind it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python")
    quiet(*pip, "install", "--no-deps", "--no-index", wheel, folder=folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    # .pth files that lie there are not read: what is installed as editable stays unknown
    packages.joinpath("libraries.pth").write_text(sysconfig.get_path("purelib"))
    return folder


def test_the_wheel_is_small_enough(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST


def test_everything_of_the_package_is_in_it(environment: Path) -> None:
    said = quiet(
        environment / "bin/python", "-I", "-c", "import conclvd; print(conclvd.__file__)",
        folder=environment,
    )  # fmt: skip
    installed = Path(said.strip()).parent
    assert installed.is_relative_to(environment)
    there = {path.relative_to(installed) for path in installed.rglob("*") if path.is_file()}
    wanted = {
        path.relative_to(ROOT / PACKAGE)
        for path in (ROOT / PACKAGE).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {path.suffix for path in wanted} > {".html", ".js", ".css", ".toml", ".safetensors"}
    assert wanted - there == set()


def test_it_generates_four_frames(environment: Path) -> None:
    conclvd = environment / "bin" / "conclvd"
    assert quiet(conclvd, "--version", folder=environment) == f"conclvd {__version__}\n"
    asked = ("--frames", "4", "--steps", "2", "--interpolation", "none", "--device", "cpu")
    quiet(conclvd, "generate", "a boat on a lake", *asked, "-o", "a.mp4", folder=environment)
    assert probe(environment / "a.mp4").frames == 4
