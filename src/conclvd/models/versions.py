"""Which code made a file."""

from __future__ import annotations

from importlib import metadata

from conclvd import __version__

RECORDED = ("torch", "diffusers", "transformers", "numpy", "opencv-python-headless")


def versions() -> dict[str, str]:
    """The versions on which the pixels of a video depend."""
    return {"conclvd": __version__} | {package: metadata.version(package) for package in RECORDED}
