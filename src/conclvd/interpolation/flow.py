"""Optical flow between two frames, by any estimator."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.tensors import Flow, Frame


class FlowEstimator(Protocol):
    """What finds how far every pixel moves, for a batch of pairs.

    On a CPU several threads call it at the same time.
    """

    def flows(
        self, sources: Float[Tensor, "b 3 h w"], targets: Float[Tensor, "b 3 h w"]
    ) -> Float[Tensor, "b 2 h w"]:
        """The flow, x then y in pixels, that takes each pixel of a source to its target.

        Pictures are RGB in [0, 1]; the flow is on their device.
        """


class FrameFlow(ABC):
    """An estimator that takes one pair after the other, on the CPU; a batch has a thread a pair."""

    @abstractmethod
    def __call__(self, source: Frame, target: Frame) -> Flow:
        """The flow of one pair."""

    def flows(
        self, sources: Float[Tensor, "b 3 h w"], targets: Float[Tensor, "b 3 h w"]
    ) -> Float[Tensor, "b 2 h w"]:
        """Those of a batch, on its device."""
        pairs = list(zip(to_frames(sources), to_frames(targets), strict=True))
        if len(pairs) == 1:
            found = [self(*pairs[0])]
        else:
            with ThreadPoolExecutor(len(pairs)) as pool:
                found = list(pool.map(lambda pair: self(*pair), pairs))
        return torch.from_numpy(np.stack(found)).movedim(-1, 1).to(sources.device)


class DisFlow(FrameFlow):
    """Dense inverse search (Kroeger et al., 2016), as OpenCV has it; it needs no weights."""

    def __init__(self) -> None:
        self._searches = threading.local()  # a search keeps what it works on

    def __reduce__(self) -> tuple[type[DisFlow], tuple[()]]:
        return DisFlow, ()  # another process makes searches of its own

    def __call__(self, source: Frame, target: Frame) -> Flow:
        """Flow found on brightness; the frames have at least 12 pixels a side."""
        before, after = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (source, target))
        flow: Flow = self._search().calc(before, after, None)
        return flow

    def _search(self) -> cv2.DISOpticalFlow:
        if not hasattr(self._searches, "own"):
            self._searches.own = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        own: cv2.DISOpticalFlow = self._searches.own
        return own


def to_frames(pictures: Float[Tensor, "b 3 h w"]) -> list[Frame]:
    """Pictures in [0, 1] as uint8 frames."""
    planes = (pictures * 255).round().to("cpu", torch.uint8).numpy()
    return [cv2.merge(list(picture)) for picture in planes]
