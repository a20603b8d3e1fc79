"""A complete Stable Diffusion folder with random weights, small enough to run in a test."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from tokenizers.pre_tokenizers import ByteLevel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from conclvd.models.attention import SPARSE_CAUSAL, VERSATILE
from conclvd.models.motion import MotionModule
from conclvd.models.weights import save_motion_module

TOKENS = 24
TEXT_WIDTH = 16
CHANNELS = (16, 16, 32, 32)
GROUPS = 8
SIZE = 64  # pixels; the latents are an eighth of it
VOCABULARY = {
    "en": ["a", "misty", "boat", "drifts", "to", "the", "left", "ink", "wash", "mountains"],
    "zh": ["水墨", "山", "小船", "向左", "漂"],
}


def tiny_base(
    folder: Path,
    *,
    latent_channels: int = 4,
    attention_kinds: tuple[str, str] = (VERSATILE, SPARSE_CAUSAL),
    vocabulary: bool = True,
) -> Path:
    """Write a tiny base with its motion module into `folder` and return it."""
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    tiny_tokenizer().save_pretrained(folder / "tokenizer")
    tiny_text_encoder().save_pretrained(folder / "text_encoder")
    tiny_unet(latent_channels).save_pretrained(folder / "unet")
    tiny_vae(latent_channels).save_pretrained(folder / "vae")
    tiny_scheduler().save_pretrained(folder / "scheduler")
    save_motion_module(tiny_motion(attention_kinds), folder / "motion_adapter")
    (folder / "model_index.json").write_text(json.dumps(MODEL_INDEX))
    if vocabulary:
        (folder / "vocabulary.json").write_text(json.dumps(VOCABULARY), encoding="utf-8")
    return folder


MODEL_INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.30.0",
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def tiny_tokenizer() -> CLIPTokenizer:
    """Byte-level BPE without a single merge: one token a byte."""
    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocab = {word: number for number, word in enumerate(words)}
    return CLIPTokenizer(vocab=vocab, merges=[], model_max_length=TOKENS)


def tiny_text_encoder() -> CLIPTextModel:
    tokenizer = tiny_tokenizer()
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=2 * TEXT_WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config).eval()


def tiny_unet(
    latent_channels: int = 4, channels: tuple[int, ...] = CHANNELS
) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=SIZE // 8,
        in_channels=latent_channels,
        out_channels=latent_channels,
        block_out_channels=channels,
        layers_per_block=1,
        norm_num_groups=GROUPS,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=2,
    ).eval()


def tiny_vae(latent_channels: int = 4) -> AutoencoderKL:
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16),
        latent_channels=latent_channels,
        norm_num_groups=4,
        sample_size=SIZE,
        scaling_factor=0.18215,
    ).eval()


def tiny_scheduler() -> DDIMScheduler:
    """Stable Diffusion's own: scaled-linear betas, which video generation replaces."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def tiny_motion(
    attention_kinds: tuple[str, str] = (VERSATILE, SPARSE_CAUSAL),
    *,
    channels: tuple[int, ...] = CHANNELS,
    active: bool = True,
) -> MotionModule:
    """A motion module for `tiny_unet`; `active` ones are not the identity."""
    module = MotionModule(
        block_out_channels=channels,
        motion_layers_per_block=1,
        motion_num_attention_heads=2,
        motion_norm_num_groups=GROUPS,
        motion_max_seq_length=16,
        attention_kinds=attention_kinds,
    )
    if active:
        generator = torch.Generator().manual_seed(1)
        for name, layer in module.named_modules():
            if name.endswith("proj_out"):
                nn.init.normal_(layer.weight, std=0.2, generator=generator)
    return module.eval()
