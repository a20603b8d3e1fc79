"""One start for a run: what its dry run prints, what is prepared, and what trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conclvd.errors import DatasetError, TrainingError
from conclvd.models.base import Base
from conclvd.models.components import load_base
from conclvd.models.motion import MotionModule
from conclvd.train.cache import Cache
from conclvd.train.checkpoint import checkpoint_facts, find_checkpoint
from conclvd.train.clips import Clip, ClipList, find_clips
from conclvd.train.device import check_device
from conclvd.train.journal import log_in
from conclvd.train.model import check_frames
from conclvd.train.resume import changed_settings, check_folders, check_origin, origin_of
from conclvd.train.settings import TrainSettings
from conclvd.train.warm_start import starting_module

Report = Callable[[str, int, int], None]
MOST_HELD_OUT = 32


@dataclass(frozen=True)
class Start:
    """What a run starts from.

    `listed` are the clips as they are known without decoding them, the same in every process;
    `clips` are those that the cache does not say break off, in two parts, `training` and
    `held_out`. `module` is the motion module of step 0, `replaced` are lines on its trained
    attentions that become others. `resumed` is the checkpoint to go on from, with its `facts`:
    `changes` are lines on settings that are others than its own, `redrawn` on why the run draws
    other samples than it would have drawn. `origin` is what a checkpoint is compared by.
    """

    base: Base
    cache: Cache
    listed: ClipList
    clips: ClipList
    training: list[Clip]
    held_out: list[Clip]
    module: MotionModule
    replaced: tuple[str, ...]
    resumed: Path | None
    facts: dict[str, Any]
    changes: tuple[str, ...]
    redrawn: tuple[str, ...]
    origin: dict[str, Any]


def check_place(settings: TrainSettings) -> None:
    """Raise what this machine, its folders or its trackers refuse a run by; makes no folder."""
    check_device(settings)
    check_folders(settings)
    log_in(settings)


def resolve(
    settings: TrainSettings, report: Report, *, processes: int = 1, clips: ClipList | None = None
) -> Start:
    """Resolve a run: list its clips, load its base and its module, find its checkpoint.

    Trains, encodes and writes nothing; `check_place` comes first. `clips` are those of a caller who
    has latents of his own; else `settings.train_data_dir` is read. Raises what a run cannot start
    by, but for what only shows when clips are decoded and a checkpoint's weights are loaded.
    """
    resumed = find_checkpoint(settings.output_dir, settings.resume_from_checkpoint)
    changes = changed_settings(settings, resumed)
    listed = clips or find_clips(settings, lambda done, total: report("hash", done, total))
    base = load_base(settings.pretrained_model_name_or_path)
    check_base(base, settings)
    cache = Cache.of(base, settings)
    there = decodable(listed, cache)
    training, held_out = split(list(there.clips), settings.num_held_out_clips)
    replaced: list[str] = []
    module = starting_module(base.unet, settings, replaced.append)
    check_frames(module, settings)
    start = Start(
        base=base,
        cache=cache,
        listed=listed,
        clips=there,
        training=training,
        held_out=held_out,
        module=module,
        replaced=tuple(replaced),
        resumed=resumed,
        facts=checkpoint_facts(resumed) if resumed else {},
        changes=tuple(changes),
        redrawn=(),
        origin=origin_of(there, base.hashes, processes),
    )
    if clips or not cache.knows(there.clips):
        # one that is not encoded yet may break off, and then is none of the checkpoint's clips
        sure = {**start.origin, "hashes": base.hashes, "order": start.facts.get("order")}
        compared(replace(start, origin=sure))
        return start
    return compared(start)


def encoded(start: Start, settings: TrainSettings) -> Start:
    """`start` when all of its clips are encoded: those that broke off are passed over.

    Raises DatasetError when too few are left.
    """
    there = decodable(start.listed, start.cache)
    if there == start.clips:
        return start
    training, held_out = split(list(there.clips), settings.num_held_out_clips)
    origin = origin_of(there, start.base.hashes, start.origin["processes"])
    return replace(start, clips=there, training=training, held_out=held_out, origin=origin)


def compared(start: Start) -> Start:
    """`start` with what its checkpoint says of clips, base and processes.

    Raises TrainingError when the checkpoint had other clips or another base.
    """
    redrawn: list[str] = []
    if start.resumed:
        check_origin(start.resumed, start.facts, start.origin, redrawn.append)
    return replace(start, redrawn=tuple(redrawn))


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
