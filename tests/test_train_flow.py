"""Training RAFT: what it learns from is right, and the stage runs."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from conclvd.interpolation.raft import raft_small
from conclvd.interpolation.raft_flow import load_raft
from conclvd.interpolation.warp import length, sample
from conclvd.pretrain.flow import WEIGHTS
from conclvd.pretrain.flow_augment import disturbed, panned, turned
from conclvd.pretrain.flow_error import ORDER, NoFlow, end_point_errors, flow_errors, held_out_pairs
from conclvd.pretrain.flow_step import (
    mixed_batch,
    optimizer_of,
    sequence_loss,
    training_step,
)
from conclvd.pretrain.flow_store import FlowPairs, FlowStore
from conclvd.pretrain.layered_motion import layered_pairs
from conclvd.pretrain.painting import paint_sample
from conclvd.pretrain.similarity import Similarity, from_middle
from conclvd.pretrain.stages import run_stage
from conclvd.train.clock import set_learning_rate
from moving import sliding

SMALL = replace(ORDER, frames=3, sizes=((128, 128),))
CPU = torch.device("cpu")


def store(clips: int = 4, capacity: int = 4) -> FlowStore:
    found = FlowStore(None, SMALL, capacity, CPU)
    for seed in range(3, 3 + clips):
        found.put(paint_sample(seed, SMALL))
    return found


def slid(places: tuple[float, ...] = (2.0, 5.0)) -> FlowPairs:
    """Pairs of which each slid along x from 0 to its place."""
    first = torch.from_numpy(sliding(0)).movedim(-1, 0).float() / 255
    seconds = [torch.from_numpy(sliding(place)).movedim(-1, 0).float() / 255 for place in places]
    flow = torch.zeros(len(places), 2, *first.shape[-2:])
    flow[:, 0] = torch.tensor(places)[:, None, None]
    valid = torch.ones_like(flow[:, 0], dtype=torch.bool)
    valid[:, :, -8:] = False
    return FlowPairs(first.repeat(len(places), 1, 1, 1), torch.stack(seconds), flow, valid)


def missed(pairs: FlowPairs) -> float:
    """How far, as a median, the second picture where the flow leads is from the first."""
    back = (pairs.first - sample(pairs.second, pairs.flow)).abs().mean(1)
    return float(back[pairs.valid].median())


def textures(count: int = 4) -> torch.Tensor:
    frames = [torch.from_numpy(sliding(400.0 * index)) for index in range(count)]
    return torch.stack(frames).movedim(-1, 1).float() / 255


def test_layered_flow_leads_to_the_second_picture() -> None:
    torch.manual_seed(0)
    pairs = layered_pairs(textures(8))
    assert pairs.flow.norm(dim=1).mean() > 1
    apart = (pairs.first - pairs.second).abs().mean(1)
    # What the second picture hides or has lost cannot be found there: the median does not see it.
    assert missed(pairs) < 0.02
    assert apart.median() > 3 * missed(pairs)


def test_layers_move_apart_from_each_other() -> None:
    torch.manual_seed(0)
    flow = layered_pairs(textures()).flow
    steps = (flow[..., 1:] - flow[..., :-1]).norm(dim=1)
    assert (steps > 1).any(), "a layer must have a border where the flow jumps"
    assert (steps < 0.5).float().mean() > 0.9


def test_a_similarity_and_the_way_back() -> None:
    column = torch.tensor([3.0, -2.0]).view(1, 2, 1, 1)
    place = Similarity(column, torch.full((1, 1, 1, 1), 0.3), torch.full((1, 1, 1, 1), 1.2))
    middle = from_middle(5, 7, CPU)
    assert torch.equal(middle[0, :, 2, 3], torch.zeros(2))
    there = place.forth(middle)
    torch.testing.assert_close(there[0, :, 2, 3], column[0, :, 0, 0])
    torch.testing.assert_close(length(there - column), 1.2 * length(middle))
    torch.testing.assert_close(place.back(there), middle.expand_as(there))


def test_pairs_that_are_turned_or_panned_keep_their_flow() -> None:
    torch.manual_seed(1)
    pairs = slid((2.0, 5.0) * 12)
    other = turned(pairs)
    assert missed(other) < 0.001
    torch.testing.assert_close(length(other.flow).amax((2, 3)), length(pairs.flow).amax((2, 3)))
    directions = {tuple(flow.sign().int().tolist()) for flow in other.flow[:, :, 64, 64]}
    assert directions == {(1, 0), (-1, 0), (0, 1), (0, -1)}
    camera = panned(pairs)
    assert missed(camera) < 0.02
    kept = [torch.allclose(a, b, atol=1e-3) for a, b in zip(camera.flow, pairs.flow, strict=True)]
    assert 4 < sum(kept) < 20


def test_both_pictures_are_disturbed_each_in_its_way() -> None:
    torch.manual_seed(0)
    pairs = slid()
    first, second = disturbed(FlowPairs(pairs.first, pairs.first, pairs.flow, pairs.valid))
    assert first.min() >= -1
    assert first.max() <= 1
    assert first.min() < -0.2 < 0.2 < first.max()
    assert 0.005 < (first - second).abs().mean() < 0.3


def test_the_store_keeps_the_last_clips_and_half_a_batch_is_layered() -> None:
    torch.manual_seed(0)
    full = store(clips=5)
    assert full.painted == 5
    sample = paint_sample(7, SMALL)  # the fifth, over the first
    assert sample.flow is not None
    pair = full.pairs(torch.tensor([0]), torch.tensor([1]))
    torch.testing.assert_close(
        pair.flow[0].movedim(0, -1), torch.from_numpy(sample.flow[1]), atol=0.02, rtol=0.001
    )
    assert torch.equal(pair.second[0].movedim(0, -1) * 255, torch.from_numpy(sample.frames[2]))
    mixed = mixed_batch(full, 5)
    assert mixed.first.shape == (5, 3, 128, 128)
    assert mixed.valid[2:].all()
    assert not mixed.valid[:2].all()


def test_clips_are_painted_at_several_paces() -> None:
    still, fast = (paint_sample(seed, replace(SMALL, strides=(1, 8))).flow for seed in (4, 5))
    again = paint_sample(5, replace(SMALL, strides=(1,))).flow
    assert still is not None
    assert fast is not None
    assert again is not None
    assert abs(fast).mean() > 3 * abs(again).mean() > 0


def test_the_loss_discounts_early_updates_and_looks_at_valid_pixels_alone() -> None:
    wanted = torch.zeros(1, 2, 4, 4)
    valid = torch.zeros(1, 4, 4, dtype=torch.bool)
    valid[0, 0, 0] = True
    off = torch.full_like(wanted, 100.0)
    off[..., 0, 0] = 3.0
    assert sequence_loss([off, wanted], wanted, valid).item() == pytest.approx(0.8 * 6)
    assert sequence_loss([wanted, off], wanted, valid).item() == pytest.approx(6)
    assert sequence_loss([off], wanted, torch.zeros_like(valid)).item() == 0


def test_errors_are_counted_by_speed() -> None:
    wanted = torch.zeros(1, 2, 1, 4)
    wanted[0, 0, 0] = torch.tensor([0.0, 1.0, 3.0, 20.0])
    flow = wanted.clone()
    flow[0, 1, 0] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    valid = torch.tensor([[[True, True, True, False]]])
    errors = end_point_errors(flow, wanted, valid)
    assert errors == {"all": 2, "moving": 2.5, "still": 1, "slow": 2, "middling": 3}


def test_standing_still_is_wrong_by_what_moves() -> None:
    held_out = held_out_pairs(2, CPU, SMALL)
    errors = flow_errors({"none": NoFlow()}, held_out)
    assert errors["none on painted, still"] < 0.5 < errors["none on painted, moving"]
    assert errors["none on layered, fast"] > 8
    again = held_out_pairs(2, CPU, SMALL)
    assert all(torch.equal(again[kind].flow, held_out[kind].flow) for kind in held_out)


def test_steps_learn() -> None:
    torch.manual_seed(0)
    network = raft_small().train()
    before = [weight.detach().clone() for weight in network.parameters()]
    optimizer = optimizer_of(network.parameters(), CPU)
    step = training_step(network, optimizer, store(), batch=3, updates=2)
    step()  # at rate 0
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    set_learning_rate(optimizer, 1e-3)
    result = step()
    assert result.loss.isfinite()
    assert result.layered > 0
    changed = [not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True)]
    assert sum(changed) > 0.9 * len(changed)


@pytest.mark.slow
def test_the_stage_goes_on_from_weights(tmp_path: Path) -> None:
    before = raft_small().state_dict()
    save_file(before, tmp_path / WEIGHTS)
    out = tmp_path / "out"
    settings = {
        "out": out,
        "weights": tmp_path,
        "clips": None,
        "seconds": 1,
        "workers": 1,
        "batch": 2,
        "eager": False,
        "form": None,
    }
    result = run_stage(Namespace(stage="flow", model=None, toy=True, **settings))
    assert {"raft on painted, moving", "dis on painted, all", "farneback on layered, fast"} <= set(
        result
    )
    assert all(error >= 0 for error in result.values())
    assert (out / WEIGHTS).stat().st_size < 3e6
    trained = load_raft(out / WEIGHTS).state_dict()
    name = "update_block.flow_head.conv2.weight"
    assert 0 < (trained[name] - before[name]).abs().max() < 0.1
    lines = [json.loads(line) for line in (out / "flow.jsonl").read_text().splitlines()]
    assert (lines[0]["updates"], lines[0]["graph"]) == (1, False)
    assert {"loss", "painted", "layered"} <= lines[1].keys()
