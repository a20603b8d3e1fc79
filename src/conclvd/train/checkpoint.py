"""Checkpoints: a folder with all that a run needs to go on, written whole or not at all.

Samples depend on their number alone (samples.py), so the step is the whole of the random state
and of the data order.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from conclvd.errors import ModelError, TrainingError
from conclvd.files import cannot_write, folder_to_disk, remove, remove_folder, sweep, whole_folder
from conclvd.tensor_file import read_tensors, write_tensors

STATE, TENSORS = "state.json", "state.safetensors"
FORMAT = "conclvd-checkpoint/1"
NAME = re.compile(r"checkpoint-(\d+)")
ADVICE = "free some space, and start again: the run goes on from its last checkpoint"


def disk_errors(path: Path) -> AbstractContextManager[None]:
    """Turn what the file system raises while `path` is written into one line of TrainingError."""
    return cannot_write(path, TrainingError, ADVICE)


def save_checkpoint(
    output: Path,
    step: int,
    tensors: Mapping[str, Tensor],
    facts: Mapping[str, Any],
    keep: int,
    tell: Callable[[str], None] = lambda line: None,
    others: Sequence[Path] = (),
) -> Path:
    """Write `output/checkpoint-STEP` and remove all but the `keep` newest.

    It is complete and on the disk before it has its name, and older ones go only then. Those of
    this step and later, and `others`, are of a run that this one has branched off from: they are
    kept as `checkpoint-N.aside`, where nothing goes on from them, which `tell` gets a line of.
    """
    folder = output / f"checkpoint-{step}"
    with whole_folder(folder, TrainingError, durable=True, advice=ADVICE) as partial:
        write_tensors(partial / TENSORS, tensors)
        content = {"format": FORMAT, "step": step, **facts}
        (partial / STATE).write_text(json.dumps(content, indent=1), encoding="utf-8")
        folder_to_disk(partial)
        aside = [
            _set_aside(path)
            for path in checkpoints(output)
            if path in others or step_of(path) >= step
        ]
    if aside:
        names = ", ".join(path.name for path in aside)
        tell(
            f"this run branched off before checkpoints that were there, now set aside in {output}: "
            f"{names}; to go on from one instead: --resume-from-checkpoint {aside[-1].name}"
        )
    for old in checkpoints(output)[:-keep]:
        remove_folder(old)
    return folder


def step_of(checkpoint: Path) -> int:
    """The step that a checkpoint's name tells."""
    return int(checkpoint.name.split("-")[1])


def checkpoints(output: Path) -> list[Path]:
    """The whole checkpoints in a folder, the oldest first."""
    found = [path for path in output.glob("checkpoint-*") if NAME.fullmatch(path.name)]
    whole = [path for path in found if (path / STATE).is_file() and (path / TENSORS).is_file()]
    return sorted(whole, key=step_of)


def of_other_branches(output: Path, resumed: Path, step: int) -> list[Path]:
    """The checkpoints that a run leaves when it goes on from `resumed`, which is of `step`."""
    there = checkpoints(output)
    return [path for path in there if step_of(path) >= step and not path.samefile(resumed)]


def clear_partial(output: Path) -> None:
    """Remove what a run that was killed while it wrote left behind."""
    for left in output.glob(".checkpoint-*"):  # as versions before 0.2 named them
        if re.fullmatch(r"\.checkpoint-\d+\.(part|old)", left.name):
            remove(left)
    sweep(output.rglob(".*"))


def find_checkpoint(output: Path, wanted: str) -> Path | None:
    """The checkpoint to go on from: the newest for "latest", None when there is none yet."""
    if wanted == "latest":
        return next(iter(reversed(checkpoints(output))), None)
    for folder in (Path(wanted), output / wanted):
        if (folder / STATE).is_file():
            return folder
    there = ", ".join(path.name for path in checkpoints(output)) or "none"
    raise TrainingError(f"there is no checkpoint {wanted!r}; {output} has {there}")


def checkpoint_facts(folder: Path) -> dict[str, Any]:
    """The facts of a checkpoint. Raises TrainingError when it is damaged, or of another format."""
    try:
        facts: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{folder} is damaged: {error}; remove it") from error
    if facts.get("format") != FORMAT:
        raise TrainingError(f"{folder} is no checkpoint of this version: {facts.get('format')!r}")
    return facts


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the facts of a checkpoint. Raises what `checkpoint_facts` does."""
    facts = checkpoint_facts(folder)
    try:
        return read_tensors(folder / TENSORS), facts
    except ModelError as error:
        raise TrainingError(f"{folder} is damaged: {error}; remove it") from error


def pack_optimizer(state: Mapping[str, Any], names: Sequence[str]) -> dict[str, Tensor]:
    """An optimizer's `state_dict` as named tensors, `optimizer/WEIGHT/KEY`."""
    packed: dict[str, Tensor] = {}
    for index, values in state["state"].items():
        for key, value in values.items():
            tensor = value if isinstance(value, Tensor) else torch.tensor(value)
            packed[f"optimizer/{names[index]}/{key}"] = tensor
    return packed


def unpack_optimizer(
    tensors: Mapping[str, Tensor], state: Mapping[str, Any], names: Sequence[str]
) -> dict[str, Any]:
    """What `pack_optimizer` packed, as a `state_dict` with the groups of `state`."""
    places = {name: index for index, name in enumerate(names)}
    unpacked: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer/"):
            _, weight, key = name.split("/")
            unpacked.setdefault(places[weight], {})[key] = value
    return {"state": unpacked, "param_groups": state["param_groups"]}


def _set_aside(folder: Path) -> Path:
    """Rename a checkpoint to what nothing goes on from unasked; older ones aside stay."""
    new = folder.with_name(f"{folder.name}.aside")
    number = 2
    while new.exists():
        new = folder.with_name(f"{folder.name}.aside-{number}")
        number += 1
    os.replace(folder, new)
    return new
