"""A table as Markdown, CSV or LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from conclvd.evaluate.entry import ABSENT
from conclvd.evaluate.published import NOT_PUBLISHED, PublishedRow
from conclvd.evaluate.table import Cell, Column, Table

EMPTY = "–"
_ARROWS = {"higher": "↑", "lower": "↓", None: ""}
_PUBLISHED = ("CLIP-text, published", "CLIP-temp, published", "dynamic degree, published")
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "[": "{[}",  # at the start of a row it would be an argument of the line break before
    "]": "{]}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "²": r"$^2$",
    "–": "--",
}


def markdown(table: Table) -> str:
    """A table of GitHub's Markdown, and its notes as a list."""
    heads, *body = _told(table)
    lines = [heads, ["---"] * len(heads), *body]
    escaped = [[cell.replace("|", r"\|") for cell in row] for row in lines]
    text = "\n".join(f"| {' | '.join(row)} |" for row in escaped)
    notes = "\n".join(f"- {note}" for note in table.notes)
    return f"{text}\n\n{notes}\n"


def latex(table: Table) -> str:
    """A `table` environment for the package booktabs, notes below it."""
    told = _told(table)
    rows = [" & ".join(map(_escaped, row)) + r" \\" for row in told]
    notes = " \\\\\n".join(map(_escaped, table.notes))
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\begin{{tabular}}{{l{'r' * (len(told[0]) - 1)}}}",
            r"\toprule",
            rows[0],
            r"\midrule",
            *rows[1:],
            r"\bottomrule",
            r"\end{tabular}",
            r"\par\smallskip\footnotesize",
            notes,
            r"\end{table}",
            "",
        ]
    )


def comma_separated(table: Table) -> str:
    """CSV at full precision: five columns a metric, and two more of a CLIP or a reference."""
    heads = ["method"]
    for column in table.columns:
        name = _key(column)
        heads += [name, *(f"{name} {part}" for part in ("low", "high", "n", "skipped"))]
    if table.published:
        heads += ["published clip-text", "published clip-temp", "published dynamic-degree"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    for method in table.methods:
        row: list[object] = [method]
        for column in table.columns:
            row += _plain(table.cells.get((method, column)))
        writer.writerow(row + _published(table, method, ""))
    return out.getvalue()


FORMATS = {"markdown": markdown, "csv": comma_separated, "latex": latex}


def _told(table: Table) -> list[list[str]]:
    """The rows of a table for people, their heads first."""
    rows = [["method", *map(_head, table.columns), *(_PUBLISHED if table.published else ())]]
    for method in table.methods:
        cells = (_shown(table.cells.get((method, column)), column) for column in table.columns)
        rows.append([method, *cells, *_published(table, method, EMPTY)])
    return rows


def _head(column: Column) -> str:
    by = column.clip or column.flow or column.device
    what = f"{column.metric.title} {_ARROWS[column.metric.better]}".strip()
    return f"{what} ({by})" if by else what


def _key(column: Column) -> str:
    known = [name for name in (column.clip, column.reference, column.flow, column.device) if name]
    return f"{column.metric.name} ({', '.join(known)})" if known else column.metric.name


def _shown(cell: Cell | None, column: Column) -> str:
    if cell is None:
        return EMPTY
    skipped = sum(n for reason, n in cell.skipped.items() if not reason.startswith(ABSENT))
    count = f"n {cell.n} of {cell.n + skipped}" if skipped else f"n {cell.n}"
    if cell.mean is None and all(reason.startswith(ABSENT) for reason in cell.skipped):
        return ABSENT
    if cell.mean is None:
        return f"{EMPTY} ({count})"
    digits = column.metric.digits
    text = f"{cell.mean:.{digits}f}"
    if cell.interval:
        low, high = cell.interval
        text += f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{text} ({count})"


def _plain(cell: Cell | None) -> list[object]:
    if cell is None:
        return [""] * 5
    reasons = "; ".join(f"{reason} ({n})" for reason, n in sorted(cell.skipped.items()))
    low, high = cell.interval or ("", "")
    return ["" if cell.mean is None else cell.mean, low, high, cell.n, reasons]


def _published(table: Table, method: str, empty: str) -> list[str]:
    if table.published is None:
        return []
    rows = table.published[method]
    if not rows:
        return [empty] * len(_PUBLISHED)
    return [
        _by_table(rows, [row.clip_text for row in rows]),
        _by_table(rows, [row.clip_temp for row in rows]),
        NOT_PUBLISHED,
    ]


def _by_table(rows: Sequence[PublishedRow], values: Sequence[float]) -> str:
    return "; ".join(
        f"{value:.3f} (Table {row.table})" for row, value in zip(rows, values, strict=True)
    )


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)
