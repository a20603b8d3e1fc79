"""Painted scenes that no model was trained on, and what a caption tells of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from conclvd.errors import InvalidRequest
from conclvd.paint.clip import PaintedClip, paint_clip
from conclvd.paint.words.captions import Plan, planned_caption
from conclvd.workers import each

FIRST_SEED: Final = 500_000
HELD_OUT_BELOW: Final = 10_000_000  # training paints from here on
FRAMES: Final = 8


@dataclass(frozen=True)
class HeldOut:
    """A painted clip of 8 frames at 256², with one caption and the facts it tells."""

    clip: PaintedClip
    caption: str
    plan: Plan


def held_out(seed: int) -> HeldOut:
    """Paint the scene of `seed`; odd ones have an English caption, even ones a Chinese."""
    clip = paint_clip(seed, frames=FRAMES)
    rng = np.random.default_rng([seed, zlib.crc32(b"held-out caption")])
    text, plan = planned_caption(clip.attributes, rng, "en" if seed % 2 else "zh")
    return HeldOut(clip, text, plan)


def held_out_captions(
    count: int, first_seed: int, *, workers: int | None, report: Callable[[int, int], None]
) -> list[str]:
    """The captions of `count` scenes from `first_seed` on, in the order of their seeds.

    Raises InvalidRequest for scenes that training may have seen.
    """
    if first_seed < 0 or first_seed + count > HELD_OUT_BELOW:
        raise InvalidRequest(
            f"scenes {first_seed} to {first_seed + count - 1} are not held out; stay from 0 to "
            f"{HELD_OUT_BELOW - 1}"
        )
    report(0, count)
    captions: dict[int, str] = {}
    for seed, caption in each(_caption_of, range(first_seed, first_seed + count), workers):
        captions[seed] = caption
        report(len(captions), count)
    return [captions[seed] for seed in sorted(captions)]


def _caption_of(seed: int) -> tuple[int, str]:
    """What a process of many sends back: no frames."""
    return seed, held_out(seed).caption
