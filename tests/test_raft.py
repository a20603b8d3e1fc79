"""RAFT: the published sizes, torchvision's outputs, any frame size, local files."""

from __future__ import annotations

import importlib
import os
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from conclvd.errors import InvalidRequest, ModelError
from conclvd.interpolation import estimators
from conclvd.interpolation.correlation import AllPairs, OnDemand, correlation
from conclvd.interpolation.flow import DisFlow
from conclvd.interpolation.raft import Raft, raft_large, raft_small
from conclvd.interpolation.raft_flow import RaftFlow, load_raft
from conclvd.paint.clip import paint_clip

SIZES = [(raft_small, 990_162), (raft_large, 5_257_536)]
BY_NAME = [("raft_small", raft_small), ("raft_large", raft_large)]

# What torchvision 0.28 answers to `frozen_flows` of its own networks, beside torch 2.13: flows of
# 10 to 30 pixels, from which ours differ by 0.0001.
FROZEN = Path(__file__).with_name("raft_torchvision.npz")


@pytest.fixture(scope="module")
def small() -> Raft:
    torch.manual_seed(0)
    return raft_small().eval()


def pair(height: int = 128, width: int = 128, batch: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    return tuple(torch.rand(2, batch, 3, height, width, generator=generator))  # type: ignore[return-value]


def torchvision_raft() -> ModuleType:
    """torchvision's RAFT, or a skip: it cannot stand beside the CPU build of torch 2.13."""
    try:
        return importlib.import_module("torchvision.models.optical_flow")
    except (ImportError, RuntimeError) as error:
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        pytest.skip(f"torchvision is not usable here: {error}")


def drawn_weights(network: nn.Module) -> nn.Module:
    """The network with weights that depend on their names alone, and flows far from 0."""
    for name, value in network.state_dict().items():
        numbers = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(value.shape)
        drawn = torch.from_numpy(numbers).float()
        if value.ndim == 4:
            value.copy_(drawn * (2 / value[0].numel()) ** 0.5)
        elif name.endswith(("weight", "running_var")):
            value.copy_(1 + 0.1 * drawn)
        elif value.ndim == 1:
            value.copy_(0.1 * drawn)
    return network.eval()


def frozen_flows(network: nn.Module) -> np.ndarray:
    """Three updates of a drawn pair of pictures by drawn weights, at every twelfth pixel."""
    pictures = np.random.default_rng(3).uniform(-1, 1, (2, 1, 3, 136, 160))
    with torch.no_grad():
        flows = drawn_weights(network)(*torch.from_numpy(pictures).float(), 3)
    return torch.stack(flows)[:, 0, :, ::12, ::12].numpy()


@pytest.mark.parametrize(("build", "count"), SIZES)
def test_as_many_weights_as_published(build: Callable[[], Raft], count: int) -> None:
    assert sum(parameter.numel() for parameter in build().parameters()) == count


@pytest.mark.parametrize(("name", "build"), BY_NAME)
def test_flows_are_what_torchvisions_were(name: str, build: Callable[[], Raft]) -> None:
    np.testing.assert_allclose(frozen_flows(build()), np.load(FROZEN)[name], atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize(("name", "build"), BY_NAME)
def test_outputs_are_torchvisions(name: str, build: Callable[[], Raft]) -> None:
    theirs = getattr(torchvision_raft(), name)(weights=None).eval()
    ours = build().eval()
    ours.load_state_dict(theirs.state_dict())
    first, second = (picture * 2 - 1 for picture in pair(136, 160))
    with torch.no_grad():
        for mine, its in zip(ours(first, second, 4), theirs(first, second, 4), strict=True):
            assert torch.allclose(mine, its, atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(frozen_flows(theirs), np.load(FROZEN)[name], atol=1e-3, rtol=1e-4)


def test_correlation_is_the_scaled_product_at_the_place_looked_up() -> None:
    """On a ramp of features the correlation at any place is known, between pixels too."""
    height, width = 16, 24
    x = torch.arange(width, dtype=torch.float32).expand(height, width)
    y = torch.arange(height, dtype=torch.float32)[:, None].expand(height, width)
    first = torch.ones(1, 4, height, width)
    second = torch.stack([x, y, 0 * x, 0 * x])[None]
    place = torch.tensor([10.25, 7.5]).view(1, 2, 1, 1).expand(1, 2, height, width)
    found = AllPairs(first, second, 1)(place)[0, :9, 3, 5].view(3, 3)
    for column, dx in enumerate((-1, 0, 1)):
        for row, dy in enumerate((-1, 0, 1)):
            # Offsets count along x first; the sum of the channels is x + y, the scale sqrt(4).
            assert found[column, row].item() == pytest.approx((17.75 + dx + dy) / 2)


@pytest.mark.parametrize("size", [(16, 16), (17, 23)])
def test_looking_up_on_demand_is_the_same(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(1)
    first, second = torch.randn(2, 2, 8, *size, generator=generator)
    place = torch.rand(2, 2, *size, generator=generator) * 30 - 4  # some are outside
    found, wanted = (kind(first, second, 3)(place) for kind in (OnDemand, AllPairs))
    assert found.shape == (2, 4 * 49, *size)
    assert torch.allclose(found, wanted, atol=1e-5)


def test_the_volume_is_only_made_where_it_fits() -> None:
    features = torch.zeros(1, 4, 16, 16)
    assert isinstance(correlation(features, features, 3), AllPairs)
    assert isinstance(correlation(features, features, 3, volume_bytes=1000), OnDemand)


def test_flow_does_not_depend_on_how_correlations_are_looked_up(small: Raft) -> None:
    first, second = pair()
    flow = RaftFlow(small, updates=2).flows(first, second)
    frugal = Raft.__new__(Raft)
    frugal.__dict__.update(small.__dict__)
    frugal.volume_bytes = 0
    assert torch.allclose(RaftFlow(frugal, updates=2).flows(first, second), flow, atol=1e-3)


@pytest.mark.parametrize("size", [(40, 56), (131, 150)])
def test_any_size(small: Raft, size: tuple[int, int]) -> None:
    first, second = pair(*size, batch=2)
    flow = RaftFlow(small, updates=1).flows(first, second)
    assert flow.shape == (2, 2, *size)
    assert flow.isfinite().all()


@pytest.mark.slow
def test_a_pairs_flow_does_not_depend_on_the_others(small: Raft) -> None:
    first, second = pair(batch=2)
    estimator = RaftFlow(small, updates=2)
    both = estimator.flows(first, second)
    assert torch.allclose(both[1:], estimator.flows(first[1:], second[1:]), atol=1e-4)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize(("build", "count"), SIZES)
def test_files_load(tmp_path: Path, build: Callable[[], Raft], count: int, suffix: str) -> None:
    saved = build()
    path = tmp_path / f"raft{suffix}"
    if suffix == ".pth":
        torch.save({f"module.{name}": value for name, value in saved.state_dict().items()}, path)
    else:
        save_file(saved.state_dict(), path)
    loaded = load_raft(path)
    assert sum(parameter.numel() for parameter in loaded.parameters()) == count
    for name, value in saved.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)


class _Trap:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, ...]]:
        return os.system, ("echo this must never run",)


def test_what_is_no_raft_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.pth"):
        load_raft(tmp_path / "missing.pth")
    torch.save({"weights": _Trap()}, tmp_path / "code.pth")
    with pytest.raises(ModelError, match=r"code\.pth"):
        load_raft(tmp_path / "code.pth")
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"broken\.safetensors"):
        load_raft(tmp_path / "broken.safetensors")
    save_file({"fnet.conv1.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match=r"other\.safetensors.* RAFT"):
        load_raft(tmp_path / "other.safetensors")
    weights = raft_small().state_dict()
    del weights["update_block.flow_head.conv2.bias"]
    save_file(weights, tmp_path / "part.safetensors")
    with pytest.raises(ModelError, match="flow_head"):
        load_raft(tmp_path / "part.safetensors")


def test_estimators_by_name(tmp_path: Path) -> None:
    assert isinstance(estimators.load_estimator("dis"), DisFlow)
    path = tmp_path / "mine.safetensors"
    save_file(raft_small().state_dict(), path)
    assert isinstance(estimators.load_estimator(str(path)), RaftFlow)
    with pytest.raises(InvalidRequest, match="'farneback'"):
        estimators.load_estimator("farneback")


def test_the_shipped_raft_sees_what_moves() -> None:
    """A painted picture, moved by 3 pixels to the right and 2 down."""
    painted = paint_clip(7, frames=1, width=208, height=160, fps=1.0).frames[0]
    picture = torch.from_numpy(painted).permute(2, 0, 1)[None].float() / 255
    raft = estimators.load_estimator("raft")
    flow = raft.flows(picture[..., 2:, 3:], picture[..., :-2, :-3])[0, :, 16:-16, 16:-16]
    right, down = flow.flatten(1).median(1).values.tolist()
    assert (right, down) == (pytest.approx(3, abs=0.3), pytest.approx(2, abs=0.3))
