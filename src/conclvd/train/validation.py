"""Clips of fixed prompts and seeds, made as `conclvd generate` makes them, while a run goes on."""

from __future__ import annotations

from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from diffusers import UNetMotionModel
from torch import Tensor

from conclvd.errors import TrainingError
from conclvd.files import make_folder
from conclvd.generate.generator import DECODE_CHUNK
from conclvd.generate.pipeline import ConCLVDPipeline
from conclvd.generate.pixels import to_frames
from conclvd.generate.schedulers import scheduler_named
from conclvd.models.components import load_decoder
from conclvd.models.motion import MotionModule
from conclvd.tensors import Frames
from conclvd.train.checkpoint import ADVICE
from conclvd.train.prepare import Materials
from conclvd.train.samples import as_tensor
from conclvd.train.settings import TrainSettings
from conclvd.train.start import Report
from conclvd.video.write import write_video

FILM_RATE = 24  # frames a second of the films that clips are cut from
# A bare GPU machine may lack PyAV, which mp4 needs.
SUFFIX = ".mp4" if find_spec("av") else ".webp"


def validation_folder(output: Path, step: int) -> Path:
    """Where the clips of a step are."""
    return output / "validation" / f"step-{step:06d}"


@torch.no_grad()
def make_clips(
    unet: UNetMotionModel,
    module: MotionModule,
    materials: Materials,
    settings: TrainSettings,
    accelerator: Accelerator,
    step: int,
    report: Report,
) -> list[str]:
    """Write one video a prompt; returns their names within the output folder.

    Every process makes its share, so none waits for the others longer than one clip takes. The
    autoencoder is read anew and forgotten.
    """
    folder = validation_folder(settings.output_dir, step)
    make_folder(folder, TrainingError, advice=ADVICE)
    paths = [folder / f"{number:02d}{SUFFIX}" for number in range(len(materials.prompts))]
    mine = range(accelerator.process_index, len(paths), accelerator.num_processes)
    if mine:
        was_training = unet.training
        unet.eval()
        vae, schedule = load_decoder(settings.pretrained_model_name_or_path)
        pipeline = ConCLVDPipeline(
            vae=vae.to(accelerator.device),
            text_encoder=None,
            tokenizer=None,
            unet=unet,
            motion_adapter=module,
            scheduler=scheduler_named("ddim", schedule),
        )
        pipeline.set_progress_bar_config(disable=True)
        for done, number in enumerate(mine):
            report("validate", done, len(mine))
            frames = _sample(pipeline, materials, settings, accelerator, number)
            write_video(paths[number], frames, Fraction(FILM_RATE, settings.sample_stride))
        report("validate", len(mine), len(mine))
        unet.train(was_training)
    accelerator.wait_for_everyone()
    return [str(path.relative_to(settings.output_dir)) for path in paths]


def _sample(
    pipeline: ConCLVDPipeline,
    materials: Materials,
    settings: TrainSettings,
    accelerator: Accelerator,
    number: int,
) -> Frames:
    """The keyframes of validation prompt `number`."""
    device, side = accelerator.device, settings.resolution
    channels, height = materials.training[0].latents.shape[2:4]
    generator = torch.Generator().manual_seed(settings.validation_seed + number)
    shape = (1, channels, settings.num_frames, height, height)
    with accelerator.autocast():
        latents: Tensor = pipeline(
            prompt_embeds=as_tensor(materials.prompts[number])[None].to(device),
            negative_prompt_embeds=as_tensor(materials.empty)[None].to(device),
            latents=torch.randn(shape, generator=generator).to(device),
            num_frames=settings.num_frames,
            height=side,
            width=side,
            num_inference_steps=settings.validation_inference_steps,
            guidance_scale=settings.validation_guidance_scale,
            output_type="latent",
        ).frames
    latents = latents.float()
    parts = [
        to_frames(pipeline.decode_latents(latents[:, :, start : start + DECODE_CHUNK])[0])
        for start in range(0, settings.num_frames, DECODE_CHUNK)
    ]
    return np.concatenate(parts)
