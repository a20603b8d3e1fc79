"""Weights in 8 bits: half the size of fp16, for shipping; nothing computes with them.

Every row (the weights of one output) has a scale of its own, so that the largest of a row is 127.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from conclvd.errors import ModelError
from conclvd.tensor_file import SAFETENSORS, read_tensors, write_tensors

SCALE = ".scale"  # after the name of a weight: its rows' scales
PACKED = ".8bit-"  # between the name of a file of weights and its number
INDEX = ".safetensors.index.json"  # of shards, which are other ones then
FEWEST = 4096  # numbers; what has fewer, or one dimension, stays float32
SHARD_BYTES = 14_000_000


def pack(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """int8 rows and their float32 scales; small weights, and those of one dimension, in float32."""
    packed: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if not weight.is_floating_point() or weight.ndim < 2 or weight.numel() < FEWEST:
            packed[name] = weight.float() if weight.is_floating_point() else weight
            continue
        rows = weight.float().flatten(1)
        scales = rows.abs().amax(1) / 127
        eighths = (rows / scales.clamp(min=1e-30)[:, None]).round().to(torch.int8)
        packed[name], packed[name + SCALE] = eighths.view(weight.shape), scales
    return packed


def unpack(packed: Mapping[str, Tensor], dtype: torch.dtype = torch.float16) -> dict[str, Tensor]:
    """The weights again, in `dtype`. Raises ModelError where a scale is missing."""
    weights: dict[str, Tensor] = {}
    for name, stored in packed.items():
        if name.endswith(SCALE):
            continue
        if stored.dtype == torch.int8:
            if name + SCALE not in packed:
                raise ModelError(f"{name} is in 8 bits and has no scale; install the model again")
            scales = packed[name + SCALE].view(-1, *[1] * (stored.ndim - 1))
            weights[name] = (stored.float() * scales).to(dtype)
        else:
            weights[name] = stored.to(dtype) if stored.is_floating_point() else stored
    return weights


def pack_folder(model: Path, out: Path) -> None:
    """Copy a model's folder with its safetensors in 8 bits, in files of SHARD_BYTES at most."""
    for stem, weights in _copied(model, out, _stem):
        for number, shard in enumerate(_shards(pack(weights))):
            write_tensors(stem.with_name(f"{stem.name}{PACKED}{number}{SAFETENSORS}"), shard)


def unpack_folder(packed: Path, out: Path) -> None:
    """Copy a folder of `pack_folder` with its weights in fp16, a file for each part."""
    for stem, weights in _copied(packed, out, _packed_stem):
        target = stem.with_name(stem.name + SAFETENSORS)
        write_tensors(target, unpack(weights), {"format": "pt"})


def _copied(
    model: Path, out: Path, stem_of: Callable[[Path], str | None]
) -> Iterator[tuple[Path, dict[str, Tensor]]]:
    """Copy what is no weights; yield the weights of all files of a stem, and its path in `out`."""
    for part in (model, *(entry for entry in sorted(model.iterdir()) if entry.is_dir())):
        target = out / part.relative_to(model)
        target.mkdir(parents=True, exist_ok=True)
        weights: dict[str, dict[str, Tensor]] = {}
        for file in sorted(part.iterdir()):
            stem = stem_of(file)
            if stem is not None:
                weights.setdefault(stem, {}).update(read_tensors(file))
            elif file.is_file() and not file.name.endswith(INDEX):
                shutil.copyfile(file, target / file.name)
        yield from ((target / stem, each) for stem, each in weights.items())


def _stem(file: Path) -> str | None:
    return file.stem.split("-0")[0] if file.suffix == SAFETENSORS else None  # of a shard


def _packed_stem(file: Path) -> str | None:
    stem, in_bits, _ = file.name.partition(PACKED)
    return stem if in_bits else None


def _shards(packed: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    shard: dict[str, Tensor] = {}
    size = 0
    for name, values in packed.items():
        if shard and size + values.nbytes > SHARD_BYTES:
            yield shard
            shard, size = {}, 0
        shard[name] = values
        size += values.nbytes
    yield shard
