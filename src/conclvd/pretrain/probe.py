"""Training the probe that reads pictures, on painted frames and their attributes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from conclvd.models.probe import Probe, load_probe, save_probe
from conclvd.paint.scene.attributes import ELEMENTS, MOUNTAINS, PALETTES, TIMES, WEATHERS
from conclvd.pretrain.clip_folder import clip_source
from conclvd.pretrain.frame_store import FrameStore, random_crop
from conclvd.pretrain.launch import start
from conclvd.pretrain.painting import PaintOrder
from conclvd.pretrain.runlog import RunLog
from conclvd.train.clock import Clock, learning_rate, set_learning_rate
from conclvd.train.ema import MovingAverage

NO_MOUNTAINS = "none"


@dataclass(frozen=True)
class ProbeRun:
    """Settings of a run; writes `out/probe.safetensors`. `start` holds one to go on from."""

    out: Path
    seconds: float
    workers: int
    clips: Path | None = None
    picture: int = 256
    batch: int = 192
    peak_rate: float = 2e-3
    frames: int = 3
    capacity: int = 40_000
    first_clips: int = 120
    start: Path | None = None
    compile: bool = True


def new_probe(width: int = 32, side: int = 256) -> Probe:
    """An untrained probe for what the painter paints."""
    choices = {
        "palette": PALETTES,
        "mountains": (*MOUNTAINS, NO_MOUNTAINS),
        "weather": WEATHERS,
        "time": TIMES,
    }
    return Probe(choices, ELEMENTS, side=side, width=width)


def answers(probe: Probe, attributes: list[dict[str, Any]]) -> dict[str, Tensor]:
    """The right answers to a probe's questions: an index each, and 0 or 1 for every thing."""
    wanted = {
        name: torch.tensor([kinds.index(a[name] or NO_MOUNTAINS) for a in attributes])
        for name, kinds in probe.choices.items()
    }
    seen = [{element["kind"] for element in a["elements"]} for a in attributes]
    wanted["presence"] = torch.tensor([[float(k in s) for k in probe.presence] for s in seen])
    return wanted


def probe_loss(logits: dict[str, Tensor], wanted: dict[str, Tensor]) -> Tensor:
    """Cross-entropy of every choice, and of the presence of things (summed over a few).

    A thing that is there weighs as much as those pictures that lack it, up to ten times, so that
    the answers are as often right for the one as for the other.
    """
    choices = [functional.cross_entropy(logits[k], wanted[k]) for k in wanted if k != "presence"]
    there = wanted["presence"].mean(0).clamp(min=1e-3)
    presence = functional.binary_cross_entropy_with_logits(
        logits["presence"], wanted["presence"], pos_weight=((1 - there) / there).clamp(1, 10)
    )
    return torch.stack(choices).sum() + 10 * presence


def accuracies(logits: dict[str, Tensor], wanted: dict[str, Tensor]) -> dict[str, float]:
    """Part of right answers by question; presence as the mean over things."""
    found = {
        k: (logits[k].argmax(1) == wanted[k]).float().mean().item()
        for k in wanted
        if k != "presence"
    }
    right = (logits["presence"] > 0) == (wanted["presence"] > 0.5)
    return {**found, "presence": right.float().mean().item()}


def train_probe(run: ProbeRun) -> dict[str, float]:
    """Train until the time is spent; returns the last accuracies."""
    accelerator = start()
    device = accelerator.device
    log = RunLog(run.out, "probe", main=accelerator.is_main_process)
    probe = new_probe() if run.start is None else load_probe(run.start / "probe.safetensors")
    probe.train().to(device)
    average = MovingAverage(probe.parameters())
    optimizer = torch.optim.AdamW(probe.parameters(), lr=0, weight_decay=0.02)
    model, optimizer = accelerator.prepare(probe, optimizer)
    if run.compile:
        model = torch.compile(model)
    order = PaintOrder(frames=run.frames, fps=2.0, size=run.picture, captions=0)
    pool = clip_source(
        order,
        run.workers,
        run.clips,
        rank=accelerator.process_index,
        ranks=accelerator.num_processes,
    )
    result: dict[str, float] = {}
    with pool:
        store = FrameStore(pool, run.capacity, device)
        store.refresh(at_least=run.first_clips)
        clock = Clock(accelerator, run.seconds)
        step = 0
        while True:
            if step % 10 == 0:
                clock.sync()
                store.refresh()
            if clock.over:
                break
            rate = learning_rate(run.peak_rate, step, clock.fraction, warmup=200, decay_from=0.3)
            set_learning_rate(optimizer, rate)
            pictures, samples = store.batch(run.batch)
            wanted = answers(probe, [s.attributes for s in samples])
            wanted = {k: v.to(device) for k, v in wanted.items()}
            logits = model(random_crop(pictures))
            loss = probe_loss(logits, wanted)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(probe.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            average.update()
            if step % 100 == 0:
                result = accuracies(logits, wanted)
                log.write(step=step, clips=store.painted, loss=loss.item(), **result)
            step += 1
    average.swap()
    log.write(step=step, clips=store.painted, pictures=step * run.batch)
    if accelerator.is_main_process:
        save_probe(probe, run.out / "probe.safetensors")
    return result
