"""What a run saves to go on from, and whether it may: weights, optimizer, average, settings."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from conclvd.errors import TrainingError
from conclvd.files import read_text, write_text
from conclvd.train.checkpoint import (
    ADVICE,
    checkpoint_facts,
    checkpoints,
    load_checkpoint,
    pack_optimizer,
    save_checkpoint,
    unpack_optimizer,
)
from conclvd.train.clips import ClipList
from conclvd.train.ema import MovingAverage
from conclvd.train.settings import FREE_ON_RESUME, TOLD_ON_RESUME, TrainSettings

RESOLVED = "settings.json"


def changed_settings(settings: TrainSettings, resumed: Path | None) -> list[str]:
    """A line for each of `TOLD_ON_RESUME` that is another than it was for the checkpoint `resumed`.

    Raises TrainingError when that, or one in the run's folder, is of a run that was another one.
    """
    if resumed is None:
        return []
    output = settings.output_dir
    if resumed.resolve().parent != output.resolve():
        for other in checkpoints(output)[-1:]:
            _differences(settings, other)
    return _differences(settings, resumed)


def _differences(settings: TrainSettings, checkpoint: Path) -> list[str]:
    earlier = _settings_of(checkpoint)
    changes = []
    for name, value in _plain(settings).items():
        if name in FREE_ON_RESUME or earlier.get(name, value) == value:
            continue
        if name not in TOLD_ON_RESUME:
            raise TrainingError(
                f"{checkpoint} is of a run with {name} {earlier[name]!r}, found {value!r}; choose "
                f"another output_dir, or remove the checkpoints in {checkpoint.parent}"
            )
        changes.append(f"{name} is {value} from here on, was {earlier[name]}")
    return changes


def _settings_of(checkpoint: Path) -> dict[str, Any]:
    """The settings that a checkpoint was trained with; of an earlier version's the last run's."""
    facts = checkpoint_facts(checkpoint)
    path = checkpoint.parent / RESOLVED
    if "settings" in facts or not path.is_file():
        return dict(facts.get("settings", {}))
    try:
        last: dict[str, Any] = json.loads(read_text(path, TrainingError))
    except ValueError as error:
        raise TrainingError(
            f"{path} is damaged: {error}; remove it if the settings are those of the checkpoints "
            "beside it"
        ) from error
    return last


def keep_settings(settings: TrainSettings) -> None:
    """Write the resolved settings into the run's folder."""
    path = settings.output_dir / RESOLVED
    content = json.dumps(_plain(settings), indent=1, ensure_ascii=False)
    write_text(path, content, TrainingError, advice=ADVICE)


def place_in_run(checkpoint: Path, step: int, settings: TrainSettings) -> str:
    """The name of the checkpoint that a run goes on from, and whether it has all its steps."""
    if step < settings.max_train_steps:
        return checkpoint.name
    return f"{checkpoint.name}, where all steps are made: raise max_train_steps for more"


def check_folders(settings: TrainSettings) -> None:
    """Raise TrainingError where the run could not make its folders or write; makes none."""
    for name, folder in (("output_dir", settings.output_dir), ("cache_dir", settings.cache)):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not there.is_dir():
            number = errno.ENOTDIR
        elif os.access(there, os.W_OK) or there == settings.cache:
            continue  # a cache that is there may have all that the run needs
        else:
            number = errno.EACCES
        raise TrainingError(
            f"cannot write into {folder}: {os.strerror(number)}; check it, or choose another {name}"
        )


def _plain(settings: TrainSettings) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(settings.model_dump_json())
    return plain


def origin_of(clips: ClipList, base_hashes: Mapping[str, str], processes: int) -> dict[str, Any]:
    """What the order and the content of a run's samples depend on beside its settings."""
    return {
        "hashes": {"clips and captions": clips.sha256, **base_hashes},
        "processes": processes,
        "order": clips.order,
    }


def check_origin(
    folder: Path,
    facts: Mapping[str, Any],
    origin: Mapping[str, Any],
    tell: Callable[[str], None],
) -> None:
    """Raise TrainingError when a checkpoint with these `facts` had other clips or another base.

    `tell` gets a line when it had another number of processes, or the same clips in another order.
    What the checkpoint, one of an earlier version, does not say is not compared.
    """
    for name, found in origin["hashes"].items():
        earlier = facts.get("hashes", {}).get(name, found)
        if earlier != found:
            raise TrainingError(
                f"{folder} was trained with {name} of sha256 {earlier[:16]}…, found {found[:16]}…; "
                "put back what it was trained with, or choose another output_dir"
            )
    others = "from here on the run draws other samples than it would have drawn"
    processes = facts.get("processes", origin["processes"])
    if processes != origin["processes"]:
        tell(f"{folder.name} is of {processes} processes, found {origin['processes']}: {others}")
    if facts.get("order", origin["order"]) != origin["order"]:
        tell(
            f"{folder.name} is of the same clips listed in another order: {others}; list them as "
            "before to go on as before"
        )


@dataclass(frozen=True)
class State:
    """What changes while a run learns; `weights` by name, `scaler` is that of fp16."""

    weights: Mapping[str, nn.Parameter]
    optimizer: torch.optim.Optimizer
    average: MovingAverage | None
    scaler: torch.amp.GradScaler | None


def save(
    step: int,
    state: State,
    settings: TrainSettings,
    origin: Mapping[str, Any],
    tell: Callable[[str], None],
    others: Sequence[Path],
) -> Path:
    """Write the checkpoint of a step; `origin` is what `check_origin` compares it by.

    `tell` gets a line when `others`, the checkpoints of another branch, are set aside.
    """
    tensors: dict[str, Tensor] = {f"weights/{name}": p for name, p in state.weights.items()}
    tensors |= pack_optimizer(state.optimizer.state_dict(), list(state.weights))
    facts: dict[str, Any] = {**origin, "settings": _plain(settings)}
    if state.average:
        averages = zip(state.weights, state.average.averages, strict=True)
        tensors |= {f"average/{name}": value for name, value in averages}
        facts["average_steps"] = state.average.steps
    if state.scaler is not None:
        facts["scaler"] = state.scaler.state_dict()
    return save_checkpoint(
        settings.output_dir, step, tensors, facts, settings.checkpoints_total_limit, tell, others
    )


@torch.no_grad()
def restore(folder: Path, state: State) -> int:
    """Put a checkpoint back where it was; returns its step. Raises TrainingError if it cannot."""
    tensors, facts = load_checkpoint(folder)
    names = list(state.weights)
    wanted = {f"weights/{name}" for name in names}
    found = {name for name in tensors if name.startswith("weights/")}
    if wanted != found:
        raise TrainingError(
            f"{folder} is of another model: {next(iter(wanted ^ found))} is in only one of them"
        )
    for name, parameter in state.weights.items():
        there, here = tuple(tensors[f"weights/{name}"].shape), tuple(parameter.shape)
        if there != here:
            raise TrainingError(
                f"{folder} is of another model: {name} has shape {there} there, {here} here; "
                "choose another output_dir"
            )
    for name, parameter in state.weights.items():
        parameter.copy_(tensors[f"weights/{name}"])
    unpacked = unpack_optimizer(tensors, state.optimizer.state_dict(), names)
    state.optimizer.load_state_dict(unpacked)
    if state.average and "average_steps" in facts:
        averages = (tensors[f"average/{name}"] for name in names)
        state.average.restore(averages, facts["average_steps"])
    if state.scaler is not None and "scaler" in facts:
        state.scaler.load_state_dict(facts["scaler"])
    return int(facts["step"])
