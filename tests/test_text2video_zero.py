"""Text2Video-Zero: what it must be by its own definition, and beside diffusers' old pipeline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from diffusers.models.attention_processor import Attention
from diffusers.pipelines.deprecated.text_to_video_synthesis.pipeline_text_to_video_zero import (
    CrossFrameAttnProcessor2_0,
    TextToVideoZeroPipeline,
)
from torch import Tensor

from conclvd.compare import text2video_zero
from conclvd.compare.making import Asked
from conclvd.compare.text2video_zero import (
    SHIFT,
    CrossFrameAttention,
    Text2VideoZero,
    renoised,
    translated,
    turning_points,
)
from conclvd.errors import InvalidRequest, ModelError
from conclvd.generate.generator import no_progress
from conclvd.generate.pixels import to_frames
from conclvd.generate.request import Request
from conclvd.models.base import Base
from conclvd.models.components import load_base
from tiny import SIZE, TEXT_WIDTH, tiny_base

pytestmark = pytest.mark.slow

STEPS, FRAMES, SIDE = 6, 4, SIZE // 8
REQUEST = Request(
    "-", frames=FRAMES, steps=STEPS, interpolation="none", device="cpu", dtype="float32"
)


@pytest.fixture(scope="module")
def zero(base_folder: Path) -> Text2VideoZero:
    return Text2VideoZero(load_base(str(base_folder)), REQUEST, torch.device("cpu"))


def draw(seed: int, count: int = 1, side: int = SIDE) -> Tensor:
    return torch.randn(count, 4, side, side, generator=torch.Generator().manual_seed(seed))


def states() -> Tensor:
    return torch.randn(2, 5, TEXT_WIDTH, generator=torch.Generator().manual_seed(1))


def video(zero: Text2VideoZero, seed: int, prompt: str = "a boat") -> np.ndarray:
    return zero.sample([Asked(prompt, seed)], no_progress)[0].frames


def other_pipeline(kind: type, base: Base) -> StableDiffusionPipeline:
    pipeline = kind(
        vae=base.vae,
        text_encoder=base.text_encoder,
        tokenizer=base.tokenizer,
        unet=base.unet,
        scheduler=DDIMScheduler.from_config(base.scheduler.config),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def test_the_first_frame_is_the_base_s_own_picture(zero: Text2VideoZero, base: Base) -> None:
    made = video(zero, 3, "a misty boat")
    pipeline = other_pipeline(StableDiffusionPipeline, base)
    with torch.inference_mode():
        picture = pipeline(
            "a misty boat",
            num_inference_steps=STEPS,
            guidance_scale=8.0,
            generator=torch.Generator().manual_seed(3),
            output_type="pt",
        ).images
    expected = to_frames((picture * 2 - 1).transpose(0, 1))[0]
    assert np.abs(made[0].astype(int) - expected).max() <= 1  # rounding to bytes


@pytest.mark.parametrize("channels", [4, 8])
def test_any_base_makes_frames_by_the_seed_alone(channels: int, tmp_path: Path) -> None:
    folder = tiny_base(tmp_path / "base", latent_channels=channels)

    def fresh(seed: int) -> np.ndarray:
        return video(Text2VideoZero(load_base(str(folder)), REQUEST, torch.device("cpu")), seed)

    first = fresh(1)
    assert first.shape == (FRAMES, SIZE, SIZE, 3)
    assert np.array_equal(fresh(1), first)
    assert not np.array_equal(fresh(2), first)
    assert not np.array_equal(first[0], first[1])


def test_what_was_made_before_changes_nothing(zero: Text2VideoZero) -> None:
    first = video(zero, 1)
    video(zero, 2, "mountains")
    assert np.array_equal(video(zero, 1), first)


def test_what_is_made_together_is_what_is_made_alone(zero: Text2VideoZero) -> None:
    asked = [Asked("a boat", 1), Asked("mountains", 2), Asked("a boat", 3)]
    together = zero.sample(asked, no_progress)
    alone = [video(zero, each.seed, each.prompt) for each in asked]
    for one, other in zip(together, alone, strict=True):
        assert np.abs(one.frames.astype(int) - other).max() <= 1  # rounding to bytes
    assert np.abs(alone[0].astype(int) - alone[2]).mean() > 5


@torch.inference_mode()
def test_without_motion_and_with_the_same_noise_all_frames_are_the_same(
    zero: Text2VideoZero,
) -> None:
    same = draw(2).expand(1, FRAMES - 1, -1, -1, -1)
    latents = zero.denoise(draw(1), same, states(), 0.0, no_progress)[0]
    for other in latents[2:]:
        torch.testing.assert_close(other, latents[1], rtol=0, atol=1e-5)
    assert not torch.allclose(latents[1], latents[0], atol=1e-2)  # whose noise is the sampler's own


@torch.inference_mode()
def test_noise_that_leads_back_to_the_first_frame_repeats_it(zero: Text2VideoZero) -> None:
    together, moved = zero.turning_points
    times, alphas = zero.scheduler.timesteps, zero.scheduler.alphas_cumprod
    both = states()
    first = zero._steps(draw(1)[None], times[:together], both, lambda _: None)
    at_moved = zero._steps(first, times[together:moved], both, lambda _: None)
    kept = alphas[times[together]] / alphas[times[moved]]
    noise = (first - kept.sqrt() * at_moved) / (1 - kept).sqrt()
    noise = noise.expand(1, FRAMES - 1, -1, -1, -1)
    latents = zero.denoise(draw(1), noise, both, 0.0, no_progress)[0]
    for other in latents[1:]:
        torch.testing.assert_close(other, latents[0], rtol=0, atol=1e-4)


@pytest.mark.parametrize("step", [1, 2])
def test_a_translation_by_whole_points_moves_them(step: int) -> None:
    latent = draw(1, side=16)
    moved = translated(latent, 3, step / 16)
    assert moved.shape == (3, 4, 16, 16)
    for k, frame in enumerate(moved, 1):
        by = k * step
        assert torch.equal(frame[:, : 16 - by, : 16 - by], latent[0, :, by:, by:])
        # beyond the border it is mirrored
        assert torch.equal(frame[:, 0, 16 - by :], latent[0, :, by, 16 - by :].flip(-1))


def test_no_translation_is_none() -> None:
    latent = draw(1)
    assert torch.equal(translated(latent, 2, 0.0), latent.expand(2, -1, -1, -1))


def test_more_noise_keeps_the_variance_and_composes() -> None:
    alphas = DDIMScheduler().alphas_cumprod
    clean, noise = draw(1, 50, 32), draw(2, 50, 32)
    start = alphas[600].sqrt() * clean + (1 - alphas[600]).sqrt() * noise
    end = renoised(start, draw(3, 50, 32), alphas, (600, 900))
    assert float(end.var()) == pytest.approx(1, abs=0.01)
    seen = float((end * clean).mean() / (clean**2).mean())
    assert seen == pytest.approx(float(alphas[900].sqrt()), abs=0.01)


def test_turning_points_are_the_paper_s_for_stable_diffusion() -> None:
    scheduler = DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
    )
    scheduler.set_timesteps(50)
    found = turning_points(scheduler.timesteps, scheduler.alphas_cumprod, 64 * 64)
    assert [int(scheduler.timesteps[i]) for i in found] == [941, 881]
    smaller = turning_points(scheduler.timesteps, scheduler.alphas_cumprod, 32 * 32)
    assert smaller[0] > found[0]
    for steps in range(2, 9):  # there is always a step between them, and one before the end
        scheduler.set_timesteps(steps)
        for latents in (8, 4096, 10**6):
            together, moved = turning_points(scheduler.timesteps, scheduler.alphas_cumprod, latents)
            assert 0 <= together < moved < steps


def test_cross_frame_attention_is_diffusers_own() -> None:
    torch.manual_seed(0)
    attention = Attention(query_dim=8, heads=2, dim_head=4).eval()
    tokens = torch.randn(2 * FRAMES, 5, 8)
    found = CrossFrameAttention(FRAMES)(attention, tokens)
    torch.testing.assert_close(found, CrossFrameAttnProcessor2_0(batch_size=2)(attention, tokens))
    alone = attention(tokens[:1])
    torch.testing.assert_close(found[:1], alone)  # the first frame attends to itself
    assert not torch.allclose(found[1:2], attention(tokens[1:2]))


@pytest.mark.filterwarnings("ignore:torch.meshgrid", "ignore:Default grid_sample")
@torch.inference_mode()
def test_it_agrees_with_the_pipeline_of_diffusers(
    zero: Text2VideoZero, base_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theirs counts T and T' in steps from the end and renoises by one diffusion step less."""
    monkeypatch.setattr(text2video_zero, "turning_points", lambda *_: (1, 3))
    pipeline = other_pipeline(TextToVideoZeroPipeline, load_base(str(base_folder)))
    theirs = pipeline(
        "a boat",
        video_length=FRAMES,
        num_inference_steps=STEPS,
        guidance_scale=8.0,
        latents=draw(1),
        generator=torch.Generator().manual_seed(2),
        t1=STEPS - 2,
        t0=STEPS - 4,
        output_type="latent",
    ).images
    ours = zero.denoise(
        draw(1), draw(2, FRAMES - 1)[None], zero._embeddings(["a boat"]), SHIFT, no_progress
    )[0]
    torch.testing.assert_close(ours[0], theirs[0], rtol=0, atol=1e-4)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0.05)
    assert (ours[1] - ours[0]).abs().mean() > 0.2  # frames are not alike by accident


def test_without_guidance_there_is_no_empty_text(base_folder: Path) -> None:
    request = Request(
        "-", frames=FRAMES, steps=2, guidance_scale=1.0, interpolation="none", device="cpu"
    )
    zero = Text2VideoZero(load_base(str(base_folder)), request, torch.device("cpu"))
    assert zero._embeddings(["a boat"]).shape[0] == 1
    assert len(video(zero, 1)) == FRAMES


def test_one_step_and_numbers_that_are_none_are_refused(base_folder: Path) -> None:
    base = load_base(str(base_folder))
    one = Request("-", steps=1, interpolation="none")
    with pytest.raises(InvalidRequest, match=r"steps .*2"):
        Text2VideoZero(base, one, torch.device("cpu"))
    with torch.no_grad():
        base.unet.conv_out.bias.fill_(torch.nan)
    with pytest.raises(ModelError, match="not numbers"):
        video(Text2VideoZero(base, REQUEST, torch.device("cpu")), 1)


def test_progress_counts_every_step_of_the_base(zero: Text2VideoZero) -> None:
    calls: list[tuple[str, int, int]] = []
    zero.sample([Asked("a boat", 1)], lambda *call: calls.append(call))
    denoised = [done for stage, done, _ in calls if stage == "denoise"]
    together, moved = zero.turning_points
    assert denoised == list(range(moved + STEPS - together + 1))
    assert {total for stage, _, total in calls if stage == "denoise"} == {denoised[-1]}
    assert calls[-1] == ("decode", FRAMES, FRAMES)
