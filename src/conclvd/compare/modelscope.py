"""ModelScope's text-to-video model, by the pipeline that diffusers has for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import TextToVideoSDPipeline
from pydantic import JsonValue

from conclvd.compare.making import Asked, Sample, shared_settings
from conclvd.errors import ModelError
from conclvd.files import sha256_of
from conclvd.generate.device import choose_device, choose_dtype
from conclvd.generate.generator import Progress, decode_frames
from conclvd.generate.request import MAX_FRAMES, Request
from conclvd.tensor_file import model_errors

PARTS = {
    "text_encoder": "model",
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
}


class ModelScope:
    """The pipeline in `folder` with its own sampler; steps and guidance are the comparison's.

    Where the request leaves the size open it is the model's own. Raises ModelError when the folder
    does not hold such a pipeline.
    """

    def __init__(self, request: Request, folder: Path) -> None:
        self.device = choose_device(request.device)
        dtype = choose_dtype(request.dtype, self.device)
        files = [folder / part / f"{stem}.safetensors" for part, stem in PARTS.items()]
        missing = [str(file) for file in files if not file.is_file()]
        if missing:
            raise ModelError(f"{missing[0]} is missing; fetch the whole repository")
        with model_errors(str(folder)):
            self.pipeline = TextToVideoSDPipeline.from_pretrained(
                folder, dtype=dtype, local_files_only=True, use_safetensors=True
            ).to(self.device)
        self.pipeline.set_progress_bar_config(disable=True)
        factor = self.pipeline.vae_scale_factor
        self.request = request.settled(
            native_size=self.pipeline.unet.config.sample_size * factor,
            side_step=factor,
            max_frames=MAX_FRAMES,
        )
        self.weights = sha256_of(*files)

    @property
    def settings(self) -> dict[str, JsonValue]:
        """Everything but prompt and seed on which the pixels depend."""
        return {
            **shared_settings(type(self.pipeline.scheduler).__name__, self.request),
            "dtype": str(self.pipeline.unet.dtype).removeprefix("torch."),
            "weights": self.weights,
        }

    @torch.inference_mode()
    def sample(self, videos: Sequence[Asked], progress: Progress) -> list[Sample]:
        """Make videos as one batch."""
        asked = self.request
        latents = self.pipeline(
            [video.prompt for video in videos],
            height=asked.height,
            width=asked.width,
            num_frames=asked.frames,
            num_inference_steps=asked.steps,
            guidance_scale=asked.guidance_scale,
            generator=[torch.Generator().manual_seed(video.seed) for video in videos],
            output_type="latent",
            callback=lambda step, _, __: progress("denoise", step + 1, asked.steps),
        ).frames
        decoded = decode_frames(self.pipeline.decode_latents, latents, self.pipeline.unet.dtype)
        return [Sample(frames) for frames in decoded]
