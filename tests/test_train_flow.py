"""Training RAFT: what it learns from is right, and the stage runs."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from conclvd.interpolation.raft import raft_small
from conclvd.interpolation.raft_flow import load_raft
from conclvd.interpolation.warp import sample
from conclvd.train.flow import WEIGHTS, end_point_error, mixed_batch, sequence_loss
from conclvd.train.flow_store import pairs_of
from conclvd.train.layered_motion import layered_pairs
from conclvd.train.painting import PaintOrder, paint_sample
from conclvd.train.stages import run_stage
from moving import sliding


def textures(count: int = 4) -> torch.Tensor:
    frames = [torch.from_numpy(sliding(400.0 * index)) for index in range(count)]
    return torch.stack(frames).movedim(-1, 1).float() / 255


def test_layered_flow_leads_to_the_second_picture() -> None:
    torch.manual_seed(0)
    pairs = layered_pairs(textures(8))
    assert pairs.flow.norm(dim=1).mean() > 1
    apart = (pairs.first - pairs.second).abs().mean(1)
    back = (pairs.first - sample(pairs.second, pairs.flow)).abs().mean(1)
    # What the second picture hides or has lost cannot be found there: the median does not see it.
    assert back.median() < 0.02
    assert apart.median() > 3 * back.median()


def test_layers_move_apart_from_each_other() -> None:
    torch.manual_seed(0)
    flow = layered_pairs(textures()).flow
    steps = (flow[..., 1:] - flow[..., :-1]).norm(dim=1)
    assert (steps > 1).any(), "a layer must have a border where the flow jumps"
    assert (steps < 0.5).float().mean() > 0.9


def test_painted_pairs_keep_their_flow_and_half_a_batch_is_layered() -> None:
    order = PaintOrder(frames=2, fps=6.0, size=128, captions=0, flow=True)
    painted = pairs_of([paint_sample(seed, order) for seed in (3, 4)], torch.device("cpu"))
    assert painted.flow.shape == (2, 2, 128, 128)
    mixed = mixed_batch(painted)
    assert torch.equal(mixed.flow[:1], painted.flow[:1])
    assert torch.equal(mixed.valid[:1], painted.valid[:1])
    assert mixed.valid[1].all()
    assert not torch.equal(mixed.first[1], painted.first[1])


def test_the_loss_discounts_early_updates_and_looks_at_valid_pixels_alone() -> None:
    wanted = torch.zeros(1, 2, 4, 4)
    valid = torch.zeros(1, 4, 4, dtype=torch.bool)
    valid[0, 0, 0] = True
    off = torch.full_like(wanted, 100.0)
    off[..., 0, 0] = 3.0
    assert sequence_loss([off, wanted], wanted, valid).item() == pytest.approx(0.8 * 6)
    assert sequence_loss([wanted, off], wanted, valid).item() == pytest.approx(6)
    assert end_point_error(off, wanted, valid) == pytest.approx(3 * 2**0.5)
    assert sequence_loss([off], wanted, torch.zeros_like(valid)).item() == 0


@pytest.mark.slow
def test_the_stage_goes_on_from_weights(tmp_path: Path) -> None:
    before = raft_small().state_dict()
    save_file(before, tmp_path / WEIGHTS)
    out = tmp_path / "out"
    settings = {
        "out": out,
        "start": tmp_path,
        "clips": None,
        "seconds": 1,
        "workers": 1,
        "batch": 2,
    }
    result = run_stage(Namespace(stage="flow", model=None, toy=True, **settings))
    assert {"raft on painted", "dis on painted", "farneback on layered"} <= result.keys()
    assert all(error >= 0 for error in result.values())
    assert (out / WEIGHTS).stat().st_size < 3e6
    trained = load_raft(out / WEIGHTS).state_dict()
    name = "update_block.flow_head.conv2.weight"
    assert 0 < (trained[name] - before[name]).abs().max() < 0.1
    line = json.loads((out / "flow.jsonl").read_text().splitlines()[0])
    assert {"loss", "error"} <= line.keys()
