"""Files of tensors, read without running anything in them: safetensors, and pickles of tensors."""

from __future__ import annotations

import errno
import json
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from conclvd.errors import ModelError

SAFETENSORS = ".safetensors"


@contextmanager
def model_errors(what: str) -> Iterator[None]:
    """Turn what the libraries raise about a broken `what` into one line of ModelError."""
    try:
        yield
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{what} holds more than weights and is not opened, because that could run code; "
            "convert it to .safetensors first"
        ) from error
    except (
        OSError, ValueError, RuntimeError, KeyError, TypeError, EOFError, SafetensorError
    ) as error:  # fmt: skip
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{what} cannot be loaded: {reason}") from error


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors in safetensors or, under `state_dict` or not, in a pickled checkpoint.

    Raises ModelError when the file is broken or holds more than weights.
    """
    with model_errors(str(path)):
        if path.suffix == SAFETENSORS or _begins_with_header(path):
            return dict(load_file(path))
        content = torch.load(path, map_location="cpu", weights_only=True)
    while isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds a {type(content).__name__} instead of named weights")
    tensors = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    if not tensors:
        raise ModelError(f"{path} holds no weights")
    return tensors


def read_header(path: Path) -> dict[str, str]:
    """What the header of safetensors says beside the tensors, empty if nothing."""
    with model_errors(str(path)), safe_open(path, framework="pt") as file:
        return dict(file.metadata() or {})


def _begins_with_header(path: Path) -> bool:
    """Whether safetensors are in a file of any name: its size in 8 bytes, then a JSON object."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str] | None = None
) -> None:
    """Write safetensors: the same tensors and header give the same bytes. Raises OSError.

    `path` is that of `files.whole`, or in a folder of `files.whole_folder`.
    """
    plain: dict[str, Tensor] = {}
    memory: set[int] = set()
    for name, value in tensors.items():
        kept = value.detach().cpu().contiguous()
        at = kept.untyped_storage().data_ptr()
        plain[name] = kept.clone() if at in memory else kept  # the library refuses shared memory
        memory.add(at)
    try:
        save_file(plain, path, metadata=None if header is None else dict(header))
    except SafetensorError as error:
        full = "No space left" in str(error)
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error
    if header:
        _sort_header(path)


def _sort_header(path: Path) -> None:
    """Put what a safetensors file says of itself in order, which is another at every writing."""
    with path.open("r+b") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        content = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        assert len(content) <= size
        file.seek(8)
        file.write(content.ljust(size))
