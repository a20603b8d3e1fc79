"""Forward and backward pass of a training step of the base, in any form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from conclvd.train.captured import Captured
from conclvd.train.flat_weights import FlatWeights
from conclvd.train.losses import add_noise, diffusion_loss, min_snr_weights
from conclvd.train.step_form import StepForm


class StepLosses(NamedTuple):
    """What was minimized, and the plain mean squared error. The next step may overwrite them."""

    loss: Float[Tensor, ""]
    mse: Float[Tensor, ""]


class GradientStep:
    """Leaves the gradient of a batch in `weights`, and returns its losses.

    Every call must have inputs of the same shapes. Where a form asks for a CUDA graph and none can
    be captured, the steps run without; `failure` then says why.
    """

    def __init__(
        self,
        denoiser: nn.Module,
        weights: FlatWeights,
        alphas_cumprod: Float[Tensor, " t"],
        form: StepForm,
        autocast: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._weights, self._alphas, self._form = weights, alphas_cumprod, form
        self._autocast = nullcontext if form.half else autocast
        # No part of it behaves otherwise when it is not training, but diffusers' residual blocks
        # then keep the memory layout of what passes them.
        denoiser.eval()
        self._model: Callable[..., Tensor] = (
            torch.compile(denoiser, dynamic=False) if form.compile else denoiser
        )
        self._run: Callable[..., StepLosses] | None = None
        self.failure: str | None = None

    def __call__(
        self,
        clean: Float[Tensor, "b c h w"],
        noise: Float[Tensor, "b c h w"],
        steps: Int[Tensor, b],
        tokens: Int[Tensor, "b l"],
        places: Float[Tensor, "b 1 h w"] | None = None,
    ) -> StepLosses:
        """One forward and backward pass; `places` weigh the error within a picture."""
        inputs = [clean, noise, steps, tokens] + ([] if places is None else [places])
        with _searched(self._form.search):
            if self._run is None:
                self._run = self._prepared(inputs)
            return self._run(*inputs)

    def _prepared(self, inputs: list[Tensor]) -> Callable[..., StepLosses]:
        if self._form.graph:
            try:
                return Captured(self._pass, inputs)
            except RuntimeError as error:
                self.failure = f"no CUDA graph: {error}"
        return self._pass

    def _pass(
        self,
        clean: Tensor,
        noise: Tensor,
        steps: Tensor,
        tokens: Tensor,
        places: Tensor | None = None,
    ) -> StepLosses:
        form, alphas = self._form, self._alphas[steps]
        noisy = add_noise(clean, noise, alphas).to(form.dtype)
        if form.channels_last:
            noisy = noisy.contiguous(memory_format=torch.channels_last)
        with self._autocast():
            predicted = self._model(noisy, steps, tokens)
        loss = diffusion_loss(predicted, noise, min_snr_weights(alphas), places)
        self._weights.collect(torch.autograd.grad(loss, self._weights.parameters))
        return StepLosses(loss.detach(), diffusion_loss(predicted.detach(), noise))


@contextmanager
def _searched(search: bool) -> Iterator[None]:
    """Let cuDNN time its kernels meanwhile; only for shapes that come again and again."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = search
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
