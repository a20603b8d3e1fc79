"""A method once its models are loaded: what is asked of it, and what is told of its videos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

import torch
from pydantic import JsonValue

from conclvd.generate.generator import Progress
from conclvd.generate.request import Request
from conclvd.tensors import Frames


class Asked(NamedTuple):
    """A video that is to be made."""

    prompt: str
    seed: int


@dataclass(frozen=True)
class Sample:
    """A generated video; `recipe` is what `conclvd generate --like` reads, None where it cannot."""

    frames: Frames
    recipe: str | None = None


def shared_settings(scheduler: str, asked: Request) -> dict[str, JsonValue]:
    """The settings of a request that every method has, under the name of its own sampler."""
    names = ("steps", "guidance_scale", "frames", "width", "height")
    return {"scheduler": scheduler, **{name: getattr(asked, name) for name in names}}


class Sampler(Protocol):
    """A loaded method. `request` holds what all of its videos share, with nothing left open."""

    device: torch.device
    request: Request

    @property
    def settings(self) -> dict[str, JsonValue]:
        """Everything but prompt and seed on which the pixels depend, weights by their sha256.

        Videos of equal settings belong together.
        """
        ...

    def sample(self, videos: Sequence[Asked], progress: Progress) -> list[Sample]:
        """Make videos as one batch, each with the noise of its own seed.

        A video depends on the others by rounding alone. Raises ModelError when the result is not a
        number.
        """
        ...


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
class Batch:
    """What came of a batch: `made` are the videos whose files are whole by now, earlier ones among
    them; `failed` is why it was not made, `full` that there was no memory for it."""

    made: Sequence[Made]
    failed: str | None = None
    full: bool = False


Tell: TypeAlias = Callable[[Made | Lost | str], None]  # a text is what is going on
Share: TypeAlias = Sequence[tuple[str, Asked]]  # videos by the name of their file
