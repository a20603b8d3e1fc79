"""The CSV files of a study: its answers, its scores."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from conclvd.study.analysis import Analysis
from conclvd.study.answers import Answer, latest
from conclvd.study.plan import Plan
from conclvd.study.wilson import Estimate

_ANSWER_COLUMNS = (
    "participant", "question", "check", "prompt", "left", "right", "criterion", "answer",
)  # fmt: skip
_SCORE_COLUMNS = ("criterion", "measure", "method", "against", "value", "low", "high", "count")


def answers_csv(plan: Plan, answers: Iterable[Answer]) -> str:
    """One row a participant, question and criterion, the last answer of each.

    `left` and `right` are methods (`right` empty in ratings), `check` the answer that an attention
    check asked for, empty for real questions, which are counted from 1 with the checks among them.
    """
    rows = []
    for one in latest(answers):
        item, left = plan.of_video[one.left]
        right = plan.of_video[one.right][1] if one.right else ""
        shown = (one.check or "", plan.items[item].prompt, left, right)
        rows.append((one.code, one.question + 1, *shown, one.criterion, one.value))
    return _csv(_ANSWER_COLUMNS, rows)


def scores_csv(analysis: Analysis) -> str:
    """One row a number of the analysis, with its 95 % interval where it has one."""
    return _csv(_SCORE_COLUMNS, _score_rows(analysis))


def _score_rows(analysis: Analysis) -> Iterator[Sequence[object]]:
    for criterion, found in analysis.by_criterion.items():
        for method, one in found.preference.items():
            yield criterion, "preference", method, "", *_plain(one)
        for (method, other), one in found.against.items():
            yield criterion, "preference", method, other, *_plain(one)
        for method, one in found.scores.items():
            yield criterion, "bradley_terry", method, "", *_plain(one)
        for method, one in (found.ratings or {}).items():
            yield criterion, "rating", method, "", *_plain(one)
        if found.alpha is not None:
            yield criterion, "krippendorff_alpha_ordinal", "", "", f"{found.alpha:.4f}", "", "", ""


def _plain(one: Estimate) -> tuple[object, ...]:
    return f"{one.value:.4f}", f"{one.low:.4f}", f"{one.high:.4f}", one.count


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
