"""The resolved run before it starts: clips, samples, steps, memory."""

from __future__ import annotations

from dataclasses import dataclass

from conclvd.generate.prompt import beyond_limit, unknown_words
from conclvd.models.base import Base
from conclvd.models.motion import attention_kinds
from conclvd.train.clips import ClipList
from conclvd.train.device import precision
from conclvd.train.memory import GIB, device_memory, estimate
from conclvd.train.objective import idle_contrast
from conclvd.train.resume import place_in_run
from conclvd.train.settings import TrainSettings
from conclvd.train.start import Report, Start, check_place, resolve
from conclvd.train.windows import window_starts

MOST_WORDS = 20  # that are listed
NAMES = {"no": "float32", "fp16": "fp16", "bf16": "bf16"}


@dataclass(frozen=True)
class Plan:
    """What `train` would do with the same settings, on one process: from where, and in words."""

    start: Start
    lines: list[str]


def plan(settings: TrainSettings, report: Report) -> Plan:
    """Resolve the run; loads the base's weights, trains, encodes and writes nothing.

    Raises what `train` would raise before its first step, but for what only shows when clips are
    decoded and a checkpoint's weights are loaded.
    """
    check_place(settings)
    start = resolve(settings, report)
    base, clips = start.base, start.clips
    memory = estimate(
        base.unet,
        start.module,
        settings,
        channels=base.vae.config.latent_channels,
        side=settings.resolution // base.pixels_per_latent,
        text=(base.tokenizer.model_max_length, base.text_encoder.config.hidden_size),
    )
    windows = sum(len(window_starts(clip.frames, settings)) for clip in start.training)
    per_step = settings.train_batch_size * settings.gradient_accumulation_steps
    epochs = settings.max_train_steps * per_step / windows
    place = "from the start"
    if start.resumed:
        place = f"going on from {place_in_run(start.resumed, start.facts['step'], settings)}"
    lines = [
        *(f"passed over: {s.name} {s.reason}" for s in clips.skipped),
        f"clips: {len(clips.clips)} of {len(clips.clips) + len(clips.skipped)} can be used; "
        f"{len(start.held_out)} are held out, {len(start.training)} give {windows} samples of "
        f"{settings.num_frames} frames, stride {settings.sample_stride}, at "
        f"{settings.resolution} x {settings.resolution}",
        *unread_captions(clips, base),
        f"motion module: {', '.join(attention_kinds(start.module))}, from "
        f"{settings.motion_module_name_or_path or 'the identity'}",
        *start.replaced,
        f"steps: {settings.max_train_steps:,} of {per_step} samples a process, "
        f"{epochs:,.1f} epochs, {place}",
        *start.changes,
        *start.redrawn,
        *idle_contrast(settings),
        f"memory: {memory}, in {NAMES[precision(settings)]}, of {device_memory() / GIB:.1f} "
        "GiB here",
        f"output: {settings.output_dir}",
    ]
    return Plan(start, lines)


def unread_captions(found: ClipList, base: Base) -> list[str]:
    """Lines on captions that are longer than the base reads, and on words that it never learned."""
    captions = list(dict.fromkeys(caption for clip in found.clips for caption in clip.captions))
    lines = []
    cut = sum(beyond_limit(caption, base.tokenizer) != "" for caption in captions)
    if cut:
        lines.append(
            f"captions: {cut} of {len(captions)} are longer than the "
            f"{base.tokenizer.model_max_length} tokens that {base.name} reads, and are cut there"
        )
    words = unknown_words("\n".join(captions), base.vocabulary) if base.vocabulary else []
    if words:
        listed = ", ".join(map(repr, words[:MOST_WORDS]))
        more = f" and {len(words) - MOST_WORDS} more" if len(words) > MOST_WORDS else ""
        lines.append(
            f"captions: {base.name} never learned {listed}{more}; `conclvd vocabulary` lists the "
            "words it knows"
        )
    return lines
