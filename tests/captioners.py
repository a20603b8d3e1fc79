"""Tiny image-to-text models with random weights, saved as folders like those of the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    BlipConfig,
    BlipForConditionalGeneration,
    BlipProcessor,
    CLIPVisionConfig,
    GPT2Config,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
    ViTConfig,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

SIDE = 32
SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "<image>")
WORDS = ("a", "boat", "mist", "hills", "pine", "on", "the", "lake", "ink", "wash", "舟", "山")
LIVELY = {"initializer_range": 0.3}  # as is usual, what is seen hardly changes what is said
LAYERS = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, **LIVELY}
SIGHT = {**LAYERS, "num_attention_heads": 2, "image_size": SIDE, "patch_size": 16}
SIZE = {"height": SIDE, "width": SIDE}
CHAT = (
    "{% for part in messages[0]['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
)


def tokenizer(ends: Sequence[tuple[str, int]] = ()) -> PreTrainedTokenizerFast:
    words = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    model = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    model.pre_tokenizer = Whitespace()
    if ends:
        model.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=model,
        pad_token="[PAD]",
        bos_token="[CLS]",
        cls_token="[CLS]",
        eos_token="[SEP]",
        sep_token="[SEP]",
        unk_token="[UNK]",
        extra_special_tokens={"image_token": "<image>"},
    )


def blip(folder: Path) -> Path:
    """A captioner with a processor of its own."""
    torch.manual_seed(0)
    ids = {"bos_token_id": 1, "sep_token_id": 2, "eos_token_id": 2, "pad_token_id": 0}
    text = {**LAYERS, "num_attention_heads": 2, "vocab_size": len(SPECIAL + WORDS), **ids}
    config = BlipConfig(text_config={**text, "encoder_hidden_size": 16}, vision_config=SIGHT)
    BlipForConditionalGeneration(config).save_pretrained(folder)
    words = tokenizer([("[CLS]", 1), ("[SEP]", 2)])
    BlipProcessor(BlipImageProcessorPil(size=SIZE), words).save_pretrained(folder)
    return folder


def vit_gpt2(folder: Path) -> Path:
    """Two models joined, whose folder has an image processor and a tokenizer apart."""
    torch.manual_seed(0)
    reader = GPT2Config(
        n_embd=16, n_layer=1, n_head=2, vocab_size=len(SPECIAL + WORDS), n_positions=128,
        add_cross_attention=True, is_decoder=True, bos_token_id=1, eos_token_id=2, **LIVELY,
    )  # fmt: skip
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(ViTConfig(**SIGHT), reader)
    config.decoder_start_token_id, config.pad_token_id = 1, 0
    model = VisionEncoderDecoderModel(config)
    model.generation_config.decoder_start_token_id = 1
    model.generation_config.pad_token_id = 0
    model.save_pretrained(folder)
    ViTImageProcessorPil(size=SIZE).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def llava(folder: Path) -> Path:
    """A chat model that sees."""
    torch.manual_seed(0)
    text = LlamaConfig(
        **LAYERS, num_attention_heads=2, num_key_value_heads=2, vocab_size=len(SPECIAL + WORDS),
        max_position_embeddings=256, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**SIGHT, projection_dim=16),
        text_config=text,
        image_token_index=SPECIAL.index("<image>"),
        vision_feature_layer=-1,
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    looks = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=SIZE)
    LlavaProcessor(
        looks, tokenizer(), patch_size=16, vision_feature_select_strategy="default",
        num_additional_image_tokens=1, chat_template=CHAT,
    ).save_pretrained(folder)  # fmt: skip
    return folder
