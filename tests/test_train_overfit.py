"""Does it learn? Four painted clips, the embedded base, the embedded motion module to start from.

`benchmarks/overfit.py` is the long form, up to generated clips.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.models.motion import MotionModule, attach
from conclvd.models.source import ink_mini
from conclvd.models.weights import load_motion_module
from conclvd.paint.clip import paint_clip
from conclvd.train.device import new_accelerator
from conclvd.train.loop import train
from conclvd.train.losses import add_noise
from conclvd.train.objective import fixed_batch
from conclvd.train.prepare import Materials, prepare
from conclvd.train.settings import TrainSettings, read_settings
from conclvd.video.write import write_video

PANS = (10_000_019, 10_000_039, 10_000_017, 10_000_049)  # two to the left, two to the right
FRAMES = 8


@pytest.fixture
def settings(tmp_path: Path) -> TrainSettings:
    rows = []
    for seed in PANS:
        clip = paint_clip(seed, frames=FRAMES, width=64, height=64, fps=1.5)
        write_video(tmp_path / f"{seed}.mp4", clip.frames, Fraction(6))
        rows.append({"file_name": f"{seed}.mp4", "text": clip.caption_en})
    (tmp_path / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = {
        "train_data_dir": tmp_path,
        "output_dir": tmp_path / "run",
        "motion_module_name_or_path": "ink-mini",
        "resolution": 64,
        "sample_stride": 1,
        "num_frames": FRAMES,
        "train_batch_size": 4,
        "max_train_steps": 30,
        "learning_rate": 1e-3,
        "lr_warmup_steps": 5,
        "use_ema": False,
        "proportion_empty_prompts": 0.0,
        "validation_prompt": [],
        "report_to": "none",
        "adapter_hidden_size": 32,
        "caption_column": ["text"],
    }
    return read_settings("ink-mini", given)


@torch.no_grad()
def losses(
    materials: Materials, module: MotionModule, *, backwards: bool
) -> Float[Tensor, "clips quarters"]:
    """L_diff of each clip at fixed noise; backwards, the same frames move the other way."""
    unet = attach(materials.unet, module).eval()
    found = []
    for number, window in enumerate(materials.training):
        scale = {"diffusion_steps": 1000, "scaling_factor": materials.scaling_factor}
        batch = fixed_batch(str(number), window, **scale)
        clean = batch.latents.flip(1) if backwards else batch.latents
        noisy = add_noise(clean, batch.noise, materials.alphas[batch.steps])
        states = batch.states.repeat_interleave(FRAMES, 0)
        predicted = unet(noisy.transpose(1, 2), batch.steps, states).sample.transpose(1, 2)
        found.append((predicted - batch.noise).square().flatten(1).mean(1))
    return torch.stack(found)


@pytest.mark.slow
def test_four_clips_are_learned_with_the_way_they_move(settings: TrainSettings) -> None:
    outcome = train(settings)
    materials = prepare(settings, new_accelerator(settings), lambda *_: None)
    before = load_motion_module(ink_mini() / "motion_adapter")
    after = load_motion_module(outcome.module)
    first = losses(materials, before, backwards=False).mean()
    last = losses(materials, after, backwards=False)
    assert last.mean() < 0.93 * first  # 0.90 when this was written
    # Only the order of the frames differs. Before, it was worth -0.003 to 0.002 of the loss of a
    # clip, 0.0003 in the mean; afterwards 0.003 to 0.008.
    order = losses(materials, after, backwards=True) - last
    assert (order.mean(1) > 0).all()
    assert order.mean() > 0.003
