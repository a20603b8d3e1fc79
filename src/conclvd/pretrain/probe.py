"""Training the probe that reads pictures, on painted frames and their attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from conclvd.models.probe import Probe, load_probe, save_probe
from conclvd.paint.scene.attributes import ELEMENTS, MOUNTAINS, PALETTES, TIMES, WEATHERS
from conclvd.pretrain.frame_store import FrameStore, random_crop
from conclvd.pretrain.painting import PaintOrder
from conclvd.pretrain.stage import Stage, StageRun
from conclvd.train.ema import MovingAverage

NO_MOUNTAINS = "none"


@dataclass(frozen=True, kw_only=True)
class ProbeRun(StageRun):
    """Settings of a run; writes `out/probe.safetensors`. `weights` holds one to go on from."""

    batch: int = 192
    peak_rate: float = 2e-3
    capacity: int = 40_000
    first_clips: int = 120
    picture: int = 256
    frames: int = 3
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
    stage = Stage("probe", run)
    probe = new_probe() if run.weights is None else load_probe(run.weights / "probe.safetensors")
    probe.train().to(stage.device)
    average = MovingAverage(probe.parameters())
    optimizer = stage.adamw(probe.parameters(), weight_decay=0.02)
    model, optimizer = stage.accelerator.prepare(probe, optimizer)
    if run.compile:
        model = torch.compile(model)
    order = PaintOrder(frames=run.frames, fps=2.0, sizes=((run.picture, run.picture),), captions=0)
    result: dict[str, float] = {}
    with stage.clips(order) as pool:
        store = FrameStore(pool, run.capacity, stage.device)
        for step in stage.steps(store, optimizer, average, warmup=200, decay_from=0.3):
            pictures, samples = store.batch(run.batch)
            wanted = answers(probe, [s.attributes for s in samples])
            wanted = {k: v.to(stage.device) for k, v in wanted.items()}
            logits = model(random_crop(pictures))
            loss = probe_loss(logits, wanted)
            stage.descend(loss, probe.parameters(), optimizer)
            if step % 100 == 0:
                result = accuracies(logits, wanted)
                stage.log.write(step=step, clips=store.painted, loss=loss.item(), **result)
    average.swap()
    stage.log.write(step=stage.step, clips=store.painted, pictures=stage.step * run.batch)
    if stage.main:
        save_probe(probe, run.out / "probe.safetensors")
    return result
