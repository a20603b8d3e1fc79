"""Read the tensors of one checkpoint file without running anything in it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from conclvd.errors import ModelError


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
    """The tensors in a .safetensors file or, under `state_dict` or not, in a pickled checkpoint.

    Raises ModelError when the file is broken or holds more than weights.
    """
    with model_errors(str(path)):
        if path.suffix == ".safetensors":
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
