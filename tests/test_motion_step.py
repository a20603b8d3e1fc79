"""A step of training ink-mini's motion module: the paper's losses, in either number format."""

import contextlib

import pytest
import torch

from conclvd.models.motion import attach
from conclvd.models.noise_adapter import NoiseAdapter
from conclvd.pretrain.base import new_scheduler, new_unet
from conclvd.pretrain.motion import MotionRun, new_motion_module
from conclvd.pretrain.motion_step import MotionInputs, MotionStep
from conclvd.pretrain.sizes import TOY
from conclvd.pretrain.text_encoder import new_text_encoder
from conclvd.pretrain.tokenizer import train_tokenizer
from conclvd.train.losses import add_noise, contrastive_loss, diffusion_loss, velocity_weights
from conclvd.train.masters import Masters
from conclvd.train.video_denoiser import VideoDenoiser, freeze, learning

ALPHAS = new_scheduler().alphas_cumprod
KINDS = MotionRun.attention_kinds
CLIPS, FRAMES, STEPS = 2, 8, 12


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(["a boat on the misty lake"] * 4, vocabulary=300, max_tokens=64)


@pytest.fixture
def parts(tokenizer):
    """Model and text encoder, alike at every call."""

    def make():
        torch.manual_seed(0)
        text_encoder = new_text_encoder(TOY, tokenizer).requires_grad_(False)
        unet = attach(new_unet(TOY), new_motion_module(TOY, KINDS))
        freeze(unet, KINDS)
        return VideoDenoiser(unet, NoiseAdapter(8 * 8 * 8)), text_encoder

    return make


@pytest.fixture(scope="module")
def batches(tokenizer) -> list[MotionInputs]:
    """The same clips again and again, so that the loss falls, with new noise."""
    generator = torch.Generator().manual_seed(1)
    clean = torch.randn(CLIPS, FRAMES, 8, 8, 8, generator=generator)
    tokens = torch.randint(len(tokenizer), (CLIPS, 64), generator=generator).int()
    return [
        MotionInputs(
            clean,
            torch.randn(clean.shape, generator=generator),
            torch.randint(300, (CLIPS,), generator=generator),
            tokens,
            torch.tensor(0.07),
        )
        for _ in range(STEPS)
    ]


def losses_of(parts, dtype, batches) -> list[float]:
    model, text_encoder = parts()
    masters = Masters(model, dtype)
    optimizer = torch.optim.AdamW(masters.weights.values(), lr=2e-3)
    step = MotionStep(model, masters, text_encoder.to(dtype), ALPHAS, contextlib.nullcontext)
    found = []
    for batch in batches:
        losses = step(batch)
        found.append(losses.velocity.item() + 0.07 * losses.con.item())
        masters.step(optimizer, 1.0)
    assert step.failure is None
    return found


def test_the_gradient_is_that_of_equation_13(parts, batches):
    model, text_encoder = parts()
    batch, alphas = batches[0], ALPHAS[batches[0].steps]
    noisy = add_noise(batch.clean, batch.noise, alphas)
    states = text_encoder(batch.tokens).last_hidden_state
    predicted, embedded = model(noisy, batch.steps, states)
    velocity = diffusion_loss(predicted, batch.noise, velocity_weights(alphas))
    con = contrastive_loss(embedded)
    weights = learning(model)
    expected = torch.autograd.grad(velocity + 0.07 * con, list(weights.values()))

    masters = Masters(model, torch.float32)
    step = MotionStep(model, masters, text_encoder, ALPHAS, contextlib.nullcontext)
    losses = step(batch)
    torch.testing.assert_close(losses.velocity, velocity.detach())
    torch.testing.assert_close(losses.con, con.detach())
    torch.testing.assert_close(losses.diff, diffusion_loss(predicted, batch.noise).detach())
    for (name, weight), gradient in zip(weights.items(), expected, strict=True):
        torch.testing.assert_close(weight.grad, gradient, rtol=1e-4, atol=1e-6, msg=name)
    assert any(gradient.any() for gradient in expected)


def test_half_precision_computes_the_same_but_for_rounding(parts, batches):
    full = losses_of(parts, torch.float32, batches)
    assert losses_of(parts, torch.bfloat16, batches) == pytest.approx(full, rel=0.02)
    assert full[-1] < full[0]


def test_a_pass_never_asks_what_a_tensor_holds(parts, batches):
    # On the meta device nothing can be asked; in a CUDA graph nothing may.
    model, text_encoder = (part.to("meta") for part in parts())
    masters = Masters(model, torch.bfloat16)
    step = MotionStep(
        model, masters, text_encoder.bfloat16(), ALPHAS.to("meta"), contextlib.nullcontext
    )
    losses = step(MotionInputs(*(each.to("meta") for each in batches[0])))
    assert {each.device.type for each in losses} == {"meta"}
