"""The methods of a comparison, one by one, with tiny weights in each one's own form."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AnimateDiffPipeline, TextToVideoSDPipeline, UNet3DConditionModel
from safetensors.torch import save_file

from comparing import Compare
from conclvd.compare import maker, making
from conclvd.compare.making import Asked
from conclvd.compare.memory import forget_peak, peak_gib
from conclvd.compare.methods import LCM_LORA, LIGHTNING_FILE, methods_called
from conclvd.compare.motion import load_animatelcm, load_lightning
from conclvd.errors import ModelError
from conclvd.evaluate.records import read_videos
from conclvd.generate.generator import Generator, no_progress
from conclvd.generate.request import Request
from conclvd.models.attention import VERSATILE
from conclvd.models.weights import save_motion_module
from conclvd.video.probe import probe
from tiny import (
    GROUPS,
    SIZE,
    TEXT_WIDTH,
    tiny_base,
    tiny_motion,
    tiny_scheduler,
    tiny_text_encoder,
    tiny_tokenizer,
    tiny_unet,
    tiny_vae,
)

# diffusers' sigma samplers hand torch tensors to numpy 2 in a way that it warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


REQUEST = Request("-", frames=2, interpolation="none", device="cpu", dtype="float32")
BOAT = [Asked("a boat", 1)]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (torch.OutOfMemoryError("CUDA out of memory\nmore"), "CUDA out of memory"),
        (MemoryError(), "MemoryError"),
        (ValueError("2 sides differ"), "2 sides differ"),
        (TypeError("no number"), "no number"),
    ],
)
def test_whatever_goes_wrong_is_a_failure_of_the_method(error: Exception, told: str) -> None:
    with pytest.raises(making.MethodFailed, match=f"^{told}$"), maker.failures():
        raise error


def test_ctrl_c_is_no_failure_of_a_method() -> None:
    with pytest.raises(KeyboardInterrupt), maker.failures():
        raise KeyboardInterrupt


def animatelcm_folder(folder: Path, base_folder: Path) -> Path:
    """A tiny module and, as AnimateLCM has it, a LoRA for the image layers."""
    from peft import LoraConfig, get_peft_model_state_dict

    save_motion_module(tiny_motion((VERSATILE, VERSATILE)), folder)
    unet = Generator.load(str(base_folder), device="cpu").pipeline.unet
    torch.manual_seed(0)
    unet.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=r".*attentions.*to_q"))
    AnimateDiffPipeline.save_lora_weights(
        folder, unet_lora_layers=get_peft_model_state_dict(unet), weight_name=LCM_LORA
    )
    return folder


@pytest.mark.slow
def test_animatelcm_runs_with_its_lora_and_sampler(base_folder: Path, tmp_path: Path) -> None:
    folder = animatelcm_folder(tmp_path / "lcm", base_folder)
    request = Request(**{**vars(REQUEST), "model": str(base_folder)})
    method = load_animatelcm(request, folder)
    assert (method.request.scheduler, method.request.steps) == ("lcm", 6)
    assert method.request.guidance_scale == 1.5
    sample = method.sample(BOAT, no_progress)[0]
    assert sample.recipe is None  # there is no word for the LoRA in it
    assert np.array_equal(method.sample(BOAT, no_progress)[0].frames, sample.frames)
    plain = Generator.load(str(base_folder), str(folder), device="cpu", dtype="float32")
    bare = plain.generate(Request(**{**vars(method.request), "prompt": "a boat", "seed": 1}))
    assert not np.array_equal(bare.frames, sample.frames)
    weights = method.settings["weights"]
    assert isinstance(weights, dict)
    assert "lora" in weights
    (folder / LCM_LORA).unlink()
    with pytest.raises(ModelError, match=LCM_LORA):
        load_animatelcm(request, folder)


@pytest.mark.slow
def test_lightning_runs_from_its_own_file(tmp_path: Path) -> None:
    channels = (32, 32, 64, 64)  # a module in one file does not tell its groups: they are 32
    base = tiny_base(tmp_path / "base", vocabulary=False)
    shutil.rmtree(base / "motion_adapter")
    tiny_unet(channels=channels).save_pretrained(base / "unet")
    weights = tiny_motion((VERSATILE, VERSATILE), channels=channels).state_dict()
    file = tmp_path / LIGHTNING_FILE
    save_file({name: value.contiguous() for name, value in weights.items()}, file)
    request = Request(**{**vars(REQUEST), "model": str(base)})
    for given in (tmp_path, file):
        method = load_lightning(request, given)
        asked = method.request
        assert (asked.scheduler, asked.steps, asked.guidance_scale) == ("euler-trailing", 4, 1.0)
    assert method.sample(BOAT, no_progress)[0].frames.std() > 1
    times = method.generator.pipeline.scheduler.timesteps
    assert [round(float(time)) for time in times] == [999, 749, 499, 249]
    file.rename(tmp_path / "animatediff_lightning_2step_comfyui.safetensors")
    two = load_lightning(request, tmp_path / "animatediff_lightning_2step_comfyui.safetensors")
    assert two.request.steps == 2


@pytest.mark.slow
def test_modelscope_runs_through_diffusers(compare: Compare, tmp_path: Path) -> None:
    torch.manual_seed(0)
    unet = UNet3DConditionModel(
        sample_size=SIZE // 8,
        block_out_channels=(GROUPS, 2 * GROUPS),
        layers_per_block=1,
        norm_num_groups=GROUPS,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
    )
    TextToVideoSDPipeline(
        vae=tiny_vae(),
        text_encoder=tiny_text_encoder(),
        tokenizer=tiny_tokenizer(),
        unet=unet,
        scheduler=tiny_scheduler(),
    ).save_pretrained(tmp_path / "modelscope")
    code, out, err = compare("--methods", "modelscope", "--motion", "modelscope=modelscope")
    assert code == 0, (out, err)
    folder = tmp_path / "out" / "modelscope"
    assert len(read_videos(folder)) == 2
    seen = probe(folder / "0001-s0.mp4")
    assert (seen.frames, seen.width) == (2, SIZE)
    before = (folder / "0000-s0.mp4").read_bytes()
    (folder / "0000-s0.mp4").unlink()
    assert compare("--methods", "modelscope", "--motion", "modelscope=modelscope")[0] == 0
    assert (folder / "0000-s0.mp4").read_bytes() == before  # the same seed, the same video
    (tmp_path / "modelscope/vae/diffusion_pytorch_model.safetensors").unlink()
    code, out, _ = compare("--methods", "modelscope", "--motion", "modelscope=modelscope")
    assert code == 1
    assert "vae/diffusion_pytorch_model.safetensors is missing" in out


def test_peak_memory_is_of_one_video_alone() -> None:
    cpu = torch.device("cpu")
    forget_peak(cpu)
    before = peak_gib(cpu)
    assert before is not None
    block = torch.ones(1 << 26)  # a quarter of a GiB
    assert block.sum() > 0
    del block
    peak = peak_gib(cpu)
    assert peak is not None
    assert peak - before > 0.2
    forget_peak(cpu)
    after = peak_gib(cpu)
    assert after is not None
    assert after < peak - 0.2


def test_names_are_found_as_people_write_them() -> None:
    assert [m.name for m in methods_called(["Without SC-Attn", " AnimateLCM"])] == [
        "without SC-Attn",
        "AnimateLCM",
    ]
