"""Which way a boat drifts: how the place moves at which the probe sees a boat.

Flow does not tell it: rippling water, petals and rain move more than a small boat does. What holds
together best when shifted does not either, in generated clips: banks and trees flicker. The probe
was trained on painted frames alone to say whether there is a boat; its gradient says where. Frames
are first brought to rest against the camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from multiprocessing import get_context

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from tqdm import tqdm

from conclvd.generate.pixels import to_model_range
from conclvd.models.probe import Probe, load_probe
from conclvd.models.source import ink_mini
from conclvd.paint.clip import paint_clip
from conclvd.workers import one_thread_each

KINDS = ("boat", "sailboat")
STAGE = 4  # of the probe's five: its features are at 1/16 then
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


def places(probe: Probe, video: UInt8[np.ndarray, "t h w 3"]) -> Float[np.ndarray, "t y x"]:
    """How much each place of each frame says of a boat being there: HiResCAM, at 1/16.

    That is gradient times activation, summed over channels, where positive.
    """
    with torch.no_grad():
        seen = probe.body[:STAGE](probe.resized(to_model_range(torch.from_numpy(video))))
    seen.requires_grad_(True)
    rest = probe.body[STAGE:](seen)
    columns = [probe.presence.index(kind) for kind in KINDS]
    logits = probe.answers(rest)["presence"][:, columns].amax(1)
    (gradient,) = torch.autograd.grad(logits.sum(), seen)
    told: Float[np.ndarray, "t y x"] = (gradient * seen.detach()).sum(1).clamp(min=0).numpy()
    return told


def drift(video: UInt8[np.ndarray, "t h w 3"]) -> float:
    """Sideways velocity of what the probe takes for a boat, in pixels a frame; right positive.

    NaN where it sees none in the lower part of some frame.
    """
    found = places(_probe(), steady(video))
    low = found[:, int(TOP * found.shape[1]) :]
    across = (np.arange(low.shape[2]) + 0.5) / low.shape[2] * video.shape[2]
    weights = low.sum(1)
    with np.errstate(invalid="ignore"):
        centres = (weights * across).sum(1) / weights.sum(1)
    times = np.arange(len(video)) - (len(video) - 1) / 2
    return float((centres * times).sum() / (times**2).sum())


@cache
def _probe() -> Probe:
    return load_probe(ink_mini() / "probe.safetensors")


def _paint_boat(seed: int) -> tuple[UInt8[np.ndarray, "t h w 3"], str] | None:
    cv2.setNumThreads(1)
    clip = paint_clip(seed, frames=8, composition="lake", boat="boat" if seed % 2 else "sailboat")
    for element in clip.attributes.elements:
        if element.kind in KINDS and element.motion in ("left", "right"):
            return clip.frames, element.motion
    return None


def painted_boats(
    seeds: Sequence[int], processes: int
) -> list[tuple[UInt8[np.ndarray, "t h w 3"], str]]:
    """Painted clips with a drifting boat, in any weather and with any camera, and where it goes."""
    with one_thread_each(), get_context("spawn").Pool(processes) as pool:
        found = list(tqdm(pool.imap(_paint_boat, seeds), total=len(seeds), desc="painting boats"))
    return [boat for boat in found if boat is not None]
