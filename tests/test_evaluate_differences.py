"""Tables of differences: each video beside that of the same prompt and, where it can, seed."""

from __future__ import annotations

import pytest

from conclvd.errors import InvalidRequest
from conclvd.evaluate.table import build_table
from made_rows import row


def test_differences_are_of_the_same_prompt_and_seed() -> None:
    rows = [
        row(method, f"{method}/{prompt}-s{seed}", "flicker", value, prompt=prompt, seed=seed)
        for prompt, hard in (("a", 0), ("b", 40), ("c", 80))
        for seed in (0, 1)
        for method, value in (("ours", hard + seed), ("theirs", hard + seed + 2 + seed))
    ]
    rows.append(row("theirs", "theirs/d", "flicker", 9.0, prompt="d", seed=0))
    rows.append(row("theirs", "theirs/e", "flicker", None, prompt="e", seed=0))
    table = build_table(rows, against="ours")
    assert table.methods == ["theirs"]
    cell = table.cells["theirs", table.columns[0]]
    assert (cell.mean, cell.interval, cell.n) == (2.5, (2.5, 2.5), 6)  # prompts do not matter
    assert sorted(cell.skipped.values()) == [1, 1]
    assert "ours has no value of the same prompt and seed" in cell.skipped
    assert table.notes[0] == "differences to ours, of videos of the same prompt and seed"
    with pytest.raises(InvalidRequest, match="'nobody'"):
        build_table(rows, against="nobody")


def test_flow_differs_from_flow_of_the_same_estimator_and_size_alone() -> None:
    rows = [
        row(method, f"{method}/{flow}", "mean-flow", value, prompt="a", flow=flow, flow_size=size)
        for method, flow, value, size in (
            ("ours", "DIS", 1.0, (64, 64)),
            ("ours", "raft 0", 5.0, (64, 64)),
            ("theirs", "DIS", 2.0, (64, 64)),
            ("theirs", "raft 0", 7.0, (32, 32)),
        )
    ]
    table = build_table(rows, against="ours")
    dis, raft = (table.cells["theirs", column] for column in table.columns)
    assert dis.mean == 1
    assert raft.mean is None
    reason = "ours has no value of the same prompt and seed by this flow at this size"
    assert dict(raft.skipped) == {reason: 1}


@pytest.mark.parametrize("seed", [77, None])
def test_a_method_of_its_own_seeds_differs_from_the_mean_of_the_prompt(seed: int | None) -> None:
    rows = [
        row("ours", f"{prompt}-{seed}", "flicker", hard + seed, prompt=prompt, seed=seed)
        for prompt, hard in (("a", 0), ("b", 40))
        for seed in (0, 2)
    ]
    rows += [row("theirs", p, "flicker", v, prompt=p, seed=0) for p, v in (("a", 1), ("b", 41))]
    rows += [row("Pika", p, "flicker", v, prompt=p, seed=seed) for p, v in (("a", 4), ("b", 44))]
    rows.append(row("Pika", "c", "flicker", 9.0, prompt="c", seed=seed))
    table = build_table(rows, against="ours")
    (pika, theirs) = (table.cells[name, table.columns[0]] for name in ("Pika", "theirs"))
    assert (pika.mean, pika.interval, pika.n) == (3, (3, 3), 2)
    assert dict(pika.skipped) == {"ours has no value of the same prompt": 1}
    assert (theirs.mean, theirs.n) == (1, 2)  # by seed, as ever
    told = (
        "its seeds are its own; differences to the mean of ours over the seeds of the same prompt"
    )
    assert table.notes[1] == f"Pika: {told}"
    assert [note for note in table.notes if note.startswith("theirs: its seeds")] == []
