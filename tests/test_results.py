"""What is published under docs/results comes out of the rows that lie beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from conclvd.evaluate.formats import FORMATS
from conclvd.evaluate.rows import Row, read_rows
from conclvd.evaluate.table import build_table
from table_run import BASELINE, FIT, PAINTED, PARTS

RESULTS = Path(__file__).parents[1] / "docs" / "results"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_rows([RESULTS / "rows.jsonl.gz"])


@pytest.mark.slow
def test_published_tables_are_those_of_their_rows(rows: list[Row]) -> None:
    text = (RESULTS / "tables.md").read_text(encoding="utf-8")
    for metrics in PARTS.values():
        table = build_table(rows, metrics=metrics, published="clip-text" in metrics)
        assert FORMATS["markdown"](table) in text
    methods = [row for row in rows if row.method != PAINTED]
    table = build_table(methods, metrics=[*PARTS[FIT], "ink-style"], against=BASELINE)
    assert FORMATS["markdown"](table) in text
    whole = (RESULTS / "tables.csv").read_text(encoding="utf-8")
    assert FORMATS["csv"](build_table(rows)) == whole


def test_they_are_of_200_prompts_and_three_seeds_and_nothing_is_left_out(rows: list[Row]) -> None:
    made = [row for row in rows if row.method != PAINTED]
    assert len({row.prompt for row in made}) == 200
    assert {row.seed for row in made} == {0, 1, 2}
    assert all(row.skipped is None for row in rows)
