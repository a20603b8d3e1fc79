"""From settings to all that the loop needs: clips → cache → windows, and the frozen U-Net.

The autoencoder and the text encoder are loaded, used and gone when this is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator
from diffusers import UNet2DConditionModel
from jaxtyping import Float
from torch import Tensor

from conclvd.errors import DatasetError, TrainingError
from conclvd.generate.schedulers import scheduler_named
from conclvd.models.base import Base
from conclvd.models.components import load_base
from conclvd.train.cache import Cache, fill_latents, fill_text, open_latents, open_text
from conclvd.train.clips import Clip, ClipList, find_clips
from conclvd.train.model import check_frames
from conclvd.train.samples import Window
from conclvd.train.settings import TrainSettings
from conclvd.train.warm_start import starting_module

Report = Callable[[str, int, int], None]
MOST_HELD_OUT = 32


@dataclass(frozen=True)
class Materials:
    """What a run trains with. `alphas` are the schedule's cumulative products, `prompts` the
    embeddings of the validation prompts, `empty` that of no prompt."""

    clips: ClipList
    training: list[Window]
    held_out: list[tuple[str, Window]]
    empty: Float[np.ndarray, "l d"]
    prompts: list[Float[np.ndarray, "l d"]]
    unet: UNet2DConditionModel
    alphas: Float[Tensor, t]
    scaling_factor: float
    base_name: str
    base_hashes: dict[str, str]

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
    """Find the clips, fill the cache (every process its share), and open it.

    Raises DatasetError, ModelError or TrainingError where the run cannot start.
    """
    found = find_clips(settings, lambda done, total: report("hash", done, total))
    base = load_base(settings.pretrained_model_name_or_path)
    check_base(base, settings)
    # what a run cannot start with is told before it encodes, which may take hours
    split(list(found.clips), settings.num_held_out_clips)
    check_frames(starting_module(base.unet, settings), settings)
    cache = Cache.of(base, settings)
    share = slice(accelerator.process_index, None, accelerator.num_processes)
    clips = list(found.clips)[share]
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
    listed = decodable(found, cache)
    training, held_out = split(list(listed.clips), settings.num_held_out_clips)
    materials = Materials(
        clips=listed,
        training=[w for clip in training for w in windows_of(cache, base, clip)],
        held_out=[
            (f"{clip.sha256} {number}", window)
            for clip in held_out
            for number, window in enumerate(windows_of(cache, base, clip)[:1])
        ],
        empty=open_text(cache, base.tokenizer, [""])[0],
        prompts=open_text(cache, base.tokenizer, settings.validation_prompt)
        if settings.validation_prompt
        else [],
        unet=base.unet,
        alphas=scheduler_named("ddim", base.scheduler).alphas_cumprod,
        scaling_factor=float(base.vae.config.scaling_factor),
        base_name=base.name,
        base_hashes=base.hashes,
    )
    del base
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return materials


def decodable(found: ClipList, cache: Cache) -> ClipList:
    """Those of the clips that the cache does not say cannot be decoded, the others passed over.

    Raises DatasetError when none is left.
    """
    there, broken = cache.sort(found.clips)
    if not there:
        raise DatasetError(f"no clip can be decoded; the first: {broken[0].reason}")
    return ClipList(tuple(there), (*found.skipped, *broken))


def check_base(base: Base, settings: TrainSettings) -> None:
    """Raise TrainingError when the losses of the paper do not apply to this base."""
    prediction = base.scheduler.config.prediction_type
    if prediction != "epsilon":
        raise TrainingError(
            f"{base.name} predicts {prediction!r}; Eq. (12) needs a base that predicts the noise "
            "(epsilon), such as Stable Diffusion 1.5"
        )
    factor = base.pixels_per_latent
    smallest = factor * 2 ** (len(base.unet.config.block_out_channels) - 1)
    if settings.resolution % factor or settings.resolution < smallest:
        raise TrainingError(
            f"resolution {settings.resolution} does not fit {base.name}; use a multiple of "
            f"{factor} of at least {smallest}"
        )


def split(clips: list[Clip], held_out: int | None) -> tuple[list[Clip], list[Clip]]:
    """Training and held-out clips; which is which depends on the clips' contents alone.

    Raises DatasetError when none is left to train on.
    """
    count = min(MOST_HELD_OUT, len(clips) // 20) if held_out is None else held_out
    if count >= len(clips):
        raise DatasetError(
            f"num_held_out_clips is {count}, but there are {len(clips)} clips; keep some to train "
            "on"
        )
    chosen = {clip.sha256 for clip in sorted(clips, key=lambda c: c.sha256)[:count]}
    training = [clip for clip in clips if clip.sha256 not in chosen]
    if not training:
        raise DatasetError(
            f"num_held_out_clips {count} holds all {len(clips)} clips out, as files with the same "
            "contents stay together; add other clips, or hold out fewer"
        )
    return training, [clip for clip in clips if clip.sha256 in chosen]


def windows_of(cache: Cache, base: Base, clip: Clip) -> list[Window]:
    """The windows of a clip with the embeddings of its captions."""
    states = tuple(open_text(cache, base.tokenizer, clip.captions))
    return [Window(latents, states) for latents in open_latents(cache, clip)]
