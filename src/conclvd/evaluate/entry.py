"""One video to measure: what made it, from which prompt, and what that cost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ABSENT = "not available"  # how the reason begins where a method has no videos at all


@dataclass(frozen=True)
class Making:
    """What a video cost to make: seconds, the most memory in use in GiB, and on which device.

    `peak_gib` is None where the system does not tell it. `device` says how many videos were made
    together, where it was more than one.
    """

    seconds: float
    peak_gib: float | None
    device: str


@dataclass(frozen=True)
class Entry:
    """A video and its prompt; one of `path` and `prompt` may be None where it is missing.

    `name` is the path inside the folder that was measured, with forward slashes. `absent` says why
    a method has no videos at all, or not this one, or why a file that is there is not measured.
    """

    method: str
    name: str | None = None
    path: Path | None = None
    prompt: str | None = None
    seed: int | None = None
    making: Making | None = None
    absent: str | None = None
