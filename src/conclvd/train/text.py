"""Captions as token tensors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor
from transformers import CLIPTokenizer


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
