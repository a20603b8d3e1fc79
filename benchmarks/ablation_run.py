"""The run that `ablations.py` describes: paint, encode, train every variant, compare."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from accelerate import Accelerator
from diffusers import AutoencoderKL

from conclvd.cli.ablation_clips import table_of_clips
from conclvd.errors import ConclvdError
from conclvd.models.components import load_base
from conclvd.models.source import MOTION
from conclvd.models.weights import WEIGHTS
from conclvd.pretrain.painting import PaintedSample, PaintingPool, PaintOrder
from conclvd.train.ablation import VARIANTS, measure, table, variant_settings
from conclvd.train.cache import encode
from conclvd.train.clips import Clip, ClipList
from conclvd.train.journal import read_log
from conclvd.train.loop import train
from conclvd.train.prepare import Materials, Prepare, materials_of
from conclvd.train.samples import Window
from conclvd.train.settings import TrainSettings, read_settings
from conclvd.train.start import Report, resolve
from conclvd.train.text import encode_captions

HELD_OUT_SEED = 700_000  # never trained on
SLOWEST = "AnimateDiff"  # the variant with the most weights
CALIBRATION = 60  # steps
# Seconds that are not for steps: to start, record and validate a variant; to measure all clips.
ASIDE, MEASURING = 40, 30
SPARE = 0.9  # of what is left is for steps


class Encoder:
    """ink-mini's encoders, for clips and for their captions."""

    def __init__(self) -> None:
        self._base = load_base("ink-mini")
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        if self._device == "cuda":  # else each small piece waits for threads that painters delay
            torch.set_num_threads(2)
        self._vae: AutoencoderKL = self._base.vae.to(self._device)
        self._text = self._base.text_encoder.to(self._device)

    @torch.no_grad()
    def __call__(self, sample: PaintedSample) -> Encoded:
        """A clip as the trainer's cache would hold it; the empty caption comes first."""
        tokens = encode_captions(self._base.tokenizer, ["", *sample.captions]).to(self._device)
        states = self._text(tokens).last_hidden_state.half().cpu().numpy()
        return Encoded(sample.seed, sample.captions, encode(self._vae, sample.frames), states)


class Encoded(NamedTuple):
    """A painted clip as numbers that a run needs."""

    seed: int
    captions: tuple[str, ...]
    latents: np.ndarray
    states: np.ndarray


def paint(arguments: argparse.Namespace) -> tuple[list[Encoded], list[Encoded]]:
    """Held-out clips, and as many to train on as are painted in time, encoded as they come."""
    order = PaintOrder(frames=8, fps=6.0, sizes=((arguments.side, arguments.side),), captions=2)
    few = max(1, arguments.workers // 4)
    held_out: list[Encoded] = []
    training: list[Encoded] = []
    until = time.monotonic() + arguments.paint
    with (
        PaintingPool(order, few, first_seed=HELD_OUT_SEED) as first,
        PaintingPool(order, arguments.workers) as pool,
    ):
        encoded = Encoder()
        while len(held_out) < arguments.held_out:
            held_out.append(encoded(some(first)))
        while len(training) < 2 or (time.monotonic() < until and len(training) < arguments.clips):
            training.append(encoded(some(pool)))
    return sorted(held_out), sorted(training)


def some(pool: PaintingPool) -> PaintedSample:
    sample = pool.take(wait=True)
    assert sample is not None
    return sample


def store(held_out: list[Encoded], training: list[Encoded], work: Path) -> None:
    """Write all clips into `work`, the held-out ones first."""
    clips = [*held_out, *training]
    np.save(work / "latents.npy", np.stack([clip.latents for clip in clips]))
    np.save(work / "states.npy", np.stack([clip.states for clip in clips]))
    facts = {
        "held_out": [clip.captions[0] for clip in held_out],
        "seeds": [clip.seed for clip in clips],
        "captions": [clip.captions for clip in clips],
    }
    (work / "facts.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def from_store(work: Path) -> Prepare:
    """A run's materials, out of what `store` wrote."""
    latents = np.load(work / "latents.npy", mmap_mode="r")
    states = np.load(work / "states.npy", mmap_mode="r")
    facts = json.loads((work / "facts.json").read_text(encoding="utf-8"))
    count = len(facts["held_out"])

    def prepare(settings: TrainSettings, accelerator: Accelerator, report: Report) -> Materials:
        windows = [Window(a, tuple(b[1:])) for a, b in zip(latents, states, strict=True)]
        clips = [
            Clip(Path(f"painted/{seed}"), tuple(captions), latents.shape[2], str(seed))
            for seed, captions in zip(facts["seeds"], facts["captions"], strict=True)
        ]
        prompts = [states[i][1] for i in range(len(settings.validation_prompt))]
        start = resolve(
            settings,
            report,
            processes=accelerator.num_processes,
            clips=ClipList(tuple(clips), ()),
        )
        return materials_of(
            start,
            training=windows[count:],
            held_out=[(str(facts["seeds"][i]), windows[i]) for i in range(count)],
            empty=states[0][0],
            prompts=prompts,
        )

    return prepare


def settings_for(arguments: argparse.Namespace, steps: int) -> TrainSettings:
    """What all variants share."""
    facts = json.loads((arguments.work / "facts.json").read_text(encoding="utf-8"))
    return read_settings(
        "ink-mini",
        {
            "train_data_dir": arguments.work,
            "output_dir": arguments.work / "runs",
            "resolution": arguments.side,
            "sample_stride": 1,
            "train_batch_size": arguments.batch,
            "max_train_steps": steps,
            "lr_warmup_steps": min(100, steps // 10),
            "checkpointing_steps": max(1, steps // 2),
            "checkpoints_total_limit": 1,
            "logging_steps": max(1, min(20, steps // 5)),
            "validation_prompt": facts["held_out"][: arguments.prompts],
            "validation_steps": max(1, steps),
            "validation_inference_steps": 2 if arguments.toy else 25,
            "dataloader_num_workers": 0 if arguments.toy else 4,
            "report_to": "none",
        },
    )


def work_on(arguments: argparse.Namespace) -> None:
    """Train some of the variants, one after the other, in this process."""
    for name in arguments.variants:
        settings = settings_for(arguments, arguments.steps)
        given = variant_settings(settings, name)
        outcome = train(given, tell=say, prepare=from_store(arguments.work))
        if not outcome.finished:
            return
        say(f"{name}: {outcome.figures}")
        assert outcome.module is not None
        shutil.copy(
            outcome.module / WEIGHTS, arguments.out / f"{given.output_dir.name}.safetensors"
        )


def seconds_a_step(arguments: argparse.Namespace) -> float:
    """Of the slowest variant, with nothing else on the machine."""
    steps = 4 if arguments.toy else CALIBRATION
    plain = {"validation_prompt": [], "output_dir": arguments.work / "calibration"}
    settings = settings_for(arguments, steps).model_copy(update=plain)
    trial = variant_settings(settings, SLOWEST)
    train(trial, prepare=from_store(arguments.work))
    rows = [row for row in read_log(trial.output_dir) if "seconds_per_step" in row]
    return float(min(row["seconds_per_step"] for row in rows))


def train_all(arguments: argparse.Namespace, until: float) -> None:
    """Spread the variants over the GPUs, a process each; whoever is late is stopped."""
    cards = max(1, min(torch.cuda.device_count(), len(VARIANTS)))
    names = list(VARIANTS)
    running = []
    for card in range(cards):
        shared = {
            name: str(getattr(arguments, name))
            for name in ("out", "work", "prompts", "side", "batch", "steps")
        }
        command = [sys.executable, sys.argv[0], *(["--toy"] if arguments.toy else [])]
        command += [word for name, value in shared.items() for word in (f"--{name}", value)]
        command += ["--variants", *names[card::cards]]
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": str(card)}
        running.append(subprocess.Popen(command, env=environment))
    for process in running:
        try:
            process.wait(timeout=max(1.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.terminate()  # ends its step, saves and stops
            process.wait()


def results(arguments: argparse.Namespace) -> str:
    """Write the logs, some clips and the table of the variants that are done."""
    settings = settings_for(arguments, arguments.steps)
    rows, logs = [], {}
    for name in VARIANTS:
        given = variant_settings(settings, name)
        logs[name] = read_log(given.output_dir)
        if (given.output_dir / MOTION / WEIGHTS).is_file():
            rows.append(measure(name, given))
    logs_text = json.dumps(
        {"steps": arguments.steps, "prompts": settings.validation_prompt, "logs": logs},
        ensure_ascii=False,
    )
    (arguments.out / "ablations.json").write_text(logs_text, encoding="utf-8")
    with zipfile.ZipFile(arguments.out / "clips.zip", "w") as archive:
        for row in rows:
            for video in row.videos:
                archive.write(video, f"{row.name.replace(' ', '-')}/{video.name}")
    text = table(rows) + "\n"
    (arguments.out / "ablations.md").write_text(text, encoding="utf-8")
    try:  # the training is worth more than this table: whatever fails here must not lose it
        text += "\n" + table_of_clips(rows, settings, lambda stage, done, total: None)
    except (ConclvdError, ImportError, RuntimeError) as error:
        text += f"\nThe clips could not be measured here: {error}\n"
    (arguments.out / "ablations.md").write_text(text, encoding="utf-8")
    return text


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(told: str | None) -> None:
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=told and told.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="what is to be kept, 8 files")
    parser.add_argument("--work", type=Path, required=True, help="what may be thrown away")
    parser.add_argument("--seconds", type=float, default=500, help="of everything")
    parser.add_argument("--paint", type=float, default=70, help="seconds to paint at most")
    parser.add_argument("--clips", type=int, default=4000, help="clips to paint at most")
    parser.add_argument("--held-out", type=int, default=32, help="clips kept to measure on")
    parser.add_argument("--prompts", type=int, default=16, help="of their captions, to generate")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--toy", action="store_true", help="a few clips and steps")
    parser.add_argument("--steps", type=int, help="instead of as many as fit")
    parser.add_argument(
        "--variants", nargs="*", help="train these alone, in --steps steps; none: paint alone"
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.variants and arguments.steps is None:
        parser.error("--variants needs --steps, the same number for all of them")
    if arguments.toy:
        arguments.clips, arguments.held_out, arguments.side, arguments.batch = 4, 2, 64, 2
    if not (arguments.work / "facts.json").is_file():
        held_out, training = paint(arguments)
        say(f"{len(training)} clips painted and encoded: {time.monotonic() - started:.0f} s")
        store(held_out, training, arguments.work)
    if arguments.variants is not None:
        work_on(arguments)
        return
    until = started + arguments.seconds
    if arguments.steps is None:
        each = seconds_a_step(arguments)
        cards = max(1, min(torch.cuda.device_count(), len(VARIANTS)))
        turns = -(-len(VARIANTS) // cards)
        left = SPARE * ((until - time.monotonic() - MEASURING) / turns - ASIDE)
        arguments.steps = 4 if arguments.toy else max(100, int(left / each))
        say(f"{each:.3f} s a step: {arguments.steps} steps for each variant")
    train_all(arguments, until)
    print(results(arguments))
