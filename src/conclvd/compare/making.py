"""What is asked of a method while its videos are made, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pydantic import JsonValue

from conclvd.compare.sampler import Asked


class MethodFailed(Exception):
    """A method cannot go on; the message is the reason for its row. Caught in this package."""


@dataclass(frozen=True)
class Order:
    """How a method's videos are to be made.

    `folder` is where they go, `method` its name, `format` that of the files, which their names tell
    already. `batch` is how many are made together (None: as many as suit the device), `until` the
    moment of `time.monotonic` after which none is begun.
    """

    folder: Path
    method: str
    format: str
    batch: int | None = None
    until: float | None = None


@dataclass(frozen=True)
class Loaded:
    """What the videos of a loaded method are made with: the method's own `sampler` settings, and
    `settings` with its name and the kind of device, on which the pixels depend as well. `batch` is
    how many to make together."""

    sampler: dict[str, JsonValue]
    settings: dict[str, JsonValue]
    batch: int


@dataclass(frozen=True)
class Made:
    """A video whose file is whole. `batch` is how many were made together: `seconds` are its share
    of theirs, `peak_gib` is what all of them took."""

    name: str
    seconds: float
    peak_gib: float | None
    device: str
    batch: int


@dataclass(frozen=True)
class Lost:
    """A video that a method cannot make, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Doing:
    """What is going on."""

    text: str


@dataclass(frozen=True)
class Batch:
    """What came of a batch: `made` are the videos whose files are whole by now, earlier ones among
    them; `failed` is why it was not made, `full` that there was no memory for it."""

    made: Sequence[Made]
    failed: str | None = None
    full: bool = False


Tell: TypeAlias = Callable[[Made | Lost | Doing], None]
Share: TypeAlias = Sequence[tuple[str, Asked]]  # videos by the name of their file
