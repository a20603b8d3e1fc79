"""Many videos at once: what the benchmarks measure, made by the shipped pipeline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import UInt8
from tqdm import tqdm

from conclvd.generate.cpu import keep_freed_memory
from conclvd.generate.generator import Generator


def generate_keyframes(
    generator: Generator,
    prompts: Sequence[str],
    *,
    batch: int = 1,
    frames: int = 8,
    steps: int = 25,
    guidance_scale: float = 8.0,
    first_seed: int = 0,
) -> UInt8[np.ndarray, "b t h w 3"]:
    """Keyframes of every prompt, seeds counted up from `first_seed`, without interpolation."""
    keep_freed_memory()
    pipeline = generator.pipeline
    pipeline.scheduler = generator.scheduler
    found = []
    for start in tqdm(range(0, len(prompts), batch), desc="generating", unit="batch"):
        part = list(prompts[start : start + batch])
        seeds = range(first_seed + start, first_seed + start + len(part))
        with torch.inference_mode():
            video = pipeline(
                prompt=part,
                num_frames=frames,
                num_inference_steps=steps,
                guidance_scale=guidance_scale,
                generator=[torch.Generator().manual_seed(seed) for seed in seeds],
                output_type="pt",
                decode_chunk_size=16,
            ).frames
        pixels = (video.float().clamp(0, 1) * 255).round().byte()
        found.append(pixels.permute(0, 1, 3, 4, 2).cpu().numpy())
    return np.concatenate(found)
