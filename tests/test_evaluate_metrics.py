"""The metrics on videos whose answers are known."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPProcessor

from conclvd.errors import ModelError
from conclvd.evaluate.clip import HUB_FILES, Clip, load_clip
from conclvd.evaluate.metric import Embedded
from conclvd.evaluate.metrics import (
    clip_temp,
    clip_text,
    flicker,
    loop_error,
    motion,
    warp_error,
)
from conclvd.evaluate.metrics.feature_distance import mmd_interval, polynomial_mmd
from conclvd.evaluate.registry import METRICS
from conclvd.evaluate.sample import Sample, Tools
from conclvd.interpolation.flow import DisFlow
from conclvd.paint.clip import PaintedClip, paint_clip
from conclvd.tensors import Frames
from known_words import known_caption
from moving import sliding
from tiny import tiny_tokenizer

FIRST_SEED = 800_000  # held out


@pytest.fixture(scope="module")
def judge() -> Clip:
    return load_clip("ink-mini")


@pytest.fixture(scope="module")
def painted() -> list[PaintedClip]:
    return [paint_clip(FIRST_SEED + i, frames=6, width=192, height=192) for i in range(6)]


def slide(step: float, count: int = 5) -> Frames:
    return np.stack([sliding(step * t) for t in range(count)])


def sample(frames: Frames) -> Sample:
    return Sample(frames, Tools(DisFlow(), "DIS"))


def tiny_clip(folder: Path, *, broken: bool = False) -> Path:
    torch.manual_seed(0)
    tokenizer = tiny_tokenizer()
    tokenizer.save_pretrained(folder)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 24, "num_attention_heads": 2}
    text |= {"eos_token_id": tokenizer.eos_token_id, "projection_dim": 8}
    vision = {"image_size": 32, "patch_size": 16, "num_attention_heads": 2, "projection_dim": 8}
    model = CLIPModel(
        CLIPConfig(text_config=text | sizes, vision_config=vision | sizes, projection_dim=8)
    )
    if broken:
        model.visual_projection.weight.data[0, 0] = torch.nan
    model.save_pretrained(folder)
    CLIPImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    ).save_pretrained(folder)
    return folder


def test_a_still_video_has_clip_temp_1_and_no_motion(judge: Clip) -> None:
    still = sample(np.stack([sliding(0)] * 4))
    found = {
        name: METRICS[name].measure(still)  # type: ignore[call-arg, arg-type]
        for name in ("dynamic-degree", "mean-flow", "flicker", "warp-error")
    }
    found["clip-temp"] = clip_temp.measure(Embedded(judge.frames(still.frames), None))
    assert found["clip-temp"].value == pytest.approx(1, abs=1e-6)
    assert found["dynamic-degree"].value == 0
    assert found["mean-flow"].value == pytest.approx(0, abs=0.01)
    assert found["flicker"].value == 0
    assert found["warp-error"].value == pytest.approx(0, abs=1e-3)
    assert {one.n for one in found.values()} == {3}
    assert loop_error.loop_error(still.frames) == 0


def test_shuffled_frames_lower_clip_temp(judge: Clip, painted: list[PaintedClip]) -> None:
    moving = np.stack([clip.frames[0] for clip in painted[:2]])
    cross = [moving[0] * (1 - a) + moving[1] * a for a in np.linspace(0, 1, 6)]
    frames = judge.frames(np.stack(cross).astype(np.uint8))
    shuffled = frames[[0, 3, 1, 5, 2, 4]]
    assert clip_temp.clip_temp(shuffled) < clip_temp.clip_temp(frames) - 0.02
    for clip in painted[:3]:
        frames = judge.frames(clip.frames)
        assert clip_temp.clip_temp(frames[[0, 3, 1, 5, 2, 4]]) < clip_temp.clip_temp(frames)


def test_swapped_prompts_lower_clip_text(judge: Clip, painted: list[PaintedClip]) -> None:
    frames = [judge.frames(clip.frames) for clip in painted]
    prompts = [judge.prompt(known_caption(clip.attributes)) for clip in painted]
    own = [clip_text.clip_text(f, p) for f, p in zip(frames, prompts, strict=True)]
    swapped = [clip_text.clip_text(f, p) for f, p in zip(frames, prompts[::-1], strict=True)]
    assert all(mine > other for mine, other in zip(own, swapped, strict=True))
    assert np.mean(own) > np.mean(swapped) + 10


def test_clip_text_is_a_hundred_times_the_mean_cosine() -> None:
    frames = torch.tensor([[1.0, 0], [0, 1], [0.6, 0.8]])
    assert clip_text.clip_text(frames, torch.tensor([1.0, 0])) == pytest.approx(100 * 1.6 / 3)
    assert clip_temp.clip_temp(frames) == pytest.approx(0.4)


@pytest.mark.parametrize(("length", "degree"), [(2.9, 0.0), (3.1, 1.0)])
def test_dynamic_degree_asks_the_fastest_5_percent(length: float, degree: float) -> None:
    flows = torch.zeros(2, 2, 128, 160)  # the limit is 3 pixels at 128
    flows[:, 0, :, :8] = length
    assert motion.dynamic_degree(flows) == degree
    flows[1] = 0
    assert motion.dynamic_degree(flows) == degree / 2


def test_motion_of_a_sliding_pattern_is_found() -> None:
    slow, fast = sample(slide(1)), sample(slide(6))
    assert motion.mean_flow(slow.flows) == pytest.approx(2, rel=0.1)  # 256 / 128 pixels
    assert motion.mean_flow(fast.flows) == pytest.approx(12, rel=0.1)
    assert motion.dynamic_degree(slow.flows) == 0
    assert motion.dynamic_degree(fast.flows) == 1


def test_flicker_and_loop_error_of_known_levels() -> None:
    levels = np.array([10, 14, 10, 14], np.uint8)
    blinking = np.broadcast_to(levels[:, None, None, None], (4, 16, 16, 3))
    assert flicker.flicker(blinking) == 4
    assert loop_error.loop_error(blinking) == 0
    rising = np.broadcast_to(np.arange(8, dtype=np.uint8)[:, None, None, None], (8, 16, 16, 3))
    assert flicker.flicker(rising) == 1
    assert loop_error.loop_error(rising) == 6


def test_a_turn_that_ends_where_it_began_loops() -> None:
    angles = 2 * np.pi * np.arange(8) / 8
    loop = np.stack([sliding(6 * np.sin(angle)) for angle in angles])
    drift = slide(3, 8)
    assert loop_error.loop_error(loop) < 0.5 < 5 < loop_error.loop_error(drift)


def test_noise_worsens_flicker_and_warp_error_step_by_step() -> None:
    clean = slide(1.5).astype(np.float64)
    noise = np.random.default_rng(0).normal(size=clean.shape)
    flickers, warps = [], []
    for deviation in (0, 2, 4, 8, 16, 32):
        noisy = sample((clean + deviation * noise).clip(0, 255).astype(np.uint8))
        flickers.append(flicker.flicker(noisy.frames))
        warps.append(warp_error.measure(noisy).value or 0)
    assert all(np.diff(flickers) > 0)
    assert all(np.diff(warps) > 0)


def test_warp_error_forgives_motion_and_not_flashing() -> None:
    moving, flashing = slide(2), slide(0)
    flashing[::2] = (flashing[::2] * 0.8).astype(np.uint8)
    assert flicker.flicker(moving) > 5
    moved, flashed = warp_error.measure(sample(moving)), warp_error.measure(sample(flashing))
    assert moved.value is not None
    assert flashed.value is not None
    assert 10 * moved.value < flashed.value


def test_warp_error_leaves_out_what_is_covered() -> None:
    flow, none = torch.zeros(1, 2, 32, 32), torch.zeros(1, 2, 32, 32)
    first, second = torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 32, 32)
    second[..., :16] = 1  # the left half changes and
    flow[:, 0, :, :16] = 10  # its flow there and back do not agree
    assert warp_error.warp_error(first, second, flow, none) == pytest.approx(0, abs=1e-3)
    assert warp_error.warp_error(first, second, none, none) == pytest.approx(500)


def test_videos_without_any_flow_that_holds_have_no_warp_error() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (2, 64, 64, 3), np.uint8)

    class Astray:
        def flows(self, sources: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            return torch.full((len(sources), 2, *sources.shape[-2:]), 1000.0)

    found = warp_error.measure(Sample(noise, Tools(Astray(), "astray")))
    assert (found.value, found.n) == (None, 0)
    assert found.skipped is not None


def test_batches_and_order_do_not_change_embeddings(tmp_path: Path) -> None:
    folder = tiny_clip(tmp_path / "clip")
    frames = np.random.default_rng(0).integers(0, 255, (5, 40, 48, 3), np.uint8)
    clip = load_clip(str(folder))
    whole = clip.frames(frames)
    by_two = Clip("by two", clip._model, clip._tokenizer, clip.processor, batch=2)
    torch.testing.assert_close(by_two.frames(frames), whole)
    order = [3, 0, 4, 1, 2]
    torch.testing.assert_close(clip.frames(frames[order]), whole[order])
    torch.testing.assert_close(whole.norm(dim=1), torch.ones(5))


def test_a_clip_is_named_by_its_folder_and_weights(tmp_path: Path, judge: Clip) -> None:
    first, second = load_clip(str(tiny_clip(tmp_path / "clip"))), tmp_path / "other" / "clip"
    other = load_clip(str(tiny_clip(second, broken=True)))
    assert first.name.split()[0] == other.name.split()[0] == "clip"
    assert first.name != other.name
    assert judge.name.startswith("ink-mini judge ")
    assert first.too_long(["a", "b" * 100]) == 1


def test_prompts_beyond_the_limit_are_cut(tmp_path: Path) -> None:
    clip = load_clip(str(tiny_clip(tmp_path / "clip")))
    torch.testing.assert_close(clip.prompt("b" * 100), clip.prompt("b" * 200))
    assert not torch.equal(clip.prompt("b"), clip.prompt("c"))


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ("config.json", "holds no CLIP"),
        ("model.safetensors", "holds no CLIP"),
        ("preprocessor_config.json", "has no preprocessor_config.json"),
        ("tokenizer.json", "has no tokenizer.json"),
    ],
)
def test_a_clip_that_lacks_a_file_is_refused(tmp_path: Path, removed: str, message: str) -> None:
    folder = tiny_clip(tmp_path / "clip")
    (folder / removed).unlink()
    with pytest.raises(ModelError, match=message):
        load_clip(str(folder))


def test_a_clip_saved_with_its_processor_is_the_same(tmp_path: Path) -> None:
    """CLIPProcessor.save_pretrained writes processor_config.json alone."""
    folder = tiny_clip(tmp_path / "clip")
    frames = np.random.default_rng(0).integers(0, 255, (2, 40, 48, 3), np.uint8)
    clip = load_clip(str(folder))
    clip.processor.image_mean = [0.2, 0.3, 0.4]
    (folder / "preprocessor_config.json").unlink()
    CLIPProcessor(clip.processor, clip._tokenizer).save_pretrained(folder)
    assert not (folder / "preprocessor_config.json").exists()
    torch.testing.assert_close(load_clip(str(folder)).frames(frames), clip.frames(frames))
    names = [path.name for path in folder.iterdir()]
    assert all(any(fnmatch(name, pattern) for pattern in HUB_FILES) for name in names)


def test_feature_distance_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 4)), rng.normal(size=(2, 4))

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return float((a @ b / 4 + 1) ** 3)

    within = np.mean([kernel(x[i], x[j]) for i in range(3) for j in range(3) if i != j])
    between = np.mean([kernel(a, b) for a in x for b in y])
    expected = within + kernel(y[0], y[1]) - 2 * between
    assert polynomial_mmd(x, y) == pytest.approx(expected)


def test_the_interval_of_feature_distance_holds_its_value_and_narrows_with_n() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for n in (10, 40, 160):
        x, y = rng.normal(size=(n, 4)), rng.normal(size=(n, 4)) + 0.7
        low, high = mmd_interval(x, y)
        assert low < polynomial_mmd(x, y) < high
        widths.append(high - low)
    assert widths[0] > 1.5 * widths[1] > 2 * widths[2]


def test_feature_distance_is_unbiased_at_any_n_and_grows_with_a_shift() -> None:
    rng = np.random.default_rng(0)
    for n in (4, 16):
        same = [polynomial_mmd(*rng.normal(size=(2, n, 8))) for _ in range(400)]
        assert abs(np.mean(same)) < 3 * np.std(same) / 20
    x, y = rng.normal(size=(2, 64, 8))
    found = [polynomial_mmd(x, y + shift) for shift in (0, 0.5, 1, 2)]
    assert found == sorted(found)
    assert found[-1] > 10 * abs(found[0])
