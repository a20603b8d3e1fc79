"""What every method of a comparison is once its models are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from pydantic import JsonValue

from conclvd.generate.generator import Progress
from conclvd.tensors import Frames


@dataclass(frozen=True)
class Sample:
    """A generated video; `recipe` is what `conclvd generate --like` reads, None where it cannot."""

    frames: Frames
    recipe: str | None = None


class Sampler(Protocol):
    """A loaded method."""

    device: torch.device

    @property
    def settings(self) -> dict[str, JsonValue]:
        """Everything but prompt and seed on which the pixels depend, weights by their sha256.

        Videos of equal settings belong together.
        """
        ...

    def sample(self, prompt: str, seed: int, progress: Progress) -> Sample:
        """Make the video of a prompt and a seed.

        Raises ModelError when the result is not a number.
        """
        ...
