"""Masters in float32 behind a model in half precision, on a tiny model."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from accelerate.state import AcceleratorState
from torch import Tensor, nn

from conclvd.models.base import Base
from conclvd.models.weights import load_motion_module
from conclvd.train import masters as module
from conclvd.train.loop import train
from conclvd.train.masters import Masters, in_parts
from conclvd.train.model import build_model
from conclvd.train.objective import batch_losses
from conclvd.train.samples import Batch
from conclvd.train.settings import TrainSettings
from conclvd.train.video_denoiser import VideoDenoiser, learning
from tiny import tiny_motion
from training_states import last_state

HALF, FULL = torch.bfloat16, torch.float32
Build = Callable[..., tuple[VideoDenoiser, Masters]]


@pytest.fixture
def build(base: Base, settings) -> Build:
    """The same model at every call, with masters."""

    def make(dtype: torch.dtype, **given: bool) -> tuple[VideoDenoiser, Masters]:
        torch.manual_seed(0)
        model = build_model(
            base.unet, tiny_motion(), settings(), noise_size=4 * 8 * 8, frozen_dtype=dtype
        )
        return model, Masters(model, dtype, **given)

    return make


def backward(
    model: VideoDenoiser,
    settings: TrainSettings,
    seed: int = 0,
    scale: Callable[[Tensor], Tensor] = lambda loss: loss,
) -> None:
    generator = torch.Generator().manual_seed(seed)
    shape = (1, 6, 4, 8, 8)
    batch = Batch(
        torch.randn(shape, generator=generator),
        torch.randn(shape, generator=generator),
        torch.tensor([300]),
        torch.randn(1, 24, 16, generator=generator),
    )
    losses = batch_losses(model, batch, torch.linspace(0.99, 0.01, 1000), settings, 0.07)
    scale(losses.total).backward()


def adam(weights: dict[str, nn.Parameter], rate: float = 1e-2) -> torch.optim.Optimizer:
    return torch.optim.AdamW(weights.values(), lr=rate)


def copies(weights: dict[str, nn.Parameter]) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in weights.items()}


def test_parts() -> None:
    sizes = {"a": 3, "b": 4, "c": 9, "d": 1, "e": 1}
    assert in_parts(sizes, 7) == [["a", "b"], ["c"], ["d", "e"]]


def test_a_step_in_float32_is_clipping_and_adamw(build: Build, settings) -> None:
    (model, masters), (plain, _) = build(FULL), build(FULL)
    backward(model, settings())
    norm = masters.step(adam(masters.weights), 0.01)
    backward(plain, settings())
    weights = learning(plain)
    wanted = nn.utils.clip_grad_norm_(weights.values(), 0.01)
    adam(weights).step()
    assert float(norm) == pytest.approx(float(wanted), rel=1e-5)
    for name, weight in weights.items():
        torch.testing.assert_close(masters.weights[name], weight, rtol=1e-5, atol=1e-6)
        assert not masters.weights[name].grad.any()


@pytest.mark.parametrize("dtype", [HALF, FULL])
def test_a_step_in_parts_is_a_whole_one(
    build: Build, settings, monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype
) -> None:
    found = []
    for part in (module.PART, 5000):
        monkeypatch.setattr(module, "PART", part)
        model, masters = build(dtype)
        optimizer = adam(masters.weights)
        for seed in (0, 1):
            backward(model, settings(), seed)
            masters.step(optimizer, 1.0)
        found.append(copies(masters.weights))
    assert len(in_parts({n: w.numel() for n, w in found[0].items()}, 5000)) > 5
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_masters_keep_what_half_precision_would_lose(build: Build, settings) -> None:
    model, masters = build(HALF)
    live = learning(model)
    before, seen = copies(masters.weights), copies(live)
    backward(model, settings())
    masters.step(adam(masters.weights, rate=1e-5), 1.0)
    name = next(n for n in live if n.endswith("attn1.to_q.weight"))
    assert not torch.equal(masters.weights[name], before[name])
    changed = (live[name] != seen[name]).float().mean()
    assert changed < 0.2  # a step of 1e-5 is mostly less than half precision can tell
    for key, weight in live.items():
        assert torch.equal(weight, masters.weights[key].to(weight.dtype))


def test_gradients_of_several_batches_are_added_up_in_float32(build: Build, settings) -> None:
    """One large, many small: each alone would be lost beside the large one."""
    model, masters = build(HALF, accumulates=True)
    name = next(n for n in learning(model) if n.endswith("attn1.to_q.weight"))
    weight = learning(model)[name]
    for value in (256.0, *[0.5] * 8):
        weight.grad += value
        masters.collect()
    optimizer = torch.optim.SGD(masters.weights.values(), lr=1.0)
    before = copies(masters.weights)
    masters.step(optimizer, 1e9)
    moved = before[name] - masters.weights[name]
    torch.testing.assert_close(moved, torch.full_like(moved, 260.0))


def test_half_precision_gives_nearly_the_same_gradients(build: Build, settings) -> None:
    gradients = []
    for dtype in (FULL, HALF):
        model, _ = build(dtype)
        backward(model, settings())
        gradients.append(torch.cat([w.grad.float().flatten() for w in learning(model).values()]))
    assert float(torch.cosine_similarity(*gradients, dim=0)) > 0.99


def test_scaled_gradients_are_unscaled_and_infinite_ones_left_out(build: Build, settings) -> None:
    (model, masters), (plain, plain_masters) = build(FULL), build(FULL)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    optimizer = adam(masters.weights)
    backward(model, settings(), scale=scaler.scale)
    norm = masters.step(optimizer, 0.01, scaler)
    backward(plain, settings())
    wanted = plain_masters.step(adam(plain_masters.weights), 0.01)
    assert float(norm) == pytest.approx(float(wanted), rel=1e-4)
    for name, weight in plain_masters.weights.items():
        torch.testing.assert_close(masters.weights[name], weight, rtol=1e-5, atol=1e-6)
    before = copies(masters.weights)
    backward(model, settings(), scale=scaler.scale)
    next(iter(masters.weights.values())).grad += torch.inf
    masters.step(optimizer, 0.01, scaler)
    assert all(torch.equal(before[name], masters.weights[name]) for name in before)
    assert scaler.get_scale() == 512.0


def test_settled_the_model_has_the_masters(build: Build, settings) -> None:
    model, masters = build(HALF)
    backward(model, settings())
    masters.step(adam(masters.weights), 1.0)
    masters.settle()
    live = learning(model)
    assert all(weight.dtype == FULL for weight in live.values())
    assert all(torch.equal(weight, masters.weights[name]) for name, weight in live.items())


@pytest.fixture
def fresh_accelerate() -> Iterator[None]:
    """accelerate takes one number format a process."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.slow
@pytest.mark.usefixtures("fresh_accelerate")
@pytest.mark.parametrize("parts", [1, 2])
def test_half_precision_goes_on_bit_for_bit_and_saves_its_masters(settings, parts: int) -> None:
    common = {"mixed_precision": "bf16", "gradient_accumulation_steps": parts, "use_ema": False}
    whole = settings("whole", max_train_steps=2, **common)
    outcome = train(whole)
    stopped = settings("parts", max_train_steps=1, **common)
    train(stopped)
    train(stopped.model_copy(update={"max_train_steps": 2}))
    left, right = last_state(whole), last_state(stopped)
    assert left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)
    saved = load_motion_module(outcome.module).state_dict()
    for name, value in saved.items():
        if f"weights/unet.{name}" in left:
            assert torch.equal(value, left[f"weights/unet.{name}"].half().float())
