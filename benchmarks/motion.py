"""How much generated videos move, and whether 'drifts to the left' goes left.

    python benchmarks/motion.py [--count 100] [--drift 50] [--device auto] [--batch 1]

Flow is found by DIS on generated and on painted clips of the same held-out captions. Where a boat
drifts is measured by drift.py, and beside it how often that is right on painted boats.
"""

from __future__ import annotations

import argparse
from itertools import pairwise

import numpy as np
from jaxtyping import UInt8

from conclvd.generate.generator import Generator
from conclvd.interpolation.flow import DisFlow
from conclvd.models.source import EMBEDDED
from drift import drift, painted_boats
from held_out import held_out_clips
from report import report
from sampling import generate_keyframes

FIRST_SEED = 600_000
TONES = (
    "ink wash",
    "misty grey-blue",
    "blue-green and gold",
    "jade green",
    "sepia silk",
    "golden autumn",
    "at dawn",
    "at dusk",
    "moonlit night",
    "snowy winter",
)
SUBJECTS = ("a boat", "a sailboat", "a small boat with a fisherman", "a covered boat", "一叶扁舟")


def drift_prompt(index: int, direction: str) -> str:
    """One of the fixed prompts of a boat that drifts 'left' or 'right'."""
    tone, subject = TONES[index % len(TONES)], SUBJECTS[index // len(TONES) % len(SUBJECTS)]
    if subject == "一叶扁舟":
        return f"山水画，湖面平静，{subject}向{'左' if direction == 'left' else '右'}漂去"
    return f"Chinese landscape painting, {tone}, a calm lake, {subject} drifts to the {direction}"


def mean_flow(video: UInt8[np.ndarray, "t h w 3"]) -> float:
    """Mean length of the flow between neighbouring frames, in pixels."""
    find = DisFlow()
    flows = [find(a, b) for a, b in pairwise(video)]
    return float(np.mean([np.linalg.norm(flow, axis=-1).mean() for flow in flows]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=100, help="held-out captions")
    parser.add_argument("--drift", type=int, default=50, help="prompts of drifting boats")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, default=1, help="videos at once")
    parser.add_argument("--processes", type=int, default=2, help="painting processes")
    arguments = parser.parse_args()
    generator = Generator.load(EMBEDDED, device=arguments.device)
    clips = held_out_clips(range(FIRST_SEED, FIRST_SEED + arguments.count), arguments.processes)
    videos = generate_keyframes(generator, [c.caption for c in clips], batch=arguments.batch)
    ratios = [mean_flow(v) / mean_flow(c.clip.frames) for v, c in zip(videos, clips, strict=True)]
    figures: dict[str, object] = {
        "mean flow, generated (px)": float(np.mean([mean_flow(v) for v in videos])),
        "mean flow, painted (px)": float(np.mean([mean_flow(c.clip.frames) for c in clips])),
        "flow ratio, median": float(np.median(ratios)),
        "flow ratio within 0.5 to 2": float(np.mean([0.5 <= r <= 2 for r in ratios])),
    }
    for direction, sign in (("left", -1), ("right", 1)):
        prompts = [drift_prompt(i, direction) for i in range(arguments.drift)]
        videos = generate_keyframes(generator, prompts, batch=arguments.batch)
        drifts = [sign * drift(v) for v in videos]
        figures[f"drifts {direction}, as told"] = float(np.mean([d > 0 for d in drifts]))
    boats = painted_boats(range(FIRST_SEED + 10_000, FIRST_SEED + 10_080), arguments.processes)
    right = sum((drift(frames) > 0) == (motion == "right") for frames, motion in boats)
    figures["painted boats, this measure right"] = f"{right} of {len(boats)}"
    report("motion", figures)


if __name__ == "__main__":
    main()
