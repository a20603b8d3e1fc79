"""A training step of ink-mini's base on random data, and the encoding of clips, to be timed."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from conclvd.models.source import ink_mini
from conclvd.pretrain.autoencoder import new_autoencoder
from conclvd.pretrain.base import BaseRun, Denoiser, new_scheduler, new_unet
from conclvd.pretrain.directions import GOING
from conclvd.pretrain.gradient_step import GradientStep, StepInputs, StepLosses
from conclvd.pretrain.latent_store import encode_frames
from conclvd.pretrain.sizes import ModelSizes
from conclvd.pretrain.stage import start
from conclvd.pretrain.step_form import STEP_FORMS
from conclvd.train.ema import MovingAverage
from conclvd.train.masters import Masters
from conclvd.train.text import encode_captions

VOCABULARY = 3000
CLIPS = 96  # as many as a refresh takes in
CAPTIONS = [
    "a boat on a misty lake at dawn, steep peaks",
    "水墨山水，群峰含雾，一叶扁舟向左漂去",
] * 3


def random_text_encoder(sizes: ModelSizes) -> CLIPTextModel:
    """ink-mini's text encoder, untrained, without its tokenizer."""
    config = CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=sizes.text_width,
        intermediate_size=4 * sizes.text_width,
        num_hidden_layers=sizes.text_layers,
        num_attention_heads=sizes.text_heads,
        max_position_embeddings=sizes.text_tokens,
        bos_token_id=0,
        eos_token_id=1,
    )
    return CLIPTextModel(config)


def wait_for_gpu() -> None:
    """Wait until the GPU, if there is one, has done all that it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


class StepRun:
    """Steps of one form, as `train_base` makes them, on data drawn anew each time."""

    def __init__(self, form: str, batch: int, sizes: ModelSizes) -> None:
        accelerator = start()
        device, chosen = accelerator.device, STEP_FORMS[form]
        denoiser = Denoiser(random_text_encoder(sizes), new_unet(sizes)).to(device)
        self._masters = Masters(
            denoiser, chosen.dtype, accumulates=True, channels_last=chosen.channels_last
        )
        weights = self._masters.weights.values()
        self._average = MovingAverage(weights)
        self._optimizer = torch.optim.AdamW(weights, lr=1e-4, fused=device.type == "cuda")
        alphas = new_scheduler().alphas_cumprod.to(device)
        self.gradients = GradientStep(
            denoiser,
            self._masters,
            alphas,
            chosen,
            autocast=accelerator.autocast,
            direction_weight=BaseRun.direction_weight,
        )
        self._batch, self._sizes, self._device = batch, sizes, device

    def __call__(self) -> StepLosses:
        """Make one step."""
        shape = (self._batch, *self._sizes.latent(self._sizes.square))
        clean, noise = torch.randn(2, *shape, device=self._device)
        inputs = StepInputs(
            clean=clean,
            noise=noise,
            steps=self._integers(1000, self._batch),
            tokens=self._integers(VOCABULARY, self._batch, self._sizes.text_tokens).int(),
            told=self._integers(3, self._batch, len(GOING)) - 1,
        )
        losses = self.gradients(inputs)
        self._masters.collect()
        self._masters.step(self._optimizer, 1.0)
        self._average.update()
        return losses

    def _integers(self, below: int, *shape: int) -> Tensor:
        return torch.randint(below, shape, device=self._device)


def encoding(sizes: ModelSizes, *, half: bool) -> dict[str, object]:
    """Milliseconds for two frames each of CLIPS clips, as a refresh encodes them, and captions."""
    device = start().device
    tokenizer = CLIPTokenizer.from_pretrained(ink_mini() / "tokenizer")
    vae = new_autoencoder(sizes).requires_grad_(False)
    if half:
        vae.to(dtype=torch.bfloat16)
    vae.to(device, memory_format=torch.channels_last)
    shape = (CLIPS, 2, sizes.picture, sizes.picture, 3)
    frames = torch.randint(0, 255, shape, dtype=torch.uint8).to(device)
    return {
        "ms": best_ms(lambda: encode_frames(vae, frames)),
        "captions ms": best_ms(lambda: encode_captions(tokenizer, CAPTIONS * CLIPS)),
    }


def best_ms(work: Callable[[], object], times: int = 3) -> float:
    """The least milliseconds of several runs."""
    taken = []
    for _ in range(times):
        wait_for_gpu()
        began = time.perf_counter()
        work()
        wait_for_gpu()
        taken.append(1000 * (time.perf_counter() - began))
    return min(taken)
