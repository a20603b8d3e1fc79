"""Checkpoints: a folder with all that a run needs to go on, written whole or not at all.

Samples depend on their number alone (samples.py), so the step is the whole of the random state
and of the data order.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from conclvd.errors import TrainingError
from conclvd.lock import sweep

STATE, TENSORS = "state.json", "state.safetensors"
FORMAT = "conclvd-checkpoint/1"
NAME = re.compile(r"checkpoint-(\d+)")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the file system raises while `path` is written into one line of TrainingError."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TrainingError(
            f"cannot write {path}: {reason}; free some space, and start again: the run goes on "
            "from its last checkpoint"
        ) from error


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
    partial = output / f".checkpoint-{step}.part"
    # A copy each: safetensors refuses tensors that share memory.
    plain = {name: value.detach().to("cpu", copy=True) for name, value in tensors.items()}
    try:
        with disk_errors(folder):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            save_file({n: value.contiguous() for n, value in plain.items()}, partial / TENSORS)
            content = {"format": FORMAT, "step": step, **facts}
            (partial / STATE).write_text(json.dumps(content, indent=1), encoding="utf-8")
            for file in (partial / TENSORS, partial / STATE, partial):
                _to_disk(file)
            aside = [
                _set_aside(path)
                for path in checkpoints(output)
                if path in others or step_of(path) >= step
            ]
            _discard(folder)  # one that is not whole
            os.replace(partial, folder)
            _to_disk(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # if it is still there
    if aside:
        names = ", ".join(path.name for path in aside)
        tell(
            f"this run branched off before checkpoints that were there, now set aside in {output}: "
            f"{names}; to go on from one instead: --resume-from-checkpoint {aside[-1].name}"
        )
    for old in checkpoints(output)[:-keep]:
        _discard(old)
    _sweep(output, "old")
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
    _sweep(output, "part")
    _sweep(output, "old")
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
        with safe_open(folder / TENSORS, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"{folder} is damaged: {error}; remove it") from error
    return tensors, facts


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


def _discard(folder: Path) -> None:
    """Take a checkpoint's name away: one that is half removed must not be taken for a whole one."""
    new = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(new, ignore_errors=True)
    with suppress(OSError):  # it may not be there; a full disk shows where the next is written
        os.replace(folder, new)


def _sweep(output: Path, ending: str) -> None:
    for left in output.glob(f".checkpoint-*.{ending}"):
        shutil.rmtree(left, ignore_errors=True)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
