"""One frame between every two keyframes, at half of a uniform motion (method.md 6, `linear`)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float32

from conclvd.interpolation.flow import FlowEstimator
from conclvd.tensors import Flow, Frame, Frames

HALF = 0.5
FIXED_POINT_STEPS = 3  # flows are smooth but for edges; the third step moves under 0.1 px
TOLERANCE = 1.0  # pixels that a flow there and back may miss by before its pixel is doubted

Weight = Float32[np.ndarray, "h w 1"]


def interpolate(
    keyframes: Frames,
    flow: FlowEstimator,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Frames:
    """2t-1 frames out of t: the keyframes, unchanged, and a frame half-way between neighbours.

    `progress` is called with the pairs that are done and their number.
    """
    pairs = len(keyframes) - 1
    frames = np.empty((2 * pairs + 1, *keyframes.shape[1:]), np.uint8)
    frames[::2] = keyframes
    for index, (first, second) in enumerate(pairwise(keyframes)):
        frames[2 * index + 1] = middle_frame(first, second, flow)
        progress(index + 1, pairs)
    return frames


def middle_frame(first: Frame, second: Frame, flow: FlowEstimator) -> Frame:
    """The frame half-way between two, each warped by half its flow and trusted where it holds.

    A pixel that one frame does not show (its flow there and back does not return) is taken from
    the other; where neither flow holds, the two dissolve into each other.
    """
    forward, backward = flow(first, second), flow(second, first)
    warped_first, trust_first = warp_half(first, forward, backward)
    warped_second, trust_second = warp_half(second, backward, forward)
    dissolved = (first.astype(np.float32) + second) * HALF
    doubt = 1 - np.maximum(trust_first, trust_second)
    total = trust_first + trust_second + doubt
    blend = warped_first * trust_first + warped_second * trust_second + dissolved * doubt
    blend /= total
    frame: Frame = np.rint(blend).clip(0, 255).astype(np.uint8)
    return frame


def warp_half(
    frame: Frame, flow: Flow, returning: Flow
) -> tuple[Float32[np.ndarray, "h w 3"], Weight]:
    """`frame` moved by half of `flow`, and how far each of its pixels can be trusted, 0 to 1.

    `returning` is the flow from the other frame back to this one.
    """
    height, width = flow.shape[:2]
    grid = np.stack(
        np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)), -1
    )
    # The pixel that is at x in the middle frame started at x - flow/2, with the flow of there.
    motion = flow
    for _ in range(FIXED_POINT_STEPS):
        motion = _sample(flow, grid - HALF * motion)
    start = grid - HALF * motion
    miss = np.linalg.norm(motion + _sample(returning, start + motion), axis=-1, keepdims=True)
    inside = (start >= 0) & (start <= (width - 1, height - 1))
    trust = np.exp(-((miss / TOLERANCE) ** 2)) * inside.all(-1, keepdims=True)
    return _sample(frame.astype(np.float32), start), trust.astype(np.float32)


def _sample(values: Float32[np.ndarray, "h w c"], positions: Flow) -> Float32[np.ndarray, "h w c"]:
    """`values` at fractional positions [h w 2] (x, y), the border repeated."""
    sampled: np.ndarray = cv2.remap(
        values,
        positions[..., 0],
        positions[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return sampled
