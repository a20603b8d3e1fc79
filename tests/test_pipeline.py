"""The pipeline as diffusers' users meet it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import AnimateDiffPipeline, DiffusionPipeline, MotionAdapter

from conclvd.errors import ModelError
from conclvd.generate.pipeline import ConCLVDPipeline
from conclvd.models.attention import SPARSE_CAUSAL, SparseCausalAttention, VersatileAttention
from conclvd.models.base import Base
from conclvd.models.motion import ANIMATEDIFF, MotionModule, attach, motion_blocks
from conclvd.models.weights import save_motion_module
from tiny import SIZE, tiny_motion, tiny_unet

CALL: dict[str, Any] = {"num_frames": 3, "num_inference_steps": 2, "output_type": "np"}


def second_attentions(pipeline: ConCLVDPipeline) -> set[type]:
    return {type(block.attn2.processor) for block in motion_blocks(pipeline.unet)}


def frames_of(pipeline: ConCLVDPipeline) -> np.ndarray:
    import torch

    pipeline.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(0)
    frames: np.ndarray = pipeline("a boat", generator=generator, **CALL).frames[0]
    return frames


@pytest.fixture(scope="module")
def pipeline(base_folder: Path) -> ConCLVDPipeline:
    return ConCLVDPipeline.from_pretrained(base_folder)


def test_a_stable_diffusion_folder_with_a_module_is_a_pipeline(pipeline: ConCLVDPipeline) -> None:
    assert isinstance(pipeline.motion_adapter, MotionModule)
    assert second_attentions(pipeline) == {SparseCausalAttention}


def test_it_is_called_as_in_diffusers(pipeline: ConCLVDPipeline) -> None:
    frames = frames_of(pipeline)
    assert frames.shape == (3, SIZE, SIZE, 3)
    assert frames.std() > 0.01


def test_a_saved_pipeline_loads_and_makes_the_same(
    pipeline: ConCLVDPipeline, tmp_path: Path
) -> None:
    pipeline.save_pretrained(tmp_path)
    loaded = ConCLVDPipeline.from_pretrained(tmp_path)
    assert isinstance(loaded, DiffusionPipeline)
    assert second_attentions(loaded) == {SparseCausalAttention}
    assert np.array_equal(frames_of(loaded), frames_of(pipeline))


def test_a_saved_pipeline_does_not_open_as_animatediff(
    pipeline: ConCLVDPipeline, tmp_path: Path
) -> None:
    """It would run, and make another video."""
    pipeline.save_pretrained(tmp_path)
    with pytest.raises((TypeError, ValueError)):
        AnimateDiffPipeline.from_pretrained(tmp_path)


def test_another_module_may_be_given(base_folder: Path) -> None:
    module = tiny_motion(ANIMATEDIFF)
    pipeline = ConCLVDPipeline.from_pretrained(base_folder, motion_adapter=module)
    assert second_attentions(pipeline) == {VersatileAttention}


def parts(base: Base) -> dict[str, Any]:
    return {
        "vae": base.vae,
        "text_encoder": base.text_encoder,
        "tokenizer": base.tokenizer,
        "unet": tiny_unet(),
        "scheduler": base.scheduler,
    }


def test_a_pipeline_without_motion_is_refused(base: Base) -> None:
    with pytest.raises(ModelError, match="motion module"):
        ConCLVDPipeline(**parts(base), motion_adapter=None)


def test_our_module_opened_by_diffusers_keeps_its_attention(base: Base) -> None:
    adapter = MotionAdapter.from_pretrained(base.motion)
    pipeline = ConCLVDPipeline(**parts(base), motion_adapter=adapter)
    assert second_attentions(pipeline) == {SparseCausalAttention}


def test_our_module_that_lost_its_attention_is_refused_by_name(base: Base) -> None:
    settings = {k: v for k, v in tiny_motion().config.items() if k != "attention_kinds"}
    adapter = MotionAdapter.from_config(settings)
    adapter.register_to_config(_name_or_path=str(base.motion))
    with pytest.raises(ModelError, match="sparse-causal"):
        ConCLVDPipeline(**parts(base), motion_adapter=adapter)


@pytest.mark.parametrize("image", [True, False])
def test_our_module_that_lost_its_added_attention_is_refused_by_name(
    base: Base, tmp_path: Path, image: bool
) -> None:
    """Its config still names it; the pipeline gets an image U-Net, or a video U-Net."""
    module = tiny_motion((*ANIMATEDIFF, SPARSE_CAUSAL))
    save_motion_module(module, tmp_path)
    adapter = MotionAdapter.from_pretrained(tmp_path)
    unet = tiny_unet() if image else attach(tiny_unet(), module)
    with pytest.raises(ModelError, match=f"{tmp_path} .*MotionModule"):
        ConCLVDPipeline(**{**parts(base), "unet": unet}, motion_adapter=adapter)
