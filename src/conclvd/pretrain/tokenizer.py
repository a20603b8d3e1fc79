"""A byte-level BPE tokenizer in CLIP's format, trained on English and Chinese captions."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, pre_tokenizers, trainers
from tokenizers.models import BPE
from transformers import CLIPTokenizer

START, END, WORD_END = "<|startoftext|>", "<|endoftext|>", "</w>"


def train_tokenizer(captions: Iterable[str], *, vocabulary: int, max_tokens: int) -> CLIPTokenizer:
    """Learn merges from `captions`; the result has at most `vocabulary` tokens.

    Normalisation and splitting are CLIP's own, so any text can be encoded: all 256 bytes are
    tokens, inside a word and at its end.
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner = Tokenizer(BPE(end_of_word_suffix=WORD_END))
    blank = CLIPTokenizer().backend_tokenizer
    learner.normalizer, learner.pre_tokenizer = blank.normalizer, blank.pre_tokenizer
    learner.train_from_iterator(
        captions,
        trainers.BpeTrainer(
            vocab_size=vocabulary - len(alphabet) - 2,
            initial_alphabet=alphabet,
            end_of_word_suffix=WORD_END,
            show_progress=False,
        ),
    )
    merges = [(left, right) for left, right in json.loads(learner.to_str())["model"]["merges"]]
    tokens = [*alphabet, *(letter + WORD_END for letter in alphabet)]
    tokens += [left + right for left, right in merges]
    tokens += [START, END]
    return CLIPTokenizer(
        vocab={token: i for i, token in enumerate(dict.fromkeys(tokens))},
        merges=merges,
        model_max_length=max_tokens,
    )
