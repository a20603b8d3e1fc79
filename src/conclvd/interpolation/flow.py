"""Optical flow between two frames, by any estimator."""

from __future__ import annotations

from typing import Protocol

import cv2

from conclvd.tensors import Flow, Frame


class FlowEstimator(Protocol):
    """What finds how far every pixel moves."""

    def __call__(self, source: Frame, target: Frame) -> Flow:
        """The flow [h w 2], x then y in pixels, that takes each pixel of `source` to `target`."""


class DisFlow:
    """Dense inverse search (Kroeger et al., 2016), as OpenCV has it; it needs no weights."""

    def __init__(self) -> None:
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def __call__(self, source: Frame, target: Frame) -> Flow:
        """Flow found on brightness; the frames have at least 12 pixels a side."""
        before, after = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (source, target))
        flow: Flow = self._search.calc(before, after, None)
        return flow
