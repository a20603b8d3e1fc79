"""Forward and backward pass of a training step of the motion module."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import CLIPTextModel

from conclvd.train.captured import captured
from conclvd.train.losses import (
    LAMBDA_DIFF,
    add_noise,
    contrastive_accuracy,
    contrastive_loss,
    diffusion_loss,
    frame_errors,
    frame_offset,
    velocity_weights,
)
from conclvd.train.masters import Masters
from conclvd.train.video_denoiser import VideoDenoiser


class MotionInputs(NamedTuple):
    """A batch of clips; `lambda_con` weighs L_con."""

    clean: Float[Tensor, "b n c h w"]
    noise: Float[Tensor, "b n c h w"]
    steps: Int[Tensor, b]
    tokens: Int[Tensor, "b l"]
    lambda_con: Float[Tensor, ""]


class MotionLosses(NamedTuple):
    """L_diff as Eq. (12) has it and as it is minimized, L_con, and what tells how it learns.

    The next step may overwrite them.
    """

    diff: Float[Tensor, ""]
    velocity: Float[Tensor, ""]
    con: Float[Tensor, ""]
    accuracy: Float[Tensor, ""]
    offset: Float[Tensor, ""]


class MotionStep:
    """Leaves the gradient of a batch in `model`, for `masters` to step with; returns its losses.

    On a GPU the pass is a CUDA graph, one for each shape of its inputs; where none can be captured,
    `failure` says why. The gradient is that of this call alone if `masters` has stepped since the
    last one.
    """

    def __init__(
        self,
        model: VideoDenoiser,
        masters: Masters,
        text_encoder: CLIPTextModel,
        alphas_cumprod: Float[Tensor, " t"],
        autocast: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._model, self._masters, self._text_encoder = model, masters, text_encoder
        self._alphas, self._autocast = alphas_cumprod, autocast
        self._runs: dict[torch.Size, Callable[..., MotionLosses]] = {}
        self.failure: str | None = None

    def __call__(self, inputs: MotionInputs) -> MotionLosses:
        """One forward and backward pass."""
        shape = inputs.clean.shape
        if shape not in self._runs:
            self._runs[shape], self.failure = captured(self._pass, inputs, self._alphas.device)
            self._masters.clear()  # a capture adds to the gradients
        return self._runs[shape](*inputs)

    def _pass(self, *given: Tensor) -> MotionLosses:
        inputs = MotionInputs(*given)
        alphas = self._alphas[inputs.steps]
        noisy = add_noise(inputs.clean, inputs.noise, alphas)
        with self._autocast():
            with torch.no_grad():
                states = self._text_encoder(inputs.tokens).last_hidden_state
            predicted, embedded = self._model(noisy, inputs.steps, states)
        # Eq. (12), weighed: near pure noise small errors of the noise are other colours
        velocity = diffusion_loss(predicted, inputs.noise, velocity_weights(alphas))
        con = contrastive_loss(embedded)  # Eq. (11)
        loss = LAMBDA_DIFF * velocity + inputs.lambda_con * con  # Eq. (13)
        loss.backward()  # type: ignore[no-untyped-call]  # torch gives no types
        predicted, embedded = predicted.detach(), embedded.detach()
        return MotionLosses(
            diff=diffusion_loss(predicted, inputs.noise),
            velocity=velocity.detach(),
            con=con.detach(),
            accuracy=contrastive_accuracy(embedded),
            offset=frame_offset(frame_errors(predicted, inputs.noise)),
        )
