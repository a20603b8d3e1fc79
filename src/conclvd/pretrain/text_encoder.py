"""The text encoder that ink-mini's captions go into."""

from __future__ import annotations

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
