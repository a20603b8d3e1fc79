"""Files of tensors: what is in them comes back, and nothing in them runs."""

from __future__ import annotations

import io
import json
import os
import pickle
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from conclvd.errors import ModelError, TrainingError
from conclvd.evaluate.features import load_features
from conclvd.files import whole
from conclvd.interpolation.raft_flow import load_raft
from conclvd.models.probe import load_probe
from conclvd.models.weights import load_motion_module
from conclvd.tensor_file import model_errors, read_header, read_tensors, write_tensors
from conclvd.train.checkpoint import load_checkpoint, save_checkpoint

TENSORS = {
    "half": torch.arange(6).reshape(2, 3).half(),
    "brain": torch.ones(2, dtype=torch.bfloat16),
    "bytes": torch.arange(4, dtype=torch.uint8),
    "nothing": torch.zeros(0, 3),
    "one": torch.tensor(2.5),
}


class Evil:
    """A pickle that makes a file when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (str(self.path),)


def same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(
        found[name].dtype == wanted[name].dtype and torch.equal(found[name], wanted[name])
        for name in wanted
    )


@pytest.mark.parametrize("name", ["a.safetensors", "7.clip", "山水.safetensors", "a"])
def test_tensors_and_header_come_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    header = {"format": "pt", "caption": '一叶扁舟 "\n', "a": ""}
    write_tensors(path, TENSORS, header)
    assert same(read_tensors(path), TENSORS)
    assert same(load_file(path), TENSORS)  # as the library reads it
    assert read_header(path) == header
    write_tensors(path, TENSORS)
    assert (read_header(path), same(read_tensors(path), TENSORS)) == ({}, True)


def test_the_same_tensors_and_header_give_the_same_bytes(tmp_path: Path) -> None:
    header = {str(number): "x" * number for number in range(20)}
    for name in ("a", "b"):
        write_tensors(tmp_path / name, TENSORS, header)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    size = int.from_bytes((tmp_path / "a").read_bytes()[:8], "little")
    told = json.loads((tmp_path / "a").read_bytes()[8 : 8 + size])["__metadata__"]
    assert list(told) == sorted(header)


def test_any_tensor_may_be_given(tmp_path: Path) -> None:
    """Parts and views of one another, of any order of axes, with gradients."""
    whole_one = torch.arange(12.0).reshape(3, 4).requires_grad_()
    given = {"all": whole_one, "same": whole_one, "part": whole_one[1:], "turned": whole_one.T}
    write_tensors(tmp_path / "a", given)
    assert same(read_tensors(tmp_path / "a"), {k: v.detach() for k, v in given.items()})


@pytest.mark.parametrize("wrap", [{}, {"state_dict": None}, {"state_dict": {"state_dict": None}}])
def test_pickled_checkpoints_of_tensors_are_read(tmp_path: Path, wrap: dict[str, object]) -> None:
    path = tmp_path / "a.ckpt"
    content: object = TENSORS | {"global_step": 7}
    for _ in range(len(wrap) and (2 if wrap["state_dict"] else 1)):
        content = {"state_dict": content}
    torch.save(content, path)
    assert same(read_tensors(path), TENSORS)


@pytest.mark.parametrize("name", ["a.ckpt", "a.pt", "a.pth", "a.bin", "a.safetensors", "a"])
@pytest.mark.parametrize("how", ["zip", "pickle"])
def test_nothing_in_a_file_runs(tmp_path: Path, name: str, how: str) -> None:
    path, made = tmp_path / name, tmp_path / "made"
    content = {"weight": torch.zeros(1), "evil": Evil(made)}
    if how == "zip":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(Evil(made), 2))
    readers: list[Callable[[Path], object]] = [read_tensors, load_raft, read_header, load_probe]
    if path.suffix in (".ckpt", ".safetensors"):
        readers.append(load_motion_module)
    for read in readers:
        with pytest.raises(ModelError, match=name):
            read(path)
    assert not made.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not weights",
        (1 << 40).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{]",
        (99).to_bytes(8, "little") + b'{"a": {"dtype": "F32"}}',
    ],
)
@pytest.mark.parametrize("name", ["a.safetensors", "a.ckpt"])
def test_what_is_broken_is_one_line(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for read in (read_tensors, load_raft, load_motion_module, load_probe):
        with pytest.raises(ModelError, match=name) as refusal:
            read(path)
        assert "\n" not in str(refusal.value)
    with pytest.raises(ModelError, match=r"none\.safetensors"):
        read_tensors(tmp_path / "none.safetensors")


@pytest.mark.parametrize("content", [[torch.zeros(1)], {"step": 1}, torch.zeros(1)])
def test_what_is_no_named_weights_is_told(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "a.ckpt")
    with pytest.raises(ModelError, match=r"a\.ckpt holds"):
        read_tensors(tmp_path / "a.ckpt")


def test_a_zip_with_a_strange_pickle_is_refused(tmp_path: Path) -> None:
    buffer, path = io.BytesIO(), tmp_path / "a.pt"
    torch.save(TENSORS, buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            evil = name.endswith("data.pkl")
            new.writestr(name, pickle.dumps(Evil(tmp_path / "made"), 2) if evil else old.read(name))
    with pytest.raises(ModelError, match=r"a\.pt"):
        read_tensors(path)
    assert not (tmp_path / "made").exists()


def test_a_full_disk_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_tensors(path, TENSORS)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with (
            pytest.raises(ModelError, match=f"cannot write {path}"),
            whole(path, ModelError) as part,
        ):
            write_tensors(part, {"large": torch.zeros(10_000)}, {"a": "b"})
        with pytest.raises(TrainingError, match="checkpoint-1"):
            save_checkpoint(tmp_path, 1, {"large": torch.zeros(10_000)}, {}, keep=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


def test_a_checkpoint_comes_back_to_the_bit(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path, 3, TENSORS, {"order": "a"}, keep=1)
    tensors, facts = load_checkpoint(folder)
    assert same(tensors, TENSORS)
    assert (facts["step"], facts["order"]) == (3, "a")


def test_features_of_half_precision_are_read(tmp_path: Path) -> None:
    write_tensors(tmp_path / "a.safetensors", {"ours": torch.ones(3, 4, dtype=torch.bfloat16)})
    np.save(tmp_path / "real.npy", np.zeros((5, 4)))
    found = load_features(tmp_path / "a.safetensors", tmp_path / "real.npy", ["ours"])
    assert found.methods["ours"].tolist() == [[1.0] * 4] * 3


def test_what_a_library_raises_is_one_line_with_what_it_is_about() -> None:
    for error in (OSError("a\nb"), KeyError("x"), RuntimeError(), EOFError()):
        with (
            pytest.raises(ModelError, match=r"^the thing cannot be loaded") as refusal,
            model_errors("the thing"),
        ):
            raise error
        assert "\n" not in str(refusal.value)
