"""Features of videos, as other programs write them: one vector a video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Float64

from conclvd.errors import InvalidRequest
from conclvd.files import short_hash
from conclvd.tensor_file import model_errors, read_tensors

Features: TypeAlias = Float64[np.ndarray, "n d"]
_LEAST = 2


@dataclass(frozen=True)
class FeatureSets:
    """The features of each method, and those of the reference with the reference's name."""

    methods: dict[str, Features]
    reference: Features
    name: str


def load_features(path: Path, reference: Path, methods: Sequence[str]) -> FeatureSets:
    """Read both files: .npy [n d], or .safetensors.

    A safetensors file names one of the `methods` that are measured by each tensor; a .npy file is
    the only method's. Raises ModelError for files that cannot be read, InvalidRequest when they do
    not fit.
    """
    found = _of_methods(path, _read(path), methods)
    real = _read(reference)
    if len(real) != 1:
        raise InvalidRequest(
            f"{reference} holds {len(real)} tensors ({', '.join(real)}); give the reference's alone"
        )
    features = next(iter(real.values()))
    _check(features, str(reference))
    for name, each in found.items():
        _check(each, f"{path} ({name})")
        if each.shape[1] != features.shape[1]:
            raise InvalidRequest(
                f"the features of {name!r} have {each.shape[1]} numbers each, the reference's "
                f"{features.shape[1]}; take both from the same model"
            )
    digits = short_hash(reference)
    return FeatureSets(found, features, f"{reference.name} (n {len(features)}, {digits})")


def _of_methods(
    path: Path, found: dict[str, Features], methods: Sequence[str]
) -> dict[str, Features]:
    if path.suffix == ".npy":
        if len(methods) != 1:
            raise InvalidRequest(
                f"{path} does not say which of the methods {', '.join(methods)} it is of; give a "
                ".safetensors file with a tensor of each method's name"
            )
        return {methods[0]: found[path.stem]}
    strangers = [name for name in found if name not in methods]
    if strangers:
        raise InvalidRequest(
            f"{path} has a tensor {strangers[0]!r}, which is no method that is measured; name its "
            f"tensors by these: {', '.join(methods)}"
        )
    return found


def _read(path: Path) -> dict[str, Features]:
    if path.suffix not in (".npy", ".safetensors"):
        raise InvalidRequest(f"features are .npy or .safetensors files, found {path.name!r}")
    with model_errors(str(path)):
        if path.suffix == ".npy":
            return {path.stem: np.load(path, allow_pickle=False).astype(np.float64)}
        return {name: each.double().numpy() for name, each in read_tensors(path).items()}


def _check(features: Features, where: str) -> None:
    if features.ndim != 2 or len(features) < _LEAST or features.shape[1] < 1:
        raise InvalidRequest(
            f"features are one vector a video, [n d] with n at least {_LEAST}; {where} is of shape "
            f"{list(features.shape)}"
        )
