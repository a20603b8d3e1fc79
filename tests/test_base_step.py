"""A step of training the base: the same in every form, alike in all processes."""

import contextlib
import math
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from conclvd.errors import TrainingError
from conclvd.pretrain.base import (
    BaseRun,
    Denoiser,
    batch_of,
    new_scheduler,
    new_unet,
    wait_for,
)
from conclvd.pretrain.directions import GOING, direction_loss
from conclvd.pretrain.gradient_step import GradientStep, StepInputs
from conclvd.pretrain.saving import save_part
from conclvd.pretrain.sizes import INK_MINI, TOY
from conclvd.pretrain.step_form import STEP_FORMS, default_form, step_form
from conclvd.pretrain.text_encoder import new_text_encoder
from conclvd.pretrain.tokenizer import train_tokenizer
from conclvd.train.captured import Captured
from conclvd.train.losses import add_noise, diffusion_loss, min_snr_weights
from conclvd.train.masters import Masters
from naming import named

BATCH, STEPS, RATE = 4, 30, 1e-3
ALPHAS = new_scheduler().alphas_cumprod


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(["a boat on the misty lake"] * 4, vocabulary=300, max_tokens=64)


def new_denoiser(tokenizer) -> Denoiser:
    torch.manual_seed(0)
    return Denoiser(new_text_encoder(TOY, tokenizer), new_unet(TOY), directions=True)


def batches(tokenizer, shape: tuple[int, ...] = (BATCH, 8, 8, 8)) -> list[StepInputs]:
    """The same pictures again and again, so that the loss falls, with new noise."""
    generator = torch.Generator().manual_seed(1)
    clean = torch.randn(shape, generator=generator)
    tokens = torch.randint(len(tokenizer), (shape[0], 64), generator=generator).int()
    drawn = []
    for _ in range(STEPS):
        noise = torch.randn(clean.shape, generator=generator)
        steps = torch.randint(1000, shape[:1], generator=generator)
        told = torch.randint(-1, 2, (shape[0], len(GOING)), generator=generator)
        drawn.append(StepInputs(clean, noise, steps, tokens, told))
    return drawn


def adamw(weights) -> torch.optim.AdamW:
    return torch.optim.AdamW(weights, lr=RATE, betas=(0.9, 0.99), weight_decay=0.01)


def usual_losses(tokenizer, drawn) -> list[float]:
    """Thirty steps as anyone would write them, weight by weight."""
    denoiser = new_denoiser(tokenizer)
    optimizer = adamw(denoiser.parameters())
    losses = []
    for clean, noise, steps, tokens, told in drawn:
        predicted, logits = denoiser(add_noise(clean, noise, ALPHAS[steps]), steps, tokens)
        loss = diffusion_loss(predicted, noise, min_snr_weights(ALPHAS[steps]))
        loss = loss + 0.01 * direction_loss(logits, told)
        loss.backward()
        nn.utils.clip_grad_norm_(denoiser.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def losses_of(form_name, tokenizer, drawn) -> list[float]:
    form, denoiser = STEP_FORMS[form_name], new_denoiser(tokenizer)
    masters = Masters(denoiser, form.dtype, accumulates=True, channels_last=form.channels_last)
    optimizer = adamw(masters.weights.values())
    gradients = GradientStep(
        denoiser, masters, ALPHAS, form, autocast=contextlib.nullcontext, direction_weight=0.01
    )
    losses = []
    for batch in drawn:
        losses.append(gradients(batch).loss.item())
        masters.collect()
        masters.step(optimizer, 1.0)
    assert gradients.failure is None
    return losses


@pytest.mark.slow
def test_a_plain_step_is_the_usual_one(tokenizer):
    drawn = batches(tokenizer)
    usual = usual_losses(tokenizer, drawn)
    assert usual[-1] < 0.9 * usual[0]
    plain = losses_of("plain", tokenizer, drawn)
    assert plain[:5] == pytest.approx(usual[:5], rel=1e-4)
    # sums in another order: AdamW makes steps as large out of a gradient that is nearly nothing
    assert plain == pytest.approx(usual, rel=0.01)


@pytest.fixture(scope="module")
def plain(tokenizer) -> list[float]:
    losses = losses_of("plain", tokenizer, batches(tokenizer))
    assert losses[-1] < 0.9 * losses[0]
    return losses


@pytest.mark.slow
@pytest.mark.parametrize("name", ["autocast-graph", "half", "graph", "graph-last"])
def test_every_form_computes_the_same_but_for_rounding(tokenizer, plain, name):
    near = 0.01 if STEP_FORMS[name].dtype == torch.float32 else 0.02
    assert losses_of(name, tokenizer, batches(tokenizer)) == pytest.approx(plain, rel=near)


def test_formats_take_turns(tokenizer):
    pairs = zip(batches(tokenizer), batches(tokenizer, (2, 8, 8, 16)), strict=True)
    turns = [batch for pair in pairs for batch in pair][:10]
    usual = usual_losses(tokenizer, turns)
    assert losses_of("graph-last", tokenizer, turns) == pytest.approx(usual, rel=0.02)


def test_a_batch_of_any_format_has_about_as_many_latents(tmp_path):
    run = BaseRun(sizes=INK_MINI, out=tmp_path, seconds=1, workers=1, model=tmp_path)
    for size in INK_MINI.pictures:
        latents = batch_of(size, run) * math.prod(INK_MINI.latent(size)[1:])
        assert latents == pytest.approx(512 * 32 * 32, rel=0.02)


def test_a_part_that_does_not_come_is_named(tmp_path):
    with pytest.raises(TrainingError, match=named("vae --patience")):
        wait_for(tmp_path / "vae", 0)


def test_a_pass_never_asks_what_a_tensor_holds(tokenizer):
    # On the meta device nothing can be asked; in a CUDA graph nothing may.
    form, denoiser = STEP_FORMS["half"], new_denoiser(tokenizer).to("meta")
    gradients = GradientStep(
        denoiser, Masters(denoiser, form.dtype), ALPHAS.to("meta"), form,
        autocast=contextlib.nullcontext, direction_weight=0.01,
    )  # fmt: skip
    (batch, *_) = batches(tokenizer)
    losses = gradients(StepInputs(*(each.to("meta") for each in batch)))
    assert {each.device.type for each in losses} == {"meta"}


def test_masters_in_float32_are_the_modules_own(tokenizer):
    denoiser = new_denoiser(tokenizer)
    before = [p.detach().clone() for p in denoiser.parameters()]
    masters = Masters(denoiser, torch.float32, channels_last=True)
    for parameter, kept in zip(denoiser.parameters(), before, strict=True):
        assert torch.equal(parameter, kept)
        assert parameter.data_ptr() % 16 == 0  # kernels of a GPU are slow elsewhere
    convolution = denoiser.unet.down_blocks[0].resnets[0].conv1.weight
    assert convolution.is_contiguous(memory_format=torch.channels_last)
    assert convolution.grad.is_contiguous(memory_format=torch.channels_last)
    for weight in masters.weights.values():
        weight.data.mul_(2)
    for parameter, kept in zip(denoiser.parameters(), before, strict=True):
        assert torch.equal(parameter, 2 * kept)


def test_gradients_arrive_in_their_places(tokenizer):
    denoiser = new_denoiser(tokenizer)
    masters = Masters(denoiser, torch.bfloat16, accumulates=True, channels_last=True)
    told = [i % 200 for i in range(len(masters.weights))]  # bf16 knows no 257
    for _ in range(2):  # what was there is replaced
        parts = zip(told, denoiser.parameters(), strict=True)
        masters.differentiate(sum(i * parameter.float().sum() for i, parameter in parts))
    masters.collect()
    for weight in masters.weights.values():
        weight.data.zero_()
    masters.step(torch.optim.SGD(masters.weights.values(), lr=1.0, maximize=True), 1e9)
    masters.settle()  # the parameters are now what was in the places of their gradients
    for i, parameter in zip(told, denoiser.parameters(), strict=True):
        assert torch.equal(parameter, torch.full_like(parameter, i))


def test_small_steps_are_not_lost_in_half_precision(tokenizer):
    denoiser = new_denoiser(tokenizer)
    masters = Masters(denoiser, torch.bfloat16)
    weight = denoiser.unet.conv_out.weight
    master = masters.weights["unet.conv_out.weight"]
    weight.data.fill_(1.0)
    master.data.fill_(1.0)
    for _ in range(100):  # far less than what bf16 can tell at 1
        master.data += 1e-4
        masters.publish()
    assert weight.dtype == torch.bfloat16
    assert weight.float().mean().item() == pytest.approx(1.01, abs=0.004)


def test_settled_weights_are_saved_whole(tokenizer, tmp_path):
    denoiser = new_denoiser(tokenizer)
    wanted = {k: v.clone() for k, v in denoiser.unet.state_dict().items()}
    Masters(denoiser, torch.bfloat16, channels_last=True).settle()
    save_part(denoiser.unet, tmp_path / "unet")
    saved = load_file(tmp_path / "unet" / "diffusion_pytorch_model.safetensors")
    assert set(saved) == set(wanted)
    for key, value in wanted.items():
        assert torch.equal(saved[key], value.half())


def test_fixed_inputs_are_filled_anew():
    captured = Captured(lambda a, b: a + b, [torch.zeros(2), torch.zeros(2)], torch.device("cpu"))
    assert captured(torch.ones(2), torch.ones(2)).tolist() == [2.0, 2.0]
    assert captured(torch.ones(2), 3 * torch.ones(2)).tolist() == [4.0, 4.0]
    with pytest.raises(ValueError, match="zip"):
        captured(torch.ones(2))


def test_forms_are_known_by_name():
    assert step_form(default_form(torch.device("cuda"))).graph
    assert step_form(default_form(torch.device("cpu"))) == step_form("plain")
    with pytest.raises(TrainingError, match=r"plain, search, half.*'fast'"):
        step_form("fast")


@pytest.mark.slow
def test_processes_average_their_gradients_and_start_alike(tmp_path):
    script = tmp_path / "share.py"
    script.write_text(
        "from pathlib import Path\n"
        "import torch\n"
        "from conclvd.pretrain.stage import start\n"
        "from conclvd.train.masters import Masters\n"
        "a = start()\n"
        "torch.manual_seed(a.process_index)\n"
        "layer = torch.nn.Linear(3, 2)\n"
        "masters = Masters(layer, torch.float32)\n"
        "masters.share()\n"
        "before = [p.detach().clone() for p in layer.parameters()]\n"
        "for p in layer.parameters(): p.grad.fill_(1.0 + 2 * a.process_index)\n"
        "masters.step(torch.optim.SGD(layer.parameters(), lr=1.0), 1e9)\n"
        "moved = {round(v, 4) for p, b in zip(layer.parameters(), before)\n"
        "         for v in (b - p).flatten().tolist()}\n"
        "told = [sum(b.sum().item() for b in before), sorted(moved)]\n"
        "Path(__file__).with_name(f'{a.process_index}.txt').write_text(str(told))\n"
        "a.end_training()\n"
    )
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    subprocess.run([*torchrun, script], capture_output=True, check=True)
    first, second = ((tmp_path / f"{rank}.txt").read_text() for rank in (0, 1))
    assert first == second
    assert "[2.0]" in first
