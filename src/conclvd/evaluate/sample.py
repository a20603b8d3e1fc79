"""One video as the metrics see it: its frames, and what several of them need, found once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.interpolation.flow import FlowEstimator
from conclvd.tensors import Frames

if TYPE_CHECKING:
    from conclvd.evaluate.clip import Clip
    from conclvd.evaluate.reference import Reference


@dataclass(frozen=True)
class Tools:
    """What metrics measure with; None for what was not asked for."""

    flow: FlowEstimator
    clip: Clip | None = None
    reference: Reference | None = None


class Sample:
    """A video of at least one frame, uint8 [t h w 3], its prompt or None, and the tools."""

    def __init__(self, frames: Frames, prompt: str | None, tools: Tools) -> None:
        self.frames, self.prompt, self.tools = frames, prompt, tools

    @property
    def pairs(self) -> int:
        """How many pairs of neighbouring frames there are."""
        return len(self.frames) - 1

    @cached_property
    def pictures(self) -> Float[Tensor, "t 3 h w"]:
        """The frames in [0, 1]."""
        return torch.from_numpy(self.frames).movedim(-1, 1).float() / 255

    @cached_property
    def flows(self) -> Float[Tensor, "p 2 h w"]:
        """The flow, x then y in pixels, from each frame to the next."""
        return self._flows(self.pictures[:-1], self.pictures[1:])

    @cached_property
    def flows_back(self) -> Float[Tensor, "p 2 h w"]:
        """The flow from each frame but the first to the one before it."""
        return self._flows(self.pictures[1:], self.pictures[:-1])

    @cached_property
    def embeddings(self) -> Float[Tensor, "t d"]:
        """The frames' embeddings in the CLIP, of length 1."""
        assert self.tools.clip is not None
        return self.tools.clip.frames(self.frames)

    def _flows(
        self, sources: Float[Tensor, "p 3 h w"], targets: Float[Tensor, "p 3 h w"]
    ) -> Float[Tensor, "p 2 h w"]:
        # one by one: what is found in a pair does not depend on how many there are
        with torch.inference_mode():
            found = [
                self.tools.flow.flows(source[None], target[None])
                for source, target in zip(sources, targets, strict=True)
            ]
        return torch.cat(found)
