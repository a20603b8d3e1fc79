"""Rows to tables: every number can be found again in the rows, and nothing is averaged away."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from conclvd.cli.main import run
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.evaluate.bootstrap import interval
from conclvd.evaluate.formats import comma_separated, latex, markdown
from conclvd.evaluate.published import PUBLISHED, published_rows
from conclvd.evaluate.rows import Row, read_rows, write_rows
from conclvd.evaluate.table import build_table

CLIP = "clip-vit-base 01234567"


def row(method: str, video: str | None, metric: str, value: float | None, **given: object) -> Row:
    content: dict[str, object] = {
        "method": method,
        "video": video,
        "prompt": f"prompt of {video}",
        "seed": 1,
        "metric": metric,
        "value": value,
        "n": 7 if value is not None else 0,
        "skipped": None if value is not None else "unreadable",
        "clip": CLIP if metric.startswith("clip-") else None,
    }
    return Row.model_validate(content | given)


def some_rows() -> list[Row]:
    rng = np.random.default_rng(0)
    rows = []
    for method in ("ours", "AnimateLCM"):
        for index in range(6):
            for metric in ("clip-text", "clip-temp", "dynamic-degree"):
                prompt = f"prompt {index // 2}"
                rows.append(row(method, f"{index}.mp4", metric, rng.uniform(), prompt=prompt))
        for metric in ("clip-text", "clip-temp", "dynamic-degree"):
            rows.append(row(method, "6.mp4", metric, None))
    return rows


def test_rows_come_back_as_written(tmp_path: Path) -> None:
    rows = some_rows()
    write_rows(tmp_path / "rows.jsonl", rows)
    assert read_rows([tmp_path / "rows.jsonl"]) == rows
    first = json.loads((tmp_path / "rows.jsonl").read_text().splitlines()[0])
    keys = """schema_version method video prompt seed metric value n skipped clip reference device
        interval"""
    assert list(first) == keys.split()
    assert first["schema_version"] == 1


def test_zipped_rows_come_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    write_rows(path, some_rows())
    assert read_rows([path]) == some_rows()
    before = path.read_bytes()
    write_rows(path, some_rows())
    assert path.read_bytes() == before  # no date inside
    path.write_bytes(before[:-9])
    with pytest.raises(DatasetError, match=r"cannot read .*rows\.jsonl\.gz"):
        read_rows([path])


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
    with pytest.raises(InvalidRequest, match=r"clip-temp of 'AnimateLCM' is not shown without"):
        build_table(lonely)
    one_less = [r for r in rows if (r.video, r.metric) != ("3.mp4", "dynamic-degree")]
    with pytest.raises(InvalidRequest, match=r"3\.mp4 has no dynamic-degree"):
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


def test_published_figures_stand_beside_and_are_marked() -> None:
    table = build_table(some_rows(), published=True)
    assert len(table.methods) == 1 + len({one.method for one in PUBLISHED})
    text = markdown(table)
    (line,) = (each for each in text.splitlines() if each.startswith("| AnimateLCM |"))
    assert line.endswith("| 29.987 (Table 1) | 0.970 (Table 1) | not published |")
    assert "30.518 (Table 1); 30.526 (Table 2)" in text
    assert "not measured here" in text
    assert "published" not in markdown(build_table(some_rows())).split("trained")[0]
    header, *lines = csv.reader(io.StringIO(comma_separated(table)))
    assert all(len(each) == len(header) for each in lines)


@pytest.mark.parametrize("name", ["conclvd", "ConCLVD", "con_clvd"])
def test_published_methods_are_found_however_they_are_written(name: str) -> None:
    assert [one.clip_text for one in published_rows(name)] == [30.518, 30.526]


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
    with pytest.raises(InvalidRequest, match="nothing to compare with 'nobody'"):
        build_table(rows, against="nobody")


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


def test_latex_escapes_what_it_must() -> None:
    rows = [row("50 % [a_b] & c", "0.mp4", "flicker", 1.0)]
    text = latex(build_table(rows))
    assert r"50 \% {[}a\_b{]} \& c & 1.00 (n 1) \\" in text
    assert text.count(r"\begin") == text.count(r"\end") == 2


def test_markdown_escapes_what_it_must() -> None:
    assert r"| a\|b |" in markdown(build_table([row("a|b", "0.mp4", "flicker", 1.0)]))


def test_a_metric_of_a_set_has_its_own_n_and_interval() -> None:
    given = {"prompt": None, "n": 50, "reference": "real (n 80)", "interval": (2.0, 3.25)}
    text = markdown(build_table([row("ours", None, "feature-distance", 2.5, **given)]))
    assert "| ours | 2.500 [2.000, 3.250] (n 50) |" in text
    assert "- reference: real (n 80)" in text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2"),
        ('{"method": "a"}', "video does not fit"),
        (row("a", "b", "flicker", 1.0).model_dump_json()[:-1] + ', "colour": 1}', "colour"),
        (row("a", "b", "flicker", 1.0).model_dump_json().replace("1.0", "null"), "either a value"),
        (row("a", "b", "flicker", 1.0).model_dump_json().replace("1.0", "NaN"), "value"),
        (row("a", "0.mp4", "flicker", 9.0).model_dump_json(), "again, after"),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_their_line(
    tmp_path: Path, line: str, message: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(row("a", "0.mp4", "flicker", 1.0).model_dump_json() + "\n" + line + "\n")
    with pytest.raises(DatasetError, match=message) as error:
        read_rows([path])
    assert "line 2" in str(error.value)


def test_measuring_with_a_second_clip_adds_to_the_first(tmp_path: Path) -> None:
    first = [row("a", "0.mp4", "clip-temp", 0.9), row("a", "0.mp4", "dynamic-degree", 0.5)]
    first.append(row("a", None, "dynamic-degree", None, prompt="lost"))
    second = [row("a", "0.mp4", "clip-temp", 0.8, clip="other 1"), *first[1:]]
    paths = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    for path, rows in zip(paths, (first, second), strict=True):
        write_rows(path, rows)
    assert read_rows(paths) == [*first, second[0]]
    other = second[1].model_copy(update={"value": 0.6})
    write_rows(paths[1], [other])
    with pytest.raises(DatasetError, match="again, after"):
        read_rows(paths)


def test_two_prompts_alike_without_videos_are_two_rows(tmp_path: Path) -> None:
    missing = row("a", None, "flicker", None, prompt="same")
    write_rows(tmp_path / "rows.jsonl", [missing, missing])
    assert len(read_rows([tmp_path / "rows.jsonl"])) == 2


def test_unknown_metrics_are_refused() -> None:
    with pytest.raises(DatasetError, match="'beauty' that this version does not know"):
        build_table([row("a", "b", "beauty", 1.0)])
    with pytest.raises(InvalidRequest, match="there is no metric 'beauty'"):
        build_table(some_rows(), metrics=["beauty"])
    with pytest.raises(InvalidRequest, match="the rows hold none of flicker"):
        build_table(some_rows(), metrics=["flicker"])


def test_the_command_writes_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = str(tmp_path / "rows.jsonl")
    write_rows(Path(rows), some_rows())
    assert run(["evaluate", "table", rows, "--published"]) == 0
    shown = capsys.readouterr().out
    assert shown == markdown(build_table(some_rows(), published=True))
    out = tmp_path / "table.tex"
    assert run(["evaluate", "table", rows, "--format", "latex", "-o", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == latex(build_table(some_rows()))
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.jsonl"], 1, "there is no file none.jsonl"),
        (["ROWS", "--format", "word"], 2, "--format must be markdown, csv, latex"),
        (["ROWS", "--metrics", ","], 2, "--metrics is empty"),
        (["EMPTY"], 1, "no rows in"),
        (["ROWS", "-o", "nowhere/table.md"], 1, "cannot write nowhere/table.md"),
    ],
)
def test_wrong_use_of_the_table_is_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    write_rows(tmp_path / "ROWS", some_rows())
    (tmp_path / "EMPTY").touch()
    named = [str(tmp_path / a) if a in ("ROWS", "EMPTY") else a for a in arguments]
    assert run(["evaluate", "table", *named]) == code
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert message in captured.err
    assert captured.err.count("\n") == 1
