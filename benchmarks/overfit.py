"""Does a motion module learn four painted clips by heart, up to the way generated ones move?

    python benchmarks/overfit.py --out DIR [--steps 1500] [--side 128]

Two clips pan to the left and two to the right. The embedded base, a new module, no guidance: a
generated clip should move as the clip of its caption does, which is in its direction and at least
at a quarter of its speed; the exit code is 1 when one does not. Flow is DIS's, horizontal, the
median over the picture, mean over the frames, in pixels a frame. A quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from conclvd.interpolation.flow import DisFlow
from conclvd.paint.clip import paint_clip
from conclvd.tensors import Frames
from conclvd.train.journal import read_log
from conclvd.train.loop import train
from conclvd.train.settings import read_settings
from conclvd.train.validation import validation_folder
from conclvd.video.read import read_frames
from conclvd.video.write import write_video
from report import report

PANS = (10_000_019, 10_000_039, 10_000_017, 10_000_049)
LEAST = 0.25  # of the painted clip's speed; a still clip's flow has a direction too, by chance


def sideways(frames: Frames) -> float:
    """Median horizontal flow, mean over the pairs of neighbouring frames."""
    estimate = DisFlow()
    return float(np.mean([np.median(estimate(a, b)[..., 0]) for a, b in pairwise(frames)]))


def agree(wanted: float, found: float) -> bool:
    """Whether a generated clip moves as its painted one does; pixels a frame, signed."""
    return found * wanted >= LEAST * wanted**2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--side", type=int, default=128)
    arguments = parser.parse_args()
    data = arguments.out / "clips"
    data.mkdir(parents=True, exist_ok=True)
    rows, painted = [], []
    for seed in PANS:
        clip = paint_clip(seed, frames=8, width=arguments.side, height=arguments.side, fps=1.5)
        write_video(data / f"{seed}.mp4", clip.frames, Fraction(6))
        rows.append({"file_name": f"{seed}.mp4", "text": clip.caption_en})
        painted.append(clip.frames)
    (data / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = read_settings(
        "ink-mini",
        {
            "train_data_dir": data,
            "output_dir": arguments.out / "run",
            "caption_column": ["text"],
            "resolution": arguments.side,
            "sample_stride": 1,
            "train_batch_size": 4,
            "max_train_steps": arguments.steps,
            "learning_rate": 1e-3,
            "lr_warmup_steps": min(100, arguments.steps // 10),
            "proportion_empty_prompts": 0.0,
            "validation_prompt": [row["text"] for row in rows],
            "validation_steps": arguments.steps,
            "validation_guidance_scale": 1.0,
            "report_to": "none",
        },
    )
    if not train(settings).finished:
        sys.exit("stopped before its end; the same command goes on")
    folder = validation_folder(settings.output_dir, arguments.steps)
    made = [np.stack(list(read_frames(path))) for path in sorted(folder.glob("*.mp4"))]
    log = [row for row in read_log(settings.output_dir) if "loss_diff" in row]
    figures: dict[str, object] = {
        "first L_diff": log[0]["loss_diff"],
        "last L_diff": float(np.mean([row["loss_diff"] for row in log[-10:]])),
    }
    agreeing = 0
    for seed, wanted, found in zip(PANS, painted, made, strict=True):
        flows = sideways(wanted), sideways(found)
        agreeing += agree(*flows)
        figures[f"{seed}: painted, generated flow"] = f"{flows[0]:.2f}, {flows[1]:.2f}"
        difference = np.abs(found.astype(int) - wanted).mean()
        figures[f"{seed}: mean difference of pixels"] = float(difference)
    figures["clips that move as painted"] = f"{agreeing} of {len(PANS)}"
    report("overfit", figures)
    if agreeing < len(PANS):
        sys.exit(1)


if __name__ == "__main__":
    main()
