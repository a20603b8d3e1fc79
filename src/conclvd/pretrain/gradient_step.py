"""Forward and backward pass of a training step of the base, in any form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from conclvd.pretrain.directions import direction_loss
from conclvd.pretrain.step_form import StepForm
from conclvd.train.captured import captured
from conclvd.train.losses import add_noise, diffusion_loss, min_snr_weights
from conclvd.train.masters import Masters


class StepInputs(NamedTuple):
    """A batch of latents with their captions, and `told` directions (pretrain.directions)."""

    clean: Float[Tensor, "b c h w"]
    noise: Float[Tensor, "b c h w"]
    steps: Int[Tensor, b]
    tokens: Int[Tensor, "b l"]
    told: Int[Tensor, "b k"]


class StepLosses(NamedTuple):
    """What was minimized, the plain mean squared error of the noise, and logits of directions, the
    mean of all blocks' places (0 without direction heads).

    The next step may overwrite them.
    """

    loss: Float[Tensor, ""]
    mse: Float[Tensor, ""]
    logits: Float[Tensor, "b k"]


class GradientStep:
    """Leaves the gradient of a batch in `masters`, and returns its losses.

    Each shape of latents is prepared for at its first call: compiled, captured. Where a form asks
    for a CUDA graph and none can be captured, the steps run without; `failure` then says why.
    """

    def __init__(
        self,
        denoiser: nn.Module,
        masters: Masters,
        alphas_cumprod: Float[Tensor, " t"],
        form: StepForm,
        *,
        autocast: Callable[[], AbstractContextManager[None]],
        direction_weight: float,
    ) -> None:
        self._masters, self._alphas, self._form = masters, alphas_cumprod, form
        self._on_gpu = alphas_cumprod.device.type == "cuda"
        self._direction_weight = direction_weight
        self._autocast = nullcontext if form.half else autocast
        # No part of it behaves otherwise when it is not training, but diffusers' residual blocks
        # then keep the memory layout of what passes them.
        denoiser.eval()
        self._model: Callable[..., tuple[Tensor, list[Tensor]]] = (
            torch.compile(denoiser, dynamic=False) if form.compile else denoiser
        )
        self._runs: dict[torch.Size, Callable[..., StepLosses]] = {}
        self._pool = torch.cuda.graph_pool_handle() if self._on_gpu else None
        self.failure: str | None = None

    def __call__(self, inputs: StepInputs) -> StepLosses:
        """One forward and backward pass."""
        with _searched(self._form.search):
            shape = inputs.clean.shape
            if shape not in self._runs:
                self._runs[shape] = self._prepared(inputs)
            return self._runs[shape](*inputs)

    def _prepared(self, inputs: StepInputs) -> Callable[..., StepLosses]:
        if not self._form.graph:
            return self._pass
        run, self.failure = captured(self._pass, inputs, self._alphas.device, self._pool)
        return run

    def _pass(self, *given: Tensor) -> StepLosses:
        inputs, form = StepInputs(*given), self._form
        alphas = self._alphas[inputs.steps]
        noisy = add_noise(inputs.clean, inputs.noise, alphas).to(form.dtype)
        if form.channels_last:
            noisy = noisy.contiguous(memory_format=torch.channels_last)
        with self._autocast():
            predicted, heard = self._model(noisy, inputs.steps, inputs.tokens)
        weights = min_snr_weights(alphas)
        loss = diffusion_loss(predicted, inputs.noise, weights)
        if heard:
            loss = loss + self._direction_weight * direction_loss(heard, inputs.told)
        self._masters.differentiate(loss)
        error = diffusion_loss(predicted.detach(), inputs.noise)
        means = [each.detach().float().mean((2, 3)) for each in heard]
        logits = torch.stack(means).mean(0) if means else torch.zeros_like(inputs.told).float()
        return StepLosses(loss.detach(), error, logits)


@contextmanager
def _searched(search: bool) -> Iterator[None]:
    """Let cuDNN time its kernels meanwhile; only for shapes that come again and again."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = search
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
