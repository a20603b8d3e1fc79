"""The motion module inside a U-Net."""

from __future__ import annotations

import pytest
import torch
from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel
from torch import Tensor

from conclvd.errors import ModelError
from conclvd.models.attention import (
    SPARSE_CAUSAL,
    VERSATILE,
    SparseCausalAttention,
    VersatileAttention,
)
from conclvd.models.motion import (
    ANIMATEDIFF,
    MotionModule,
    attach,
    attention_kinds,
    motion_blocks,
)
from tiny import CHANNELS, TEXT_WIDTH, TOKENS, tiny_motion, tiny_unet

FRAMES = 5
CONCLVD = (VERSATILE, SPARSE_CAUSAL)


@pytest.fixture(scope="module")
def unet() -> UNet2DConditionModel:
    torch.manual_seed(0)
    return tiny_unet()


@pytest.fixture(scope="module")
def latents() -> Tensor:
    return torch.randn(1, 4, FRAMES, 8, 8, generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module")
def text() -> Tensor:
    words = torch.randn(1, TOKENS, TEXT_WIDTH, generator=torch.Generator().manual_seed(3))
    return words.expand(FRAMES, -1, -1)


@torch.no_grad()
def predict(video: UNetMotionModel, latents: Tensor, text: Tensor) -> Tensor:
    return video.eval()(latents, 10, text).sample


@pytest.mark.parametrize("kinds", [CONCLVD, ANIMATEDIFF])
def test_a_new_module_is_the_identity(
    unet: UNet2DConditionModel, latents: Tensor, text: Tensor, kinds: tuple[str, str]
) -> None:
    video = attach(unet, tiny_motion(kinds, active=False))
    with torch.no_grad():
        pictures = unet(latents[0].transpose(0, 1), 10, text).sample
    torch.testing.assert_close(predict(video, latents, text)[0].transpose(0, 1), pictures)


def test_the_kinds_decide_what_a_video_is(
    unet: UNet2DConditionModel, latents: Tensor, text: Tensor
) -> None:
    """Same weights, other attention: the trap that the config is for."""
    ours = predict(attach(unet, tiny_motion(CONCLVD)), latents, text)
    theirs = predict(attach(unet, tiny_motion(ANIMATEDIFF)), latents, text)
    assert (ours - theirs).abs().max() > 1e-2


def test_every_block_gets_the_two_processors_of_its_kinds(unet: UNet2DConditionModel) -> None:
    blocks = motion_blocks(attach(unet, tiny_motion(CONCLVD)))
    assert len(blocks) == 4 + 4 * 2  # one a layer, and up blocks have one layer more
    for block in blocks:
        assert isinstance(block.attn1.processor, VersatileAttention)
        assert isinstance(block.attn2.processor, SparseCausalAttention)


def test_animatediff_kinds_agree_with_diffusers_itself(
    unet: UNet2DConditionModel, latents: Tensor, text: Tensor
) -> None:
    module = tiny_motion(ANIMATEDIFF)
    theirs = UNetMotionModel.from_unet2d(unet, module)
    torch.testing.assert_close(
        predict(attach(unet, module), latents, text),
        predict(theirs, latents, text),
        rtol=1e-4,
        atol=1e-5,
    )


def test_queries_and_keys_of_the_second_attention_get_no_gradient(
    unet: UNet2DConditionModel, latents: Tensor, text: Tensor
) -> None:
    video = attach(unet, tiny_motion(CONCLVD)).train()
    video.requires_grad_(True)
    video(latents, 10, text).sample.square().mean().backward()
    for block in motion_blocks(video):
        assert block.attn2.to_q.weight.grad is None
        assert block.attn2.to_k.weight.grad is None
        assert block.attn2.to_v.weight.grad.abs().max() > 0
        assert block.attn1.to_q.weight.grad.abs().max() > 0


def test_a_plain_adapter_is_animatediff() -> None:
    assert attention_kinds(MotionAdapter(block_out_channels=(8,), motion_norm_num_groups=8)) == (
        VERSATILE,
        VERSATILE,
    )


@pytest.mark.parametrize("kinds", [(VERSATILE,), (VERSATILE, "causal"), ()])
def test_unknown_kinds_are_refused(kinds: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match="two attentions"):
        MotionModule(block_out_channels=(8,), motion_norm_num_groups=8, attention_kinds=kinds)


def test_a_module_of_other_channels_is_refused(unet: UNet2DConditionModel) -> None:
    other = tiny_motion(channels=(16, 16, 16, 16))
    with pytest.raises(ModelError, match=r"\(16, 16, 16, 16\).*\(16, 16, 32, 32\)"):
        attach(unet, other)


def test_a_module_of_other_depth_is_refused(unet: UNet2DConditionModel) -> None:
    deep = MotionModule(
        block_out_channels=CHANNELS, motion_layers_per_block=2, motion_norm_num_groups=8
    )
    with pytest.raises(ModelError, match=r"\b2\b.*\b1\b"):
        attach(unet, deep)
