"""From a request to frames, with a tiny random model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from conclvd.errors import InvalidRequest, ModelError
from conclvd.generate.cpu import PixelwiseVersatileAttention, keep_freed_memory
from conclvd.generate.device import choose_device, choose_dtype, cpu_has_bf16
from conclvd.generate.generator import Generator
from conclvd.generate.halves import InHalves
from conclvd.generate.pixels import to_frames
from conclvd.generate.recipe import differences
from conclvd.generate.request import SCHEDULERS, Request
from conclvd.generate.schedulers import scheduler_named
from conclvd.models.attention import SparseCausalAttention
from conclvd.models.base import Base
from conclvd.models.motion import motion_blocks
from tiny import SIZE, tiny_base

# diffusers' sigma samplers hand torch tensors to numpy 2 in a way that it warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

REQUEST = Request("a misty boat", frames=3, steps=2, seed=1, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def generator(base_folder: Path) -> Generator:
    return Generator.load(str(base_folder), device="cpu", dtype="float32")


def test_keyframes_and_what_is_between(generator: Generator) -> None:
    video = generator.generate(REQUEST)
    assert video.frames.shape == (5, SIZE, SIZE, 3)
    assert video.frames.dtype == np.uint8
    assert video.fps == 12
    keyframes = generator.generate(replace(REQUEST, interpolation="none"))
    assert keyframes.fps == 6
    assert np.array_equal(video.frames[::2], keyframes.frames)


def test_the_same_seed_is_the_same_video(generator: Generator, base_folder: Path) -> None:
    first = generator.generate(REQUEST).frames
    generator.generate(replace(REQUEST, scheduler="euler-a", seed=9))
    assert np.array_equal(generator.generate(REQUEST).frames, first)
    fresh = Generator.load(str(base_folder), device="cpu", dtype="float32")
    assert np.array_equal(fresh.generate(REQUEST).frames, first)


@pytest.mark.parametrize("scheduler", ["ddim", "euler-a"])
def test_videos_made_together_are_those_made_alone(generator: Generator, scheduler: str) -> None:
    first = replace(REQUEST, scheduler=scheduler, negative_prompt="mountains")
    requests = [first, replace(first, prompt="mountains", seed=2), replace(first, seed=3)]
    together = generator.generate_together(requests)
    for request, made in zip(requests, together, strict=True):
        alone = generator.generate(request)
        assert np.abs(made.frames.astype(int) - alone.frames).max() <= 1  # rounding to bytes
        assert made.recipe == alone.recipe
    assert np.abs(together[0].frames.astype(int) - together[2].frames).mean() > 1


def test_only_prompts_and_seeds_may_differ_within_a_batch(generator: Generator) -> None:
    with pytest.raises(InvalidRequest, match="prompt and seed"):
        generator.generate_together([REQUEST, replace(REQUEST, steps=3)])


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"prompt": "mountains"},
        {"negative_prompt": "mountains"},
        {"guidance_scale": 3.0},
        {"guidance_scale": 1.0},
        {"steps": 3},
        {"scheduler": "dpm++"},
    ],
)
def test_every_setting_acts(generator: Generator, change: dict[str, object]) -> None:
    base = replace(REQUEST, interpolation="none")
    changed = generator.generate(replace(base, **change)).frames
    assert not np.array_equal(changed, generator.generate(base).frames)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler_is_reproducible(generator: Generator, scheduler: str) -> None:
    request = replace(REQUEST, scheduler=scheduler, steps=4, frames=2)
    first, second = (generator.generate(request).frames for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler_has_the_linear_betas(base: Base, scheduler: str) -> None:
    betas = torch.linspace(0.00085, 0.012, 1000)  # docs/method.md section 1
    assert base.scheduler.config.beta_schedule == "scaled_linear"
    torch.testing.assert_close(scheduler_named(scheduler, base.scheduler).betas, betas)


def test_a_cpu_computes_versatile_attention_along_the_pixels(generator: Generator) -> None:
    blocks = motion_blocks(generator.pipeline.unet)
    assert {type(block.attn1.processor) for block in blocks} == {PixelwiseVersatileAttention}
    assert {type(block.attn2.processor) for block in blocks} == {SparseCausalAttention}


@pytest.fixture
def use_threads() -> Iterator[Callable[[int], None]]:
    """All other tests have one (conftest.py)."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_two_cores_share_the_guidance(base_folder: Path, use_threads) -> None:  # type: ignore[no-untyped-def]
    made = []
    for count in (1, 2):
        use_threads(count)
        generator = Generator.load(str(base_folder), device="cpu", dtype="float32")
        assert isinstance(generator.pipeline.unet.forward, InHalves) == (count == 2)
        made.append(generator.generate(replace(REQUEST, interpolation="none")).frames.astype(int))
    assert np.abs(made[0] - made[1]).max() <= 1  # rounding


def test_keeping_freed_memory_changes_no_result(generator: Generator) -> None:
    before = generator.generate(REQUEST).frames
    keep_freed_memory()
    assert np.array_equal(generator.generate(REQUEST).frames, before)


def test_sizes_need_not_be_square(generator: Generator) -> None:
    video = generator.generate(replace(REQUEST, width=72, height=40, interpolation="none"))
    assert video.frames.shape == (3, 40, 72, 3)


def test_one_frame_is_a_picture(generator: Generator) -> None:
    assert generator.generate(replace(REQUEST, frames=1)).frames.shape == (1, SIZE, SIZE, 3)


def test_more_frames_than_the_module_knows_are_refused(generator: Generator) -> None:
    with pytest.raises(InvalidRequest, match=r"\b16\b.*\b17\b"):
        generator.generate(replace(REQUEST, frames=17))


def test_progress_tells_every_stage_in_order(generator: Generator) -> None:
    calls: list[tuple[str, int, int]] = []
    generator.generate(REQUEST, lambda *call: calls.append(call))
    assert calls == [
        *(("denoise", done, 2) for done in range(3)),
        *(("decode", done, 3) for done in (0, 2, 3)),
        *(("interpolate", done, 2) for done in (1, 2)),
    ]


def test_what_progress_raises_stops_the_generation(generator: Generator) -> None:
    stages: list[str] = []

    def stop(stage: str, done: int, total: int) -> None:
        stages.append(stage)
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generator.generate(REQUEST, stop)
    assert stages == ["denoise", "denoise"]


def test_the_recipe_makes_it_again(generator: Generator) -> None:
    video = generator.generate(replace(REQUEST, seed=None))
    again = generator.generate(video.recipe.request)
    assert np.array_equal(again.frames, video.frames)
    assert again.recipe == video.recipe
    assert video.recipe.request.width == SIZE
    assert video.recipe.request.fps == Fraction(12)
    assert set(video.recipe.weights) == {"text_encoder", "unet", "vae", "motion"}
    assert video.recipe.attention_kinds == ("versatile", "sparse_causal")
    assert differences(video.recipe, again.recipe) == []


def test_what_makes_pixels_differ_is_named(generator: Generator) -> None:
    recipe = generator.generate(REQUEST).recipe
    other = replace(
        recipe,
        weights={**recipe.weights, "unet": "0"},
        versions={**recipe.versions, "torch": "9"},
        device="cuda",
    )
    lines = "\n".join(differences(recipe, other))
    assert "weights of the unet" in lines
    assert "-> 9" in lines
    assert "made on cpu in float32, this on cuda" in lines
    assert len(differences(recipe, other)) == 3


def test_warnings_travel_with_the_video(generator: Generator) -> None:
    video = generator.generate(replace(REQUEST, prompt="a dragon"))
    assert any("'dragon'" in line for line in video.warnings)


def test_bfloat16_decodes_in_float32(base_folder: Path) -> None:
    generator = Generator.load(str(base_folder), device="cpu", dtype="bfloat16")
    assert generator.pipeline.vae.dtype == torch.float32
    assert generator.pipeline.unet.dtype == torch.bfloat16
    video = generator.generate(replace(REQUEST, interpolation="none"))
    assert video.recipe.dtype == "bfloat16"
    assert video.frames.std() > 1
    # called as diffusers' users do, it decodes as well
    assert generator.pipeline("a boat", num_frames=2, num_inference_steps=1).frames


def test_eight_latent_channels_and_another_module(tmp_path: Path, base_folder: Path) -> None:
    folder = tiny_base(tmp_path / "eight", latent_channels=8, vocabulary=False)
    generator = Generator.load(
        str(folder), str(base_folder / "motion_adapter"), device="cpu", dtype="float32"
    )
    video = generator.generate(replace(REQUEST, prompt="a dragon"))
    assert video.frames.shape == (5, SIZE, SIZE, 3)
    assert video.warnings == ()  # a model without a vocabulary knows every word


def test_a_model_without_motion_is_refused(tmp_path: Path, base_folder: Path) -> None:
    import shutil

    folder = tmp_path / "still"
    shutil.copytree(base_folder, folder, ignore=shutil.ignore_patterns("motion_adapter"))
    with pytest.raises(ModelError, match="motion module"):
        Generator.load(str(folder), device="cpu", dtype="float32")


def test_float_pixels_become_bytes() -> None:
    pixels = torch.tensor([-1.5, -1.0, 0.0, 1.0, 1.5]).expand(3, 1, 1, -1)
    assert to_frames(pixels)[0, 0, :, 0].tolist() == [0, 0, 128, 255, 255]


@pytest.mark.parametrize("name", ["tpu9", "cuda:99", "mps:7", ""])
def test_devices_that_are_not_there(name: str) -> None:
    with pytest.raises(InvalidRequest, match="device"):
        choose_device(name)


def test_number_formats_by_device(tmp_path: Path) -> None:
    cpu = torch.device("cpu")
    assert choose_dtype("bfloat16", cpu) == torch.bfloat16
    assert choose_dtype("auto", torch.device("cuda")) == torch.float16
    assert choose_dtype("auto", torch.device("mps")) == torch.float32
    with pytest.raises(InvalidRequest, match="float16"):
        choose_dtype("float16", cpu)


def test_bfloat16_only_where_the_cpu_is_fast_in_it(tmp_path: Path) -> None:
    flags = tmp_path / "cpuinfo"
    flags.write_text("processor: 0\nflags\t\t: fpu avx512f avx512_bf16\n")
    assert cpu_has_bf16(flags)
    flags.write_text("processor: 0\nflags\t\t: fpu avx512f\n")
    assert not cpu_has_bf16(flags)
    assert not cpu_has_bf16(tmp_path / "none")
