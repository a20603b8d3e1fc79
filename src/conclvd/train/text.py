"""Captions as token tensors, and the text encoder they go into."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from conclvd.pretrain.sizes import ModelSizes


def text_config(sizes: ModelSizes, tokenizer: CLIPTokenizer) -> CLIPTextConfig:
    """The configuration of ink-mini's text encoder for a tokenizer."""
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=sizes.text_width,
        intermediate_size=4 * sizes.text_width,
        num_hidden_layers=sizes.text_layers,
        num_attention_heads=sizes.text_heads,
        max_position_embeddings=sizes.text_tokens,
        projection_dim=sizes.judge_width,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def new_text_encoder(sizes: ModelSizes, tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """An untrained text encoder."""
    return CLIPTextModel(text_config(sizes, tokenizer))


def encode_captions(tokenizer: CLIPTokenizer, captions: Sequence[str]) -> Int[Tensor, "b l"]:
    """Token ids, padded and cut to the encoder's length as the pipeline does it."""
    ids: Tensor = tokenizer(
        list(captions),
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    ).input_ids
    return ids.to(torch.int32)


class KnownCaptions:
    """Token ids of captions, each encoded once: a run sees a clip's captions again and again."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, Int[Tensor, " l"]] = {}

    def encode(self, captions: Sequence[str]) -> Int[Tensor, "b l"]:
        """What `encode_captions` returns."""
        new = list({caption for caption in captions if caption not in self._known})
        if new:
            self._known.update(zip(new, encode_captions(self._tokenizer, new), strict=True))
        return torch.stack([self._known[caption] for caption in captions])
