"""What learns, in which format, how fast, and the figures of a step."""

from __future__ import annotations

import pytest
import torch
from diffusers import UNetMotionModel

from conclvd.models.attention import VERSATILE
from conclvd.models.base import Base
from conclvd.models.motion import attach
from conclvd.train.device import learning_rate_at
from conclvd.train.model import build_model, keep_transposed
from conclvd.train.objective import Losses, Tally, batch_losses, means
from conclvd.train.samples import Batch
from conclvd.train.video_denoiser import freeze, learning
from tiny import tiny_motion

pytestmark = pytest.mark.slow


def test_only_motion_module_and_adapter_change(base: Base, settings) -> None:
    given = settings()
    module = tiny_motion()
    model = build_model(base.unet, module, given, noise_size=4 * 8 * 8, frozen_dtype=torch.float32)
    before = {name: p.clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.AdamW(learning(model).values(), lr=0.1)
    batch = Batch(
        torch.randn(1, 6, 4, 8, 8), torch.randn(1, 6, 4, 8, 8), torch.tensor([9]),
        torch.randn(1, 24, 16),
    )  # fmt: skip
    losses = batch_losses(model, batch, torch.linspace(0.99, 0.01, 1000), given, 0.07)
    losses.total.backward()
    optimizer.step()
    changed = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert changed == set(learning(model))
    wanted = ("motion_modules.", "adapter.layers.")
    assert all(any(part in name for part in wanted) for name in changed)
    still = set(before) - changed
    useless = {name for name in still if "motion_modules." in name}
    assert useless
    assert all("attn2.to_q" in name or "attn2.to_k" in name for name in useless)


def test_frozen_weights_are_half_and_masters_float(base: Base, settings) -> None:
    model = build_model(
        base.unet, tiny_motion(), settings(), noise_size=256, frozen_dtype=torch.bfloat16
    )
    kinds = {(p.requires_grad, p.dtype) for p in model.parameters()}
    assert kinds == {(True, torch.float32), (False, torch.bfloat16)}


def test_wide_frozen_convolutions_are_stored_transposed_and_give_the_same(base: Base) -> None:
    unet = attach(base.unet, tiny_motion())
    freeze(unet, (VERSATILE, "none"))
    learns = "mid_block.resnets.0.conv1"
    unet.get_submodule(learns).requires_grad_(True)
    given = torch.randn(1, 4, 6, 8, 8), torch.tensor([9]), torch.randn(6, 24, 16)
    before = unet(*given).sample
    widest = max(c.out_channels for c in convolutions(unet).values())
    keep_transposed(unet, widest)
    turned = {
        name
        for name, c in convolutions(unet).items()
        if c.weight.is_contiguous(memory_format=torch.channels_last)
        and not c.weight.is_contiguous()
    }
    assert "mid_block.resnets.0.conv2" in turned
    assert not {"conv_in", "conv_out", learns} & turned
    layouts = []
    for name in turned:
        layer = unet.get_submodule(name)
        layer.register_forward_hook(lambda *given: layouts.append(given[2].is_contiguous()))
    torch.testing.assert_close(unet(*given).sample, before)
    assert all(layouts)
    assert len(layouts) == len(turned)


def convolutions(unet: UNetMotionModel) -> dict[str, torch.nn.Conv2d]:
    return {n: part for n, part in unet.named_modules() if isinstance(part, torch.nn.Conv2d)}


def test_learning_rates(settings) -> None:
    def rates(name: str) -> list[float]:
        given = {"learning_rate": 1.0, "lr_warmup_steps": 2, "max_train_steps": 6}
        chosen = settings(lr_scheduler=name, **given)
        return [round(learning_rate_at(step, chosen), 3) for step in range(6)]

    assert rates("constant") == [0.5, 1, 1, 1, 1, 1]
    assert rates("linear") == [0.5, 1, 1, 0.75, 0.5, 0.25]
    assert rates("cosine") == [0.5, 1, 1, 0.854, 0.5, 0.146]


def test_the_tally_is_by_quarter_and_leaves_out_what_is_unknown() -> None:
    tally = Tally(torch.device("cpu"), 1000, 2)
    unknown = torch.tensor(float("nan"))
    for losses, steps in (
        (
            Losses(
                unknown,
                torch.tensor([1.0, 3.0]),
                torch.tensor(0.5),
                unknown,
                torch.tensor([0.4, -0.6]),
            ),
            [0, 249],
        ),
        (
            Losses(
                unknown,
                torch.tensor([5.0, 7.0]),
                torch.tensor(1.5),
                torch.tensor(1.0),
                torch.tensor([0.2, 0.0]),
            ),
            [250, 999],
        ),
    ):
        tally.add(losses, torch.tensor(steps))
    assert means(tally.sums()) == pytest.approx(
        {
            "loss_diff": 4.0,
            "loss_diff_q1": 2.0,
            "loss_diff_q2": 5.0,
            "loss_diff_q4": 7.0,
            "loss_con": 1.0,
            "contrastive_accuracy": 1.0,
            "frame_offset": 0.3,
        }
    )


def test_what_freeze_leaves_is_what_attention_uses(base: Base) -> None:
    module = tiny_motion((VERSATILE, "none"))
    unet = attach(base.unet, module)
    freeze(unet, (VERSATILE, "none"))
    left = [name for name, p in unet.named_parameters() if p.requires_grad]
    assert left
    assert all("motion_modules." in name for name in left)
    assert not any("attn2" in name or "norm2" in name for name in left)
