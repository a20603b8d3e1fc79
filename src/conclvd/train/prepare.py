"""From settings to all that the loop needs: clips → cache → windows, and the frozen U-Net.

The autoencoder and the text encoder are loaded, used and gone when this is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from diffusers import UNet2DConditionModel
from jaxtyping import Float
from torch import Tensor

from conclvd.generate.schedulers import scheduler_named
from conclvd.models.base import Base
from conclvd.models.motion import MotionModule
from conclvd.train.cache import Cache, fill_latents, fill_text, open_latents, open_text
from conclvd.train.clips import Clip, ClipList
from conclvd.train.samples import Window
from conclvd.train.settings import TrainSettings
from conclvd.train.start import Report, Start, compared, encoded, resolve


@dataclass(frozen=True)
class Materials:
    """What a run trains with. `alphas` are the schedule's cumulative products, `prompts` the
    embeddings of the validation prompts, `empty` that of no prompt; `notes` are lines on what is
    not as one might think. The others are `Start`'s."""

    clips: ClipList
    training: list[Window]
    held_out: list[tuple[str, Window]]
    empty: Float[np.ndarray, "l d"]
    prompts: list[Float[np.ndarray, "l d"]]
    unet: UNet2DConditionModel
    module: MotionModule
    alphas: Float[Tensor, t]
    scaling_factor: float
    base_name: str
    base_hashes: dict[str, str]
    resumed: Path | None
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    origin: dict[str, Any]

    @property
    def noise_size(self) -> int:
        """Numbers in one frame's latents."""
        shape = self.training[0].latents.shape
        return int(np.prod(shape[2:]))

    @property
    def frame_channels(self) -> int:
        """Frames times channels of a sample."""
        shape = self.training[0].latents.shape
        return int(np.prod(shape[1:3]))


# What a run asks for before its first step.
Prepare = Callable[[TrainSettings, Accelerator, Report], Materials]


def prepare(settings: TrainSettings, accelerator: Accelerator, report: Report) -> Materials:
    """Resolve the run, fill the cache (every process its share), and open it.

    Raises DatasetError, ModelError or TrainingError where the run cannot start.
    """
    processes, rank = accelerator.num_processes, accelerator.process_index
    start = resolve(settings, report, processes=processes)
    base, cache = start.base, start.cache
    clips = list(start.listed.clips)[rank::processes]
    captions = sorted({c for clip in clips for c in clip.captions} | {""})
    captions += settings.validation_prompt
    base.vae.to(accelerator.device)
    fill_latents(
        cache, clips, base.vae, settings, lambda done, total: report("encode", done, total)
    )
    base.text_encoder.to(accelerator.device)
    fill_text(
        cache,
        captions,
        base.tokenizer,
        base.text_encoder,
        lambda done, total: report("captions", done, total),
    )
    accelerator.wait_for_everyone()
    start = encoded(start, settings)
    materials = materials_of(
        start,
        training=[w for clip in start.training for w in windows_of(cache, base, clip)],
        held_out=[
            (f"{clip.sha256} {number}", window)
            for clip in start.held_out
            for number, window in enumerate(windows_of(cache, base, clip)[:1])
        ],
        empty=open_text(cache, base.tokenizer, [""])[0],
        prompts=open_text(cache, base.tokenizer, settings.validation_prompt)
        if settings.validation_prompt
        else [],
    )
    del base, start
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return materials


def materials_of(
    start: Start,
    *,
    training: list[Window],
    held_out: list[tuple[str, Window]],
    empty: Float[np.ndarray, "l d"],
    prompts: list[Float[np.ndarray, "l d"]],
) -> Materials:
    """What a run trains with, from where it starts and what its clips and prompts were encoded to.

    Raises TrainingError when the checkpoint that it goes on from had other clips or another base.
    """
    start = compared(start)
    base = start.base
    return Materials(
        clips=start.clips,
        training=training,
        held_out=held_out,
        empty=empty,
        prompts=prompts,
        unet=base.unet,
        module=start.module,
        alphas=scheduler_named("ddim", base.scheduler).alphas_cumprod,
        scaling_factor=float(base.vae.config.scaling_factor),
        base_name=base.name,
        base_hashes=base.hashes,
        resumed=start.resumed,
        changes=start.changes,
        notes=(*start.replaced, *start.redrawn),
        origin=start.origin,
    )


def windows_of(cache: Cache, base: Base, clip: Clip) -> list[Window]:
    """The windows of a clip with the embeddings of its captions."""
    states = tuple(open_text(cache, base.tokenizer, clip.captions))
    return [Window(latents, states) for latents in open_latents(cache, clip)]
