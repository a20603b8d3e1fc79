"""Held-out scenes and what a caption tells of them: seeds that no model was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import get_context

from tqdm import tqdm

from conclvd.compare.painted_prompts import HeldOut, held_out
from conclvd.workers import one_thread_each

__all__ = ["HeldOut", "held_out_clips"]


def _paint(seed: int) -> HeldOut:
    import cv2

    cv2.setNumThreads(1)
    return held_out(seed)


def held_out_clips(seeds: Sequence[int], processes: int) -> list[HeldOut]:
    """Paint the clips of `seeds`, odd ones with an English caption, even ones with a Chinese."""
    with one_thread_each(), get_context("spawn").Pool(processes) as pool:
        return list(tqdm(pool.imap(_paint, seeds), total=len(seeds), desc="painting", unit="clip"))
