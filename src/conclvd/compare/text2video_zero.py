"""Text2Video-Zero: the pictures of an image model set in motion, without any training.

Khachatryan et al., ICCV 2023 (arXiv 2303.13439); the sections cited here are of that paper. For any
base of the Stable Diffusion family. Its optional background smoothing (3.3.3) is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from jaxtyping import Float, Int
from pydantic import JsonValue
from torch import Tensor
from torch.nn import functional

from conclvd.compare.making import Asked, Sample, shared_settings
from conclvd.errors import InvalidRequest
from conclvd.generate.cpu import tune_for_cpu
from conclvd.generate.device import choose_device, choose_dtype
from conclvd.generate.generator import Progress, decode_frames
from conclvd.generate.request import MAX_FRAMES, Request
from conclvd.models.base import Base
from conclvd.models.components import load_base
from conclvd.tensors import Frames

# Of Stable Diffusion's 1,000 diffusion steps: T, from where the frames are denoised together, and
# T', where the first one is moved (section 4.1). They stand for how much of the picture can be
# seen through the noise: see `turning_points`.
TOGETHER_FROM, MOVED_AT = 941, 881
SD_BETAS = (0.00085, 0.012)  # the ends; their roots are evenly spaced
SD_LATENTS = 64 * 64
# The global translation a frame, lambda x delta = 12 x (1, 1) pixels of 512, in parts of the sides.
SHIFT = 12 / 512
ROUNDING = 1e-3  # of schedules kept in single precision; a step further is a hundred times that


class CrossFrameAttention(AttnProcessor2_0):  # type: ignore[misc]  # diffusers ships no types
    """Self-attention to the first frame of each video (section 3.3.2).

    `frames` in a row of the batch are one video. Attention to the text stays as it is.
    """

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.frames = frames

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        **kwargs: object,
    ) -> Tensor:
        """Called by `Attention` with tokens [(b n) l c]; returns as many."""
        if encoder_hidden_states is None:
            videos = hidden_states.view(-1, self.frames, *hidden_states.shape[1:])
            encoder_hidden_states = videos[:, :1].expand_as(videos).flatten(0, 1)
        output: Tensor = super().__call__(attn, hidden_states, encoder_hidden_states, **kwargs)
        return output


class Text2VideoZero:
    """A base that makes videos: its first frame moved, then all frames denoised together by DDIM.

    `request` holds what all videos share. Raises InvalidRequest for what the base cannot make.
    """

    def __init__(self, base: Base, request: Request, device: torch.device) -> None:
        if request.steps < 2:
            raise InvalidRequest(
                f"steps must be at least 2 for Text2Video-Zero, found {request.steps}: its first "
                "frame is moved between two steps"
            )
        self.device, self.base = device, base
        self.request = request.settled(
            native_size=base.native_size, side_step=base.pixels_per_latent, max_frames=MAX_FRAMES
        )
        self.scheduler = DDIMScheduler.from_config(base.scheduler.config)  # the base's own betas
        self.scheduler.set_timesteps(request.steps, device=device)
        self.pipeline = StableDiffusionPipeline(
            vae=base.vae.to(device),
            text_encoder=base.text_encoder.to(device),
            tokenizer=base.tokenizer,
            unet=base.unet.to(device),
            scheduler=self.scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        # Without guidance a half of the batch would be a part of a video, without its first frame.
        if device.type == "cpu" and request.guided:
            tune_for_cpu(base.unet, base.vae)

    @classmethod
    def load(cls, request: Request) -> Text2VideoZero:
        """Load the request's base; errors as those of `Generator.load`."""
        device = choose_device(request.device)
        dtype = choose_dtype(request.dtype, device)
        return cls(load_base(request.model, dtype=dtype), request, device)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a frame's latents."""
        asked, side = self.request, self.base.pixels_per_latent
        assert asked.height is not None
        assert asked.width is not None
        return self.base.unet.config.in_channels, asked.height // side, asked.width // side

    @property
    def turning_points(self) -> tuple[int, int]:
        """The steps of T and T'; see the function of this name."""
        _, height, width = self.shape
        scheduler = self.scheduler
        return turning_points(scheduler.timesteps, scheduler.alphas_cumprod, height * width)

    @property
    def settings(self) -> dict[str, JsonValue]:
        """Everything but prompt and seed on which the pixels depend."""
        together, moved = self.turning_points
        return {
            **shared_settings("ddim", self.request),
            "shift": SHIFT,
            "together_from": int(self.scheduler.timesteps[together]),
            "moved_at": int(self.scheduler.timesteps[moved]),
            "dtype": str(self.base.unet.dtype).removeprefix("torch."),
            "weights": dict(self.base.hashes),
        }

    @torch.inference_mode()
    def sample(self, videos: Sequence[Asked], progress: Progress) -> list[Sample]:
        """Make videos as one batch."""
        noises, renoises = [], []
        for video in videos:
            generator = torch.Generator().manual_seed(video.seed)  # on the CPU, as every device's
            noises.append(torch.randn(self.shape, generator=generator))
            others = (self.request.frames - 1, *self.shape)
            renoises.append(torch.randn(others, generator=generator))
        latents = self.denoise(
            torch.stack(noises).to(self.device, self.base.unet.dtype),
            torch.stack(renoises).to(self.device, self.base.unet.dtype),
            self._embeddings([video.prompt for video in videos]),
            SHIFT,
            progress,
        )
        return [Sample(frames) for frames in self._decode(latents, progress)]

    def denoise(
        self,
        noise: Float[Tensor, "b c h w"],
        renoise: Float[Tensor, "b n-1 c h w"],
        states: Float[Tensor, "g l d"],
        shift: float,
        progress: Progress,
    ) -> Float[Tensor, "b n c h w"]:
        """Latents of all frames of each video (Algorithm 1).

        The first frame starts from `noise`; `renoise` takes the moved ones back to T. `states` are
        the texts', before them as many of the empty text if there is guidance. `shift` is the
        translation a frame, in parts of the sides.
        """
        times = self.scheduler.timesteps
        together, moved = self.turning_points
        total = moved + len(times) - together
        progress("denoise", 0, total)

        def run(latents: Tensor, steps: Tensor, before: int) -> Tensor:
            return self._steps(
                latents, steps, states, lambda i: progress("denoise", before + i, total)
            )

        first = run(noise[:, None], times[:together], 0)
        at_moved = run(first, times[together:moved], together)
        others = [
            renoised(
                translated(frame, len(again), shift),
                again,
                self.scheduler.alphas_cumprod,
                (int(times[moved]), int(times[together])),
            )
            for frame, again in zip(at_moved, renoise, strict=True)
        ]
        return run(torch.cat([first, torch.stack(others)], dim=1), times[together:], moved)

    def _steps(
        self, latents: Tensor, times: Tensor, states: Tensor, report: Callable[[int], None]
    ) -> Tensor:
        """`latents` of the frames of videos, [b n c h w], after DDIM steps at `times`."""
        unet, scale = self.base.unet, self.request.guidance_scale
        videos, frames = latents.shape[:2]
        unet.set_attn_processor(CrossFrameAttention(frames))
        states = states.repeat_interleave(frames, dim=0)
        pictures = latents.flatten(0, 1)
        for done, time in enumerate(times, 1):
            batch = torch.cat([pictures] * (len(states) // len(pictures)))
            noise = unet(batch, time, encoder_hidden_states=states, return_dict=False)[0]
            if self.request.guided:
                empty, told = noise.chunk(2)
                noise = empty + scale * (told - empty)
            pictures = self.scheduler.step(noise, time, pictures, return_dict=False)[0]
            report(done)
        return pictures.view(videos, frames, *pictures.shape[1:])

    def _embeddings(self, prompts: list[str]) -> Tensor:
        """The states [g l d] of the prompts, behind those of empty ones if there is guidance."""
        told, empty = self.pipeline.encode_prompt(prompts, self.device, 1, self.request.guided)
        return torch.cat([empty, told]) if self.request.guided else told

    def _decode(self, latents: Float[Tensor, "b n c h w"], progress: Progress) -> list[Frames]:
        vae = self.base.vae

        def decode(part: Tensor) -> Tensor:
            pictures = part.transpose(1, 2).flatten(0, 1)
            pixels: Tensor = vae.decode(pictures, return_dict=False)[0]
            return pixels.view(len(part), -1, *pixels.shape[1:]).transpose(1, 2)

        scaled = latents.to(vae.dtype) / vae.config.scaling_factor
        return decode_frames(decode, scaled.transpose(1, 2), self.base.unet.dtype, progress)


def turning_points(
    times: Int[Tensor, s], alphas_cumprod: Float[Tensor, t], latents: int
) -> tuple[int, int]:
    """The steps before which the frames are at T and at T', in a sampler's falling `times`.

    T and T' are Stable Diffusion's at 512². Another base has another noise schedule, and of a
    smaller latent, of `latents` points, the same noise hides more. Taken are the first steps with
    the signal-to-noise ratios that Stable Diffusion has at T and T', times its points over
    `latents` (Hoogeboom et al., "Simple diffusion", 2023, section 3.1). With 50 steps of Stable
    Diffusion these are T and T' themselves. T' is at least a step after T.
    """
    low, high = (beta**0.5 for beta in SD_BETAS)
    known = (1 - torch.linspace(low, high, 1000, dtype=torch.float64) ** 2).cumprod(0)
    kept = alphas_cumprod.double().cpu()[times.cpu()]
    ratios = kept / (1 - kept)
    last = len(times) - 2

    def first(time: int) -> int:
        wanted = known[time] / (1 - known[time]) * SD_LATENTS / latents
        return int((ratios < wanted * (1 - ROUNDING)).sum())

    together = min(first(TOGETHER_FROM), last)
    return together, min(max(first(MOVED_AT), together + 1), last + 1)


def translated(
    latent: Float[Tensor, "1 c h w"], count: int, shift: float
) -> Float[Tensor, "count c h w"]:
    """Frames 2, 3, … of a first one, each warped by its global translation (section 3.3.1).

    The k-th further frame reads k x `shift` of the sides to the right and below; nearest neighbours
    keep the noise what it is, the border is mirrored.
    """
    identity = torch.eye(2, 3, device=latent.device).expand(count, 2, 3).clone()
    steps = torch.arange(1, count + 1, device=latent.device)
    identity[:, :, 2] = 2 * shift * steps[:, None]  # coordinates run from -1 to 1
    grid = functional.affine_grid(identity, [count, *latent.shape[1:]], align_corners=False)
    source = latent.expand(count, -1, -1, -1).float()
    moved = functional.grid_sample(
        source, grid, mode="nearest", padding_mode="reflection", align_corners=False
    )
    return moved.to(latent.dtype)


def renoised(
    latents: Float[Tensor, "n c h w"],
    noise: Float[Tensor, "n c h w"],
    alphas_cumprod: Float[Tensor, t],
    times: tuple[int, int],
) -> Float[Tensor, "n c h w"]:
    """The DDPM forward process from one diffusion step to a noisier one, `times`."""
    start, end = times
    kept = float(alphas_cumprod[end] / alphas_cumprod[start])
    return math.sqrt(kept) * latents + math.sqrt(1 - kept) * noise
