"""Fixtures shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from conclvd.models.components import Base, load_base
from tiny import tiny_base


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete tiny model on disk, never to be changed: copy it first."""
    return tiny_base(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def base(base_folder: Path) -> Base:
    """The same model, loaded."""
    return load_base(str(base_folder))
