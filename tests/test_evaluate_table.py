"""Rows to tables: every number can be found again in the rows, and nothing is averaged away."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from conclvd.errors import DatasetError, InvalidRequest
from conclvd.evaluate.bootstrap import interval
from conclvd.evaluate.formats import comma_separated, markdown
from conclvd.evaluate.rows import read_rows, write_rows
from conclvd.evaluate.table import build_table
from made_rows import CLIP, row, some_rows


def test_the_table_is_that_of_the_rows_in_any_order(tmp_path: Path) -> None:
    rows = some_rows()
    write_rows(tmp_path / "rows.jsonl", rows)
    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    written = comma_separated(build_table(read_rows([tmp_path / "rows.jsonl"])))
    (ours, _) = csv.DictReader(io.StringIO(written))
    for metric in ("clip-text", "clip-temp", "dynamic-degree"):
        values = [
            line["value"]
            for line in lines
            if (line["method"], line["metric"]) == ("ours", metric) and line["value"] is not None
        ]
        name = f"{metric} ({CLIP})" if metric.startswith("clip") else metric
        assert float(ours[name]) == pytest.approx(np.mean(values))
        assert float(ours[f"{name} low"]) < np.mean(values) < float(ours[f"{name} high"])
        assert ours[f"{name} n"] == "6"
        assert ours[f"{name} skipped"] == "unreadable (1)"
    shuffled = [rows[0], *np.random.default_rng(1).permutation(np.array(rows[1:], object))]
    assert comma_separated(build_table(shuffled)) == written


def test_the_bootstrap_draws_the_videos_of_a_prompt_together() -> None:
    values = np.random.default_rng(0).normal(size=40)
    alone = {str(i): [value] for i, value in enumerate(values)}
    low, high = interval(alone) or (0, 0)
    expected = 1.96 * values.std(ddof=1) / np.sqrt(40)
    assert high - low == pytest.approx(2 * expected, rel=0.15)
    doubled = {str(i): [value] * 5 for i, value in enumerate(values)}
    assert interval(doubled) == pytest.approx((low, high))
    reversed_groups = dict(reversed(alone.items()))
    assert interval(reversed_groups) == (low, high)
    assert interval({"one": [1.0, 2.0]}) is None


def test_clip_temp_is_never_shown_without_dynamic_degree() -> None:
    rows = some_rows()
    shown = build_table(rows, metrics=["clip-temp"])
    assert [column.metric.name for column in shown.columns] == ["clip-temp", "dynamic-degree"]
    lonely = [r for r in rows if r.metric != "dynamic-degree"]
    with pytest.raises(InvalidRequest, match=r"clip-temp .*'AnimateLCM'"):
        build_table(lonely)
    one_less = [r for r in rows if (r.video, r.metric) != ("3.mp4", "dynamic-degree")]
    with pytest.raises(InvalidRequest, match=r"3\.mp4 .*dynamic-degree"):
        build_table(one_less)
    assert build_table(lonely, metrics=["clip-text"]).columns


def test_values_of_two_clips_are_two_columns() -> None:
    other = "ink-mini judge 89abcdef"
    rows = [
        row("ours", "a.mp4", "clip-text", 1.0),
        row("ours", "b.mp4", "clip-text", 3.0, clip=other),
    ]
    text = markdown(build_table(rows))
    assert f"CLIP-text ↑ ({CLIP})" in text
    assert f"CLIP-text ↑ ({other})" in text
    assert "2.0" not in text
    assert "painted clips alone" in text


def test_flow_of_two_estimators_is_two_columns_and_is_named() -> None:
    def moved(method: str, video: str, value: float, flow: str | None, side: int = 256) -> Row:
        size = flow and (side, 144)
        return row(method, video, "mean-flow", value, flow=flow, flow_size=size)

    rows = [
        moved("ours", "a.mp4", 1, "DIS"),
        moved("ours", "b.mp4", 5, "raft_small 01234567"),
        moved("ours", "c.mp4", 7, None),  # written before rows told their flow
        row("ours", "d.mp4", "mean-flow", None, flow="DIS"),
    ]
    table = build_table(rows)
    assert [column.flow for column in table.columns] == [None, "DIS", "raft_small 01234567"]
    text = markdown(table)
    assert "| mean flow, px of 256 (DIS) |" in text
    assert "| 1.00 (n 1 of 2) |" in text
    assert "- flow: DIS, between frames of 256x144 pixels" in text
    assert "- flow: raft_small 01234567, between" in text
    assert "mean-flow (DIS)" in comma_separated(table)
    others = [*rows, moved("theirs", "a.mp4", 2, "DIS", side=512)]
    different = "of different sizes (256x144: ours; 512x144: theirs): not comparable"
    assert different in markdown(build_table(others))
    with pytest.raises(InvalidRequest, match=r"'ours' .*DIS .*256x144 .*512x144"):
        build_table([*rows, moved("ours", "e.mp4", 1, "DIS", side=512)])


def test_what_was_skipped_is_counted_with_the_reason() -> None:
    rows = [
        *(row("ours", f"{i}.mp4", "flicker", float(i)) for i in range(3)),
        row("ours", "3.mp4", "flicker", None),
        row("ours", "4.mp4", "flicker", None, skipped="a single frame"),
        row("lost", "0.mp4", "flicker", None),
    ]
    text = markdown(build_table(rows))
    assert "| ours | 1.00 [0.00, 2.00] (n 3 of 5) |" in text
    assert "| lost | – (n 0 of 1) |" in text
    assert "ours: 1 skipped in every column: unreadable" in text
    assert "ours: 1 skipped in every column: a single frame" in text


def test_methods_on_different_prompts_are_told() -> None:
    rows = [row("a", "0.mp4", "flicker", 1.0), row("b", "1.mp4", "flicker", 2.0)]
    assert "different prompts (a 1, b 1, 0 in common)" in markdown(build_table(rows))
    same = [r.model_copy(update={"prompt": "one"}) for r in rows]
    assert "different prompts" not in markdown(build_table(same))


def test_methods_on_more_seeds_than_others_are_told() -> None:
    rows = [row("a", "0.mp4", "flicker", 1.0), row("a", "1.mp4", "flicker", 1.5, seed=2)]
    rows.append(row("b", "0.mp4", "flicker", 2.0))
    assert "different numbers of seeds (a 2, b 1)" in markdown(build_table(rows))
    rows.append(row("b", "1.mp4", "flicker", None, seed=2))  # was not made
    assert "different numbers of seeds (a 2, b 1)" in markdown(build_table(rows))
    assert "numbers of seeds" not in markdown(build_table(rows[:2]))
    rows.append(row("c", "0.mp4", "flicker", 1.0, seed=None))
    assert "(a 2, b 1, c not told)" in markdown(build_table(rows))


def test_a_metric_of_a_set_has_its_own_n_and_interval() -> None:
    given = {"prompt": None, "n": 50, "reference": "real (n 80)", "interval": (2.0, 3.25)}
    text = markdown(build_table([row("ours", None, "feature-distance", 2.5, **given)]))
    assert "| ours | 2.500 [2.000, 3.250] (n 50) |" in text
    assert "- reference: real (n 80)" in text


def test_unknown_metrics_are_refused() -> None:
    with pytest.raises(DatasetError, match="'beauty'"):
        build_table([row("a", "b", "beauty", 1.0)])
    with pytest.raises(InvalidRequest, match="'beauty'"):
        build_table(some_rows(), metrics=["beauty"])
    with pytest.raises(InvalidRequest, match="flicker"):
        build_table(some_rows(), metrics=["flicker"])
