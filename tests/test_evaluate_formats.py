"""Tables as Markdown, LaTeX and CSV, with published figures beside, and the command for them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from conclvd.cli.main import run
from conclvd.evaluate.formats import comma_separated, latex, markdown
from conclvd.evaluate.published import PUBLISHED, published_rows
from conclvd.evaluate.rows import write_rows
from conclvd.evaluate.table import build_table
from made_rows import row, some_rows


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


@pytest.mark.parametrize(
    ("name", "beside"), [("Pika", True), ("PIKA 1.0", True), ("Pika 1.5", False)]
)
def test_pika_without_a_version_is_that_of_the_paper(name: str, beside: bool) -> None:
    text = markdown(build_table([row(name, "0.mp4", "flicker", 1.0)], published=True))
    (line,) = (each for each in text.splitlines() if each.startswith(f"| {name} |"))
    assert ("24.564 (Table 1)" in line) == beside
    assert ("| Pika 1.0 |" in text) == (not beside)
    told = "published figures beside Pika are those of Pika 1.0" in text
    assert told == (name == "Pika")


@pytest.mark.parametrize("name", ["conclvd", "ConCLVD", "con_clvd"])
def test_published_methods_are_found_however_they_are_written(name: str) -> None:
    assert [one.clip_text for one in published_rows(name)] == [30.518, 30.526]


def test_latex_escapes_what_it_must() -> None:
    rows = [row("50 % [a_b] & c", "0.mp4", "flicker", 1.0)]
    text = latex(build_table(rows))
    assert r"50 \% {[}a\_b{]} \& c & 1.00 (n 1) \\" in text
    assert text.count(r"\begin") == text.count(r"\end") == 2


def test_markdown_escapes_what_it_must() -> None:
    assert r"| a\|b |" in markdown(build_table([row("a|b", "0.mp4", "flicker", 1.0)]))


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
