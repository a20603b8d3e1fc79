"""The motion module: what is added to a frozen Stable Diffusion so that its pictures move.

Layout and weight names are AnimateDiff's, as diffusers has them (docs/method.md section 2). Two
kinds of attention have the same shapes, so what each block *is* travels in the module's config.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel
from diffusers.configuration_utils import register_to_config
from diffusers.models.attention import BasicTransformerBlock
from diffusers.models.unets.unet_motion_model import AnimateDiffTransformer3D
from torch import nn

from conclvd.errors import ModelError
from conclvd.models.attention import (
    ABSENT,
    ATTENTION_KINDS,
    SPARSE_CAUSAL,
    VERSATILE,
    AbsentAttention,
    AddedSparseCausal,
    SparseCausalAttention,
    VersatileAttention,
)

ANIMATEDIFF = (VERSATILE, VERSATILE)


class MotionModule(MotionAdapter):  # type: ignore[misc]  # diffusers ships no types
    """diffusers' `MotionAdapter` that also records its two attentions (section 3.4.1, Fig. 3).

    `attention_kinds` are the first and the second attention of every block, each one of
    `ATTENTION_KINDS`. A third, always sparse-causal, is one added behind the blocks of an
    AnimateDiff module, whose own two stay as they are (`AddedSparseCausal`). A new module is the
    identity: every output projection starts at zero. GroupNorm runs over all frames of a clip, as
    in diffusers (AnimateDiff's own code: a frame).
    """

    @register_to_config  # type: ignore[untyped-decorator]  # likewise
    def __init__(
        self,
        block_out_channels: tuple[int, ...] = (320, 640, 1280, 1280),
        motion_layers_per_block: int = 2,
        motion_num_attention_heads: int = 8,
        motion_norm_num_groups: int = 32,
        motion_max_seq_length: int = 32,
        motion_transformer_layers_per_block: int = 1,
        motion_transformer_layers_per_mid_block: int = 1,
        motion_mid_block_layers_per_block: int = 1,
        use_motion_mid_block: bool = False,
        conv_in_channels: int | None = None,
        attention_kinds: Sequence[str] = (VERSATILE, SPARSE_CAUSAL),
    ) -> None:
        check_attention_kinds(attention_kinds)
        super().__init__(
            block_out_channels=tuple(block_out_channels),
            motion_layers_per_block=motion_layers_per_block,
            motion_transformer_layers_per_block=motion_transformer_layers_per_block,
            motion_mid_block_layers_per_block=motion_mid_block_layers_per_block,
            motion_transformer_layers_per_mid_block=motion_transformer_layers_per_mid_block,
            motion_num_attention_heads=motion_num_attention_heads,
            motion_norm_num_groups=motion_norm_num_groups,
            motion_max_seq_length=motion_max_seq_length,
            use_motion_mid_block=use_motion_mid_block,
            conv_in_channels=conv_in_channels,
        )
        for name, layer in self.named_modules():
            if name.endswith("proj_out"):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)
        if len(attention_kinds) == 3:
            for transformer in motion_transformers(self):
                transformer.transformer_blocks.append(AddedSparseCausal(transformer.in_channels))


def check_attention_kinds(kinds: Sequence[str]) -> None:
    """Raise ModelError unless `kinds` names a block's two attentions, or those and one added."""
    two = len(kinds) in (2, 3) and all(kind in ATTENTION_KINDS for kind in kinds)
    if not two or kinds[0] == ABSENT or list(kinds[2:]) not in ([], [SPARSE_CAUSAL]):
        known = ", ".join(ATTENTION_KINDS)
        raise ModelError(
            f"a motion module names the two attentions of its blocks, each one of {known} (the "
            f"first not {ABSENT}), and {SPARSE_CAUSAL} behind them where one was added; "
            f"found {list(kinds)}"
        )


def attention_kinds(module: MotionAdapter) -> tuple[str, ...]:
    """The attentions of a motion module; a plain `MotionAdapter` is an AnimateDiff one."""
    kinds = tuple(module.config.get("attention_kinds", ANIMATEDIFF))
    check_attention_kinds(kinds)
    return kinds


def motion_transformers(model: nn.Module) -> list[AnimateDiffTransformer3D]:
    """The motion modules inside a video U-Net or a motion adapter, in the order of their names.

    Both name them alike; they hold them in orders of their own, the middle one (AnimateDiff's v2
    has it) first or last.
    """
    parts = sorted(model.named_modules(), key=lambda named: named[0])
    return [part for _, part in parts if isinstance(part, AnimateDiffTransformer3D)]


def motion_blocks(unet: UNet2DConditionModel | UNetMotionModel) -> list[BasicTransformerBlock]:
    """The transformer blocks of all motion modules inside a U-Net, in a fixed order."""
    return [
        block
        for name, block in unet.named_modules()
        if isinstance(block, BasicTransformerBlock) and ".motion_modules." in name
    ]


def set_attention(unet: UNetMotionModel, kinds: Sequence[str]) -> None:
    """Make the two attentions of every motion block what `kinds` says."""
    check_attention_kinds(kinds)
    for block in motion_blocks(unet):
        for attention, kind in zip((block.attn1, block.attn2), kinds[:2], strict=True):
            if kind == VERSATILE:
                attention.set_processor(VersatileAttention())
            elif kind == SPARSE_CAUSAL:
                attention.set_processor(SparseCausalAttention(block.pos_embed))
            else:
                attention.set_processor(AbsentAttention())


def copy_added(module: MotionAdapter, unet: UNetMotionModel) -> None:
    """Give a video U-Net the added attentions of `module`, copied; those it has stay.

    Raises ModelError where the config names an added attention that the module does not have.
    """
    named = len(attention_kinds(module)) == 3
    for source, target in zip(motion_transformers(module), motion_transformers(unet), strict=True):
        last = source.transformer_blocks[-1]
        added = isinstance(last, AddedSparseCausal)
        if named and not added:
            # diffusers' MotionAdapter keeps the config, and leaves out weights it has no place for
            raise ModelError(
                f"{module.config.get('_name_or_path') or 'the motion module'} has an added "
                "sparse-causal attention, which was lost when it was loaded as a MotionAdapter; "
                "load it with conclvd.MotionModule.from_pretrained"
            )
        if added and not isinstance(target.transformer_blocks[-1], AddedSparseCausal):
            target.transformer_blocks.append(copy.deepcopy(last))


@contextmanager
def _without_added(module: MotionAdapter) -> Iterator[None]:
    """`module` in AnimateDiff's layout for a while, as diffusers copies it."""
    taken = [
        (transformer, transformer.transformer_blocks)
        for transformer in motion_transformers(module)
        if isinstance(transformer.transformer_blocks[-1], AddedSparseCausal)
    ]
    for transformer, blocks in taken:
        transformer.transformer_blocks = blocks[:-1]
    try:
        yield
    finally:
        for transformer, blocks in taken:
            transformer.transformer_blocks = blocks


def attach(unet: UNet2DConditionModel, module: MotionAdapter) -> UNetMotionModel:
    """A video U-Net out of an image U-Net and a motion module; both are copied.

    Raises ModelError when the module was made for a U-Net of other sizes, or has lost its added
    attention.
    """
    wanted, found = tuple(unet.config.block_out_channels), tuple(module.config.block_out_channels)
    if wanted != found:
        raise ModelError(
            f"this motion module was made for a U-Net of channels {found}, but the model's are "
            f"{wanted}; use the module that was trained for this model"
        )
    layers, motion_layers = unet.config.layers_per_block, module.config.motion_layers_per_block
    if layers != motion_layers:
        raise ModelError(
            f"this motion module has {motion_layers} layers a block, but the model has {layers}; "
            "use the module that was trained for this model"
        )
    with _without_added(module):
        video = UNetMotionModel.from_unet2d(unet, module)
    copy_added(module, video)
    set_attention(video, attention_kinds(module))
    return video
