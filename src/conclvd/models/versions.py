"""Which code made a file."""

from __future__ import annotations

from importlib import metadata

RECORDED = ("conclvd", "torch", "diffusers", "transformers", "numpy", "opencv-python-headless")


def version(package: str) -> str:
    """The installed version of `package`; "source" when it runs from a checkout, not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "source"


def versions() -> dict[str, str]:
    """The versions on which the pixels of a video depend."""
    return {package: version(package) for package in RECORDED}
