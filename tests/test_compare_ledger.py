"""What a comparison's folder remembers from command to command."""

from __future__ import annotations

from pathlib import Path

from conclvd.compare.ledger import EARLIER, STOPPED, Ledger
from conclvd.evaluate.records import AskedRow, MethodRow, read_asked, read_methods

NAMES = {"conclvd": "ConCLVD"}


def asked(*seeds: int) -> list[AskedRow]:
    return [AskedRow(name=f"0000-s{seed}", caption="a boat", seed=seed) for seed in seeds]


def test_other_settings_forget_what_was_asked_even_if_nothing_was_made(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(NAMES, {}, asked(0, 1))
    ledger.loaded("conclvd", {"steps": 2})
    ledger = Ledger(tmp_path)  # the first was stopped
    ledger.begin(NAMES, {}, asked(0))
    ledger.loaded("conclvd", {"steps": 2})
    assert ledger.left_over("conclvd", []) == {"0000-s1": EARLIER}
    ledger = Ledger(tmp_path)
    ledger.begin(NAMES, {}, asked(2))
    ledger.loaded("conclvd", {"steps": 3})
    assert [row.seed for row in read_asked(tmp_path)] == [2]
    (row,) = read_methods(tmp_path)
    assert (row.status, row.reason, row.sampler) == ("unfinished", STOPPED, {"steps": 3})
    ledger = Ledger(tmp_path)
    ledger.begin(NAMES, {}, asked(0))
    ledger.loaded("conclvd", {"steps": 3})
    assert ledger.left_over("conclvd", []) == {"0000-s2": EARLIER}


def test_what_is_asked_of_one_method_is_not_asked_of_the_others(tmp_path: Path) -> None:
    old = MethodRow(name="ConCLVD", slug="conclvd", status="done", videos=1)
    ledger = Ledger(tmp_path)
    ledger.begin(NAMES, {}, asked(0))
    ledger.end(old)
    ledger = Ledger(tmp_path)
    ledger.begin({"animatediff": "AnimateDiff"}, {"pika": "Pika"}, asked(0, 1))
    assert [(row.seed, row.methods) for row in read_asked(tmp_path)] == [
        (0, ["conclvd", "animatediff", "pika"]),
        (1, ["animatediff", "pika"]),
    ]
    assert [row.status for row in read_methods(tmp_path)] == ["done", "unfinished", "unfinished"]
