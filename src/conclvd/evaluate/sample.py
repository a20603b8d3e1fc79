"""One video as the metrics see it: its frames, and what several of them need, found once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.evaluate.entry import Making
from conclvd.evaluate.style import Feature, Lab, lab, spaced, style_distance
from conclvd.interpolation.flow import FlowEstimator
from conclvd.tensors import Frames

if TYPE_CHECKING:
    from conclvd.evaluate.reference import Reference
from pathlib import Path

from conclvd.files import short_hash
from conclvd.interpolation.estimators import DEFAULT, load_estimator, shipped_raft


@dataclass(frozen=True)
class Tools:
    """What metrics measure with; None for what was not asked for.

    `flow_name` is what rows call the flow's estimator, `device` is where it runs.
    """

    flow: FlowEstimator
    flow_name: str
    device: torch.device | str = "cpu"
    reference: Reference | None = None


class Sample:
    """A video of at least one frame, uint8 [t h w 3], and the tools.

    What its making cost is None where that is not known.
    """

    def __init__(self, frames: Frames, tools: Tools, making: Making | None = None) -> None:
        self.frames, self.tools, self.making = frames, tools, making
        self._styles: dict[Feature, float] = {}

    @property
    def pairs(self) -> int:
        """How many pairs of neighbouring frames there are."""
        return len(self.frames) - 1

    def picture(self, index: int) -> Float[Tensor, "1 3 h w"]:
        """A frame in [0, 1]."""
        return torch.from_numpy(self.frames[index]).movedim(-1, 0)[None].float() / 255

    def flow(self, source: int, target: int) -> Float[Tensor, "1 2 h w"]:
        """The flow, x then y in pixels, from one frame to another, found anew at each call."""
        with torch.inference_mode():
            pair = (self.picture(index).to(self.tools.device) for index in (source, target))
            return self.tools.flow.flows(*pair).cpu()

    @cached_property
    def flows(self) -> Float[Tensor, "p 2 h w"]:
        """The flow from each frame to the next."""
        return torch.cat([self.flow(index, index + 1) for index in range(self.pairs)])

    @cached_property
    def labs(self) -> list[Lab]:
        """At most 8 of the frames, evenly spaced, as the features of style see them."""
        return [lab(frame) for frame in spaced(self.frames)]

    def style(self, feature: Feature) -> float:
        """The distance of these frames from the reference in one feature; see style_distance."""
        assert self.tools.reference is not None
        if feature not in self._styles:
            known = self.tools.reference.known(feature)
            self._styles[feature] = style_distance(self.labs, feature, known)
        return self._styles[feature]


def load_flow(name: str = DEFAULT, device: torch.device | str = "cpu") -> tuple[FlowEstimator, str]:
    """The estimator of `--flow`, and what rows call it.

    That is DIS, which has no weights, or the file of the weights and the first digits of their
    SHA-256. Raises InvalidRequest for an unknown name, ModelError when weights cannot be loaded.
    """
    estimator = load_estimator(name, device)
    if name == DEFAULT:
        return estimator, "DIS"
    path = shipped_raft() if name == "raft" else Path(name)
    return estimator, f"{path.stem} {short_hash(path)}"
