"""A sheet of single pictures by a base alone, unselected: what a base has learned, before motion.

    python benchmarks/stills.py MODEL [--size 512x512] [--guidance 4] [--steps 12] --out SHEET.jpg

MODEL is a diffusers folder. The prompts are those of sheet.py, each with its own seed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
from PIL import Image

from fixed_prompts import PROMPTS

MARGIN = 4  # pixels between pictures


def pictures(
    pipeline: StableDiffusionPipeline,
    prompts: tuple[str, ...],
    size: tuple[int, int],
    steps: int,
    guidance: float,
) -> list[Image.Image]:
    """A picture of each prompt, by its place in the list as seed."""
    pipeline.scheduler = DPMSolverMultistepScheduler.from_config(
        pipeline.scheduler.config, timestep_spacing="trailing"
    )
    seeds = [torch.Generator().manual_seed(number) for number in range(len(prompts))]
    width, height = size
    found: list[Image.Image] = pipeline(
        list(prompts),
        width=width,
        height=height,
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=seeds,
    ).images
    return found


def sheet(pictures: list[Image.Image], columns: int, side: int) -> Image.Image:
    """The pictures in rows, each `side` pixels high."""
    scaled = []
    for picture in pictures:
        width = round(picture.width * side / picture.height)
        small = picture.resize((width, side), Image.Resampling.LANCZOS)
        border = ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))
        scaled.append(np.pad(np.asarray(small), border, constant_values=255))
    rows = [np.concatenate(scaled[i : i + columns], axis=1) for i in range(0, len(scaled), columns)]
    return Image.fromarray(np.concatenate(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("model", type=Path)
    parser.add_argument("--size", default="512x512", metavar="WIDTHxHEIGHT")
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--height", type=int, default=320, help="of a picture on the sheet")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    pipeline = StableDiffusionPipeline.from_pretrained(arguments.model, torch_dtype=torch.bfloat16)
    pipeline.to(arguments.device)
    width, height = (int(side) for side in arguments.size.split("x"))
    found = pictures(pipeline, PROMPTS, (width, height), arguments.steps, arguments.guidance)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    sheet(found, arguments.columns, arguments.height).save(arguments.out, quality=90)


if __name__ == "__main__":
    main()
