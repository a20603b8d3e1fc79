"""What every method of a comparison is once its models are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from pydantic import JsonValue

from conclvd.generate.generator import Progress
from conclvd.generate.request import Request
from conclvd.tensors import Frames


@dataclass(frozen=True)
class Asked:
    """A video that is to be made."""

    prompt: str
    seed: int


@dataclass(frozen=True)
class Sample:
    """A generated video; `recipe` is what `conclvd generate --like` reads, None where it cannot."""

    frames: Frames
    recipe: str | None = None


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
