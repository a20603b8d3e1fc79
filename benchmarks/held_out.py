"""Held-out scenes and what a caption tells of them: seeds that no model was trained on."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from tqdm import tqdm

from conclvd.paint.captions import Plan, planned_caption
from conclvd.paint.clip import PaintedClip, paint_clip


@dataclass(frozen=True)
class HeldOut:
    """A painted clip of 8 frames at 256², with one caption and the facts it tells."""

    clip: PaintedClip
    caption: str
    plan: Plan


def _paint(seed: int) -> HeldOut:
    import cv2

    cv2.setNumThreads(1)
    clip = paint_clip(seed, frames=8)
    rng = np.random.default_rng([seed, zlib.crc32(b"held-out caption")])
    text, plan = planned_caption(clip.attributes, rng, "en" if seed % 2 else "zh")
    return HeldOut(clip, text, plan)


def held_out_clips(seeds: Sequence[int], processes: int) -> list[HeldOut]:
    """Paint the clips of `seeds`, odd ones with an English caption, even ones with a Chinese."""
    with get_context("spawn").Pool(processes) as pool:
        return list(tqdm(pool.imap(_paint, seeds), total=len(seeds), desc="painting", unit="clip"))
