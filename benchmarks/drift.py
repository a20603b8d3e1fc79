"""Which way a boat drifts: the sideways velocity at which what moves holds together best.

Flow does not tell it: rippling water, petals and rain move more than a small boat does. Frames are
brought to rest against the camera; what differs from their median is what moves; shifted back by
the right velocity, the boats of all frames lie on one another, while rain and ripples blur.
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import get_context

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from tqdm import tqdm

from conclvd.paint.clip import paint_clip
from conclvd.workers import one_thread_each

VELOCITIES = [v for v in np.arange(-9, 9.5, 0.5) if abs(v) >= 1]  # pixels a frame at 256²
TOP = 0.45  # of the picture, without water


def steady(video: UInt8[np.ndarray, "t h w 3"]) -> UInt8[np.ndarray, "t h w 3"]:
    """The frames without the movement of the camera: all aligned to the middle one."""
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in video]
    middle = grey[len(video) // 2]
    rounds = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    aligned = []
    for frame, shade in zip(video, grey, strict=True):
        warp = np.eye(2, 3, dtype=np.float32)
        try:
            _, warp = cv2.findTransformECC(
                middle, shade, warp, cv2.MOTION_AFFINE, rounds, None, gaussFiltSize=5
            )
        except cv2.error:  # nothing in common to align: leave the frame as it is
            warp = np.eye(2, 3, dtype=np.float32)
        aligned.append(
            cv2.warpAffine(
                frame,
                warp,
                frame.shape[1::-1],
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
        )
    return np.stack(aligned)


def moving(video: UInt8[np.ndarray, "t h w 3"]) -> Float[np.ndarray, "t h w 3"]:
    """What differs from the median frame below `TOP`: the strongest twentieth, in Lab units."""
    colors = np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2LAB).astype(np.float32) for f in video])
    low = colors[:, int(TOP * video.shape[1]) :]
    soft = np.stack([cv2.GaussianBlur(frame, (0, 0), 1.0) for frame in low])
    change = soft - np.median(soft, axis=0)
    size = np.linalg.norm(change, axis=-1, keepdims=True)
    kept: Float[np.ndarray, "t h w 3"] = change * (
        np.maximum(size - np.quantile(size, 0.95), 0) / (size + 1e-6)
    )
    return kept


def drift(video: UInt8[np.ndarray, "t h w 3"]) -> float:
    """Sideways velocity of what moves in the lower part, in pixels a frame; right positive."""
    changes = moving(steady(video))
    height, width = changes.shape[1:3]
    times = np.arange(len(video)) - (len(video) - 1) / 2

    def agreement(velocity: float) -> float:
        shifted = [
            cv2.warpAffine(change, np.array([[1, 0, -velocity * t], [0, 1, 0]]), (width, height))
            for change, t in zip(changes, times, strict=True)
        ]
        return float((np.mean(shifted, axis=0) ** 2).sum())

    return float(max(VELOCITIES, key=agreement))


def _paint_boat(seed: int) -> tuple[UInt8[np.ndarray, "t h w 3"], str] | None:
    cv2.setNumThreads(1)
    clip = paint_clip(seed, frames=8, composition="lake", boat="boat" if seed % 2 else "sailboat")
    for element in clip.attributes.elements:
        if element.kind in ("boat", "sailboat") and element.motion in ("left", "right"):
            return clip.frames, element.motion
    return None


def painted_boats(
    seeds: Sequence[int], processes: int
) -> list[tuple[UInt8[np.ndarray, "t h w 3"], str]]:
    """Painted clips with a drifting boat, in any weather and with any camera, and where it goes."""
    with one_thread_each(), get_context("spawn").Pool(processes) as pool:
        found = list(tqdm(pool.imap(_paint_boat, seeds), total=len(seeds), desc="painting boats"))
    return [boat for boat in found if boat is not None]
