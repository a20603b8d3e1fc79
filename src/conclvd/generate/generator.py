"""From a request to frames: prompt, denoise, decode, interpolate, in that order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from conclvd.errors import InvalidRequest, ModelError
from conclvd.files import sha256_of
from conclvd.generate.cpu import tune_for_cpu
from conclvd.generate.device import choose_device, choose_dtype
from conclvd.generate.pipeline import ConCLVDPipeline
from conclvd.generate.pixels import to_frames
from conclvd.generate.prompt import prompt_warnings
from conclvd.generate.recipe import Recipe, versions
from conclvd.generate.request import SIDE_STEP, Request
from conclvd.generate.schedulers import scheduler_named
from conclvd.interpolation.estimators import load_estimator
from conclvd.interpolation.flow import FlowEstimator
from conclvd.interpolation.settings import Settings
from conclvd.interpolation.sofp import interpolate
from conclvd.models.base import Base
from conclvd.models.components import load_base
from conclvd.models.motion import MotionModule, attention_kinds
from conclvd.models.weights import load_motion_module, motion_files
from conclvd.tensors import Frames

DECODE_CHUNK = 2  # frames; more only costs memory

# Called as progress(stage, done, total), through the stages "denoise", "decode" and "interpolate".
# What it raises stops the generation there.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Video:
    """What a generation made. `recipe` makes it again; `warnings` are lines for its user."""

    frames: Frames
    fps: Fraction
    recipe: Recipe
    warnings: tuple[str, ...]


def no_progress(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


class Generator:
    """A base and a motion module, loaded once, that make videos.

    A video depends on its request, the weights, the versions and the device alone, not on what
    was generated before it.
    """

    def __init__(
        self,
        base: Base,
        module: MotionModule,
        *,
        device: torch.device,
        motion_hash: str = "",
    ) -> None:
        self.device = device
        self.vocabulary = base.vocabulary
        self.native_size = base.native_size
        self.side_step = max(base.pixels_per_latent, SIDE_STEP)
        self.max_frames = int(module.config.motion_max_seq_length)
        self.weights = {**base.hashes, "motion": motion_hash}
        self.scheduler = base.scheduler
        self.pipeline = ConCLVDPipeline(
            vae=base.vae,
            text_encoder=base.text_encoder,
            tokenizer=base.tokenizer,
            unet=base.unet,
            motion_adapter=module,
            scheduler=base.scheduler,
        )
        self.pipeline.set_progress_bar_config(disable=True)
        for part in (self.pipeline.text_encoder, self.pipeline.unet, self.pipeline.vae):
            part.to(device)
        if device.type == "cpu":
            tune_for_cpu(self.pipeline.unet, self.pipeline.vae)

    @classmethod
    def load(
        cls, model: str, motion: str | None = None, *, device: str = "auto", dtype: str = "auto"
    ) -> Generator:
        """Load `model` and `motion`; None is the motion module that comes with the model.

        Raises ModelError when either cannot be loaded or they do not fit, InvalidRequest for a
        device or a number format that is not there.
        """
        where = choose_device(device)
        number = choose_dtype(dtype, where)
        base = load_base(model, dtype=number)
        name = motion or base.motion
        if name is None:
            raise ModelError(
                f"{model} comes without a motion module; name one, for example --motion FOLDER"
            )
        module = load_motion_module(name, dtype=number)
        return cls(base, module, device=where, motion_hash=sha256_of(*motion_files(name)))

    def settle(self, request: Request) -> Request:
        """`request` with every open setting chosen, checked against this model's limits."""
        return request.settled(
            native_size=self.native_size, side_step=self.side_step, max_frames=self.max_frames
        )

    def generate(self, request: Request, progress: Progress = no_progress) -> Video:
        """Make the video that `request` asks for.

        Raises InvalidRequest for what this model cannot make.
        """
        return self.generate_together([request], progress)[0]

    def generate_together(
        self, requests: Sequence[Request], progress: Progress = no_progress
    ) -> list[Video]:
        """Make the videos of `requests` as one batch, which a GPU does faster than one by one.

        Each has the noise of its own seed, so that it depends on the others by rounding alone.
        Raises InvalidRequest for what this model cannot make, and for requests that differ in
        more than prompt and seed.
        """
        requests = [self.settle(request) for request in requests]
        shared = requests[0]
        if {replace(r, prompt=shared.prompt, seed=shared.seed) for r in requests} != {shared}:
            raise InvalidRequest("videos made together may differ in prompt and seed alone")
        assert shared.fps is not None
        # Before the long work: weights may be missing.
        estimator = load_estimator(shared.flow, self.device)
        with torch.inference_mode():
            latents = self._denoise(requests, progress)
            number = self.pipeline.unet.dtype
            keyframes = decode_frames(self.pipeline.decode_latents, latents, number, progress)
        return [
            Video(
                frames=self._interpolate(request, frames, estimator, progress),
                fps=shared.fps,
                recipe=self._recipe(request),
                warnings=tuple(self.warnings(request)),
            )
            for request, frames in zip(requests, keyframes, strict=True)
        ]

    def warnings(self, request: Request) -> list[str]:
        """What of the prompts this model will not follow, one line each."""
        texts = {"prompt": request.prompt, "negative prompt": request.negative_prompt}
        return [
            line
            for name, text in texts.items()
            for line in prompt_warnings(name, text, self.pipeline.tokenizer, self.vocabulary)
        ]

    def _denoise(self, requests: Sequence[Request], progress: Progress) -> Tensor:
        """Latents [b c n h w] by the requests' sampler, Eq. (4)."""
        pipeline, shared = self.pipeline, requests[0]
        pipeline.scheduler = scheduler_named(shared.scheduler, self.scheduler)
        positive, negative = pipeline.encode_prompt(
            [request.prompt for request in requests],
            self.device,
            1,
            shared.guided,
            [shared.negative_prompt] * len(requests) if shared.negative_prompt else None,
        )

        def report(
            _: object, step: int, __: object, values: dict[str, Tensor]
        ) -> dict[str, Tensor]:
            progress("denoise", step + 1, shared.steps)
            return values

        progress("denoise", 0, shared.steps)
        noises, generators = zip(*map(self._noise, requests), strict=True)
        latents: Tensor = pipeline(
            prompt_embeds=positive,
            negative_prompt_embeds=negative,
            latents=torch.cat(noises).to(self.device, pipeline.unet.dtype),
            generator=list(generators),
            num_frames=shared.frames,
            height=shared.height,
            width=shared.width,
            num_inference_steps=shared.steps,
            guidance_scale=shared.guidance_scale,
            output_type="latent",
            callback_on_step_end=report,
        ).frames
        return latents

    def _noise(self, request: Request) -> tuple[Tensor, torch.Generator]:
        """The noise [1 c n h w] of the request's seed, and the generator for what follows.

        It is drawn on the CPU, so that every device starts from the same.
        """
        assert request.seed is not None
        assert request.width is not None
        assert request.height is not None
        generator = torch.Generator().manual_seed(request.seed)
        sides = (request.height, request.width)
        height, width = (side // self.pipeline.vae_scale_factor for side in sides)
        channels = self.pipeline.unet.config.in_channels
        shape = (1, channels, request.frames, height, width)
        return torch.randn(shape, generator=generator), generator

    def _interpolate(
        self, request: Request, keyframes: Frames, estimator: FlowEstimator, progress: Progress
    ) -> Frames:
        if request.interpolation == "none":
            return keyframes
        return interpolate(
            keyframes,
            estimator,
            Settings(mode=request.interpolation),
            device=self.device,
            progress=lambda done, total: progress("interpolate", done, total),
        )

    def _recipe(self, request: Request) -> Recipe:
        return Recipe(
            request=request,
            attention_kinds=attention_kinds(self.pipeline.motion_adapter),
            weights=self.weights,
            versions=versions(),
            device=self.device.type,
            dtype=str(self.pipeline.unet.dtype).removeprefix("torch."),
        )


def check_finite(pixels: Tensor, dtype: torch.dtype) -> None:
    """Raise ModelError when decoded `pixels` are no numbers; `dtype` is what the U-Net ran in."""
    if not torch.isfinite(pixels).all():
        number = str(dtype).removeprefix("torch.")
        raise ModelError(
            f"the model's pictures are not numbers (NaN or infinite) in {number}; try "
            "--dtype float32, or other weights"
        )


def decode_frames(
    decode: Callable[[Tensor], Tensor],
    latents: Tensor,
    dtype: torch.dtype,
    progress: Progress = no_progress,
) -> list[Frames]:
    """The frames of each video out of latents [b c n h w], a few at a time.

    `decode` gives pixels [b 3 n h w] from -1 to 1, `dtype` is what the U-Net ran in. Raises
    ModelError where they are no numbers.
    """
    count = latents.shape[2]
    decoded = []
    progress("decode", 0, count)
    for start in range(0, count, DECODE_CHUNK):
        pixels = decode(latents[:, :, start : start + DECODE_CHUNK])
        check_finite(pixels, dtype)
        decoded.append([to_frames(video) for video in pixels])
        progress("decode", min(start + DECODE_CHUNK, count), count)
    return [np.concatenate(parts) for parts in zip(*decoded, strict=True)]
