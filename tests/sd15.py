"""Stable Diffusion 1.5's settings, every weight name and shape of it, and its original layout.

Written down independently of diffusers, after the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

Shapes = dict[str, tuple[int, ...]]

UNET: dict[str, Any] = {
    "sample_size": 64,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
    "norm_num_groups": 32,
}
VAE: dict[str, Any] = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 512,
}
TEXT: dict[str, Any] = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 77,
    "hidden_act": "quick_gelu",
    "projection_dim": 768,
}
TIME = 1280
TEXT_WIDTH = 768


def affine(name: str, *shape: int) -> Shapes:
    """A weight of `shape` and a bias of its first side."""
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def resnet(name: str, inputs: int, outputs: int, *, time: bool = True) -> Shapes:
    shapes = {
        **affine(f"{name}.norm1", inputs),
        **affine(f"{name}.conv1", outputs, inputs, 3, 3),
        **affine(f"{name}.norm2", outputs),
        **affine(f"{name}.conv2", outputs, outputs, 3, 3),
    }
    if time:
        shapes |= affine(f"{name}.time_emb_proj", outputs, TIME)
    if inputs != outputs:
        shapes |= affine(f"{name}.conv_shortcut", outputs, inputs, 1, 1)
    return shapes


def block(name: str, width: int, context: int) -> Shapes:
    """A transformer block whose second attention reads something `context` wide."""
    shapes: Shapes = {}
    for number, keys in ((1, width), (2, context)):
        shapes |= {
            f"{name}.attn{number}.to_q.weight": (width, width),
            f"{name}.attn{number}.to_k.weight": (width, keys),
            f"{name}.attn{number}.to_v.weight": (width, keys),
            **affine(f"{name}.attn{number}.to_out.0", width, width),
        }
    for number in (1, 2, 3):
        shapes |= affine(f"{name}.norm{number}", width)
    shapes |= affine(f"{name}.ff.net.0.proj", 8 * width, width)
    return shapes | affine(f"{name}.ff.net.2", width, 4 * width)


def image_attention(name: str, width: int) -> Shapes:
    return {
        **affine(f"{name}.norm", width),
        **affine(f"{name}.proj_in", width, width, 1, 1),
        **block(f"{name}.transformer_blocks.0", width, TEXT_WIDTH),
        **affine(f"{name}.proj_out", width, width, 1, 1),
    }


def unet_shapes() -> Shapes:
    widths = (320, 640, 1280, 1280)
    shapes = {
        **affine("conv_in", 320, 4, 3, 3),
        **affine("time_embedding.linear_1", TIME, 320),
        **affine("time_embedding.linear_2", TIME, TIME),
    }
    skips, last = [320], 320
    for number, width in enumerate(widths):
        here = f"down_blocks.{number}"
        for layer in (0, 1):
            shapes |= resnet(f"{here}.resnets.{layer}", last, width)
            if number < 3:
                shapes |= image_attention(f"{here}.attentions.{layer}", width)
            last = width
            skips.append(width)
        if number < 3:
            shapes |= affine(f"{here}.downsamplers.0.conv", width, width, 3, 3)
            skips.append(width)
    for layer in (0, 1):
        shapes |= resnet(f"mid_block.resnets.{layer}", 1280, 1280)
    shapes |= image_attention("mid_block.attentions.0", 1280)
    for number, width in enumerate(reversed(widths)):
        here = f"up_blocks.{number}"
        for layer in (0, 1, 2):
            shapes |= resnet(f"{here}.resnets.{layer}", last + skips.pop(), width)
            if number > 0:
                shapes |= image_attention(f"{here}.attentions.{layer}", width)
            last = width
        if number < 3:
            shapes |= affine(f"{here}.upsamplers.0.conv", width, width, 3, 3)
    return shapes | affine("conv_norm_out", 320) | affine("conv_out", 4, 320, 3, 3)


def vae_shapes() -> Shapes:
    shapes = affine("quant_conv", 8, 8, 1, 1) | affine("post_quant_conv", 4, 4, 1, 1)
    sides = (
        ("encoder", "down_blocks", "downsamplers", (128, 256, 512, 512), 2, 128),
        ("decoder", "up_blocks", "upsamplers", (512, 512, 256, 128), 3, 512),
    )
    for side, blocks, samplers, widths, layers, last in sides:
        inputs, outputs = (3, 8) if side == "encoder" else (4, 3)
        shapes |= affine(f"{side}.conv_in", last, inputs, 3, 3)
        for number, width in enumerate(widths):
            here = f"{side}.{blocks}.{number}"
            for layer in range(layers):
                shapes |= resnet(f"{here}.resnets.{layer}", last, width, time=False)
                last = width
            if number < 3:
                shapes |= affine(f"{here}.{samplers}.0.conv", width, width, 3, 3)
        for layer in (0, 1):
            shapes |= resnet(f"{side}.mid_block.resnets.{layer}", 512, 512, time=False)
        attention = f"{side}.mid_block.attentions.0"
        shapes |= affine(f"{attention}.group_norm", 512)
        for part in ("to_q", "to_k", "to_v", "to_out.0"):
            shapes |= affine(f"{attention}.{part}", 512, 512)
        shapes |= affine(f"{side}.conv_norm_out", last)
        shapes |= affine(f"{side}.conv_out", outputs, last, 3, 3)
    return shapes


def text_shapes() -> Shapes:
    """Without the `text_model.` that the names in files begin with."""
    shapes: Shapes = {
        "embeddings.token_embedding.weight": (49408, TEXT_WIDTH),
        "embeddings.position_embedding.weight": (77, TEXT_WIDTH),
        **affine("final_layer_norm", TEXT_WIDTH),
    }
    for number in range(12):
        here = f"encoder.layers.{number}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes |= affine(f"{here}.self_attn.{part}", TEXT_WIDTH, TEXT_WIDTH)
        shapes |= affine(f"{here}.layer_norm1", TEXT_WIDTH)
        shapes |= affine(f"{here}.layer_norm2", TEXT_WIDTH)
        shapes |= affine(f"{here}.mlp.fc1", 4 * TEXT_WIDTH, TEXT_WIDTH)
        shapes |= affine(f"{here}.mlp.fc2", TEXT_WIDTH, 4 * TEXT_WIDTH)
    return shapes


def motion_layers(*, middle: bool) -> dict[str, int]:
    """Where the motion layers are in a video U-Net, and how wide."""
    widths = (320, 640, 1280, 1280)
    down = {f"down_blocks.{n}.motion_modules.{i}": widths[n] for n in range(4) for i in range(2)}
    up = {f"up_blocks.{n}.motion_modules.{i}": widths[3 - n] for n in range(4) for i in range(3)}
    return down | up | ({"mid_block.motion_modules.0": 1280} if middle else {})


def motion_shapes(*, middle: bool) -> Shapes:
    shapes: Shapes = {}
    for name, width in motion_layers(middle=middle).items():
        shapes |= affine(f"{name}.norm", width)
        shapes |= affine(f"{name}.proj_in", width, width)
        shapes |= block(f"{name}.transformer_blocks.0", width, width)
        shapes |= affine(f"{name}.proj_out", width, width)
    return shapes


def animatediff_shapes(*, middle: bool, positions: int) -> Shapes:
    """The motion module as AnimateDiff's own files have it: v1 (24 positions), v2 (middle), v3."""
    shapes: Shapes = {}
    for place, width in motion_layers(middle=middle).items():
        name = f"{place}.temporal_transformer"
        for part in ("norm", "proj_in", "proj_out"):
            shapes |= affine(f"{name}.{part}", *((width,) if part == "norm" else (width, width)))
        inner = f"{name}.transformer_blocks.0"
        for number in (0, 1):
            attention = f"{inner}.attention_blocks.{number}"
            for part in ("to_q", "to_k", "to_v"):
                shapes[f"{attention}.{part}.weight"] = (width, width)
            shapes |= affine(f"{attention}.to_out.0", width, width)
            shapes[f"{attention}.pos_encoder.pe"] = (1, positions, width)
            shapes |= affine(f"{inner}.norms.{number}", width)
        shapes |= affine(f"{inner}.ff.net.0.proj", 8 * width, width)
        shapes |= affine(f"{inner}.ff.net.2", width, 4 * width)
        shapes |= affine(f"{inner}.ff_norm", width)
    return shapes


UNET_STEMS = {
    "time_embedding.linear_1.": "time_embed.0.",
    "time_embedding.linear_2.": "time_embed.2.",
    "conv_in.": "input_blocks.0.0.",
    "conv_norm_out.": "out.0.",
    "conv_out.": "out.2.",
    "mid_block.resnets.0.": "middle_block.0.",
    "mid_block.attentions.0.": "middle_block.1.",
    "mid_block.resnets.1.": "middle_block.2.",
    **{
        f"down_blocks.{i}.downsamplers.0.conv.": f"input_blocks.{3 * i + 3}.0.op." for i in range(3)
    },
    **{
        f"up_blocks.{i}.upsamplers.0.": f"output_blocks.{3 * i + 2}.{1 if i == 0 else 2}."
        for i in range(3)
    },
    **{
        f"down_blocks.{i}.{kind}.{j}.": f"input_blocks.{3 * i + j + 1}.{place}."
        for i in range(4)
        for j in range(2)
        for place, kind in enumerate(("resnets", "attentions"))
    },
    **{
        f"up_blocks.{i}.{kind}.{j}.": f"output_blocks.{3 * i + j}.{place}."
        for i in range(4)
        for j in range(3)
        for place, kind in enumerate(("resnets", "attentions"))
    },
}
UNET_LEAVES = {
    ".norm1.": ".in_layers.0.",
    ".conv1.": ".in_layers.2.",
    ".norm2.": ".out_layers.0.",
    ".conv2.": ".out_layers.3.",
    ".time_emb_proj.": ".emb_layers.1.",
    ".conv_shortcut.": ".skip_connection.",
}
VAE_PARTS = {
    "conv_shortcut": "nin_shortcut",
    "conv_norm_out": "norm_out",
    "mid_block.attentions.0.group_norm": "mid.attn_1.norm",
    "mid_block.attentions.0.to_q": "mid.attn_1.q",
    "mid_block.attentions.0.to_k": "mid.attn_1.k",
    "mid_block.attentions.0.to_v": "mid.attn_1.v",
    "mid_block.attentions.0.to_out.0": "mid.attn_1.proj_out",
    "mid_block.resnets.0": "mid.block_1",
    "mid_block.resnets.1": "mid.block_2",
    **{f"down_blocks.{i}.downsamplers.0": f"down.{i}.downsample" for i in range(4)},
    **{f"up_blocks.{i}.upsamplers.0": f"up.{3 - i}.upsample" for i in range(4)},
    **{f"down_blocks.{i}.resnets": f"down.{i}.block" for i in range(4)},
    **{f"up_blocks.{i}.resnets": f"up.{3 - i}.block" for i in range(4)},
}


def original_checkpoint(
    unet: Mapping[str, Tensor], vae: Mapping[str, Tensor], text: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The three state dicts in one, under the names of the original checkpoints."""
    return {
        **{f"model.diffusion_model.{_unet_name(name)}": value for name, value in unet.items()},
        **{
            f"first_stage_model.{_vae_name(name)}": (
                value[:, :, None, None]  # its attention was made of 1x1 convolutions
                if ".attentions." in name and value.ndim == 2
                else value
            )
            for name, value in vae.items()
        },
        **{
            "cond_stage_model.transformer.text_model." + name.removeprefix("text_model."): value
            for name, value in text.items()
        },
    }


def _unet_name(name: str) -> str:
    stem = next(stem for stem in UNET_STEMS if name.startswith(stem))
    renamed = UNET_STEMS[stem] + name.removeprefix(stem)
    if ".resnets." in name:
        for ours, theirs in UNET_LEAVES.items():
            renamed = renamed.replace(ours, theirs)
    return renamed


def _vae_name(name: str) -> str:
    for ours, theirs in VAE_PARTS.items():
        name = name.replace(ours, theirs)
    return name
