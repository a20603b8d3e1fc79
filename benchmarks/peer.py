"""The peer of `speed.py`: diffusers' own AnimateDiffPipeline on ink-mini's weights.

Both attentions of its motion blocks are temporal ones, as AnimateDiff has them; the weights are
the same. Writes 8 frames as a gif to the path given.
"""

from __future__ import annotations

import sys

import torch
from diffusers import AnimateDiffPipeline, MotionAdapter
from diffusers.utils import export_to_gif
from safetensors.torch import load_file

from conclvd.models.source import ink_mini


def main() -> None:
    folder = ink_mini()
    config = MotionAdapter.load_config(folder / "motion_adapter")
    config = {k: v for k, v in config.items() if k != "attention_kinds" and k[0] != "_"}
    adapter = MotionAdapter(**config)
    adapter.load_state_dict(
        load_file(folder / "motion_adapter/diffusion_pytorch_model.safetensors")
    )
    pipeline = AnimateDiffPipeline.from_pretrained(
        folder, motion_adapter=adapter.float(), torch_dtype=torch.float32
    )
    frames = pipeline(
        "a boat drifts to the left on a misty lake",
        num_frames=8,
        num_inference_steps=25,
        guidance_scale=8.0,
        generator=torch.Generator().manual_seed(0),
    ).frames[0]
    export_to_gif(frames, sys.argv[1])


if __name__ == "__main__":
    main()
