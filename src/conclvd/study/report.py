"""The study's report: Markdown, the scores as CSV, the figure as PNG and SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from conclvd.errors import InvalidRequest
from conclvd.files import make_folder, write_text
from conclvd.study.analysis import RESAMPLES, Analysis, CriterionScores
from conclvd.study.figure import check_matplotlib, draw
from conclvd.study.plan import CRITERIA
from conclvd.study.table import scores_csv
from conclvd.study.wilson import Estimate


def write_report(analysis: Analysis, folder: Path) -> None:
    """Write report.md, scores.csv, figure.png and figure.svg; older ones are replaced.

    Raises InvalidRequest, DatasetError, MediaError.
    """
    check_matplotlib()
    make_folder(folder, InvalidRequest)
    draw(analysis, folder / "figure.png")
    draw(analysis, folder / "figure.svg")
    write_text(folder / "scores.csv", scores_csv(analysis))
    write_text(folder / "report.md", markdown(analysis))


def markdown(analysis: Analysis) -> str:
    """The report's text."""
    return "\n".join([*_head(analysis), *_tables(analysis), *_how(analysis)]) + "\n"


def attention_line(analysis: Analysis) -> str:
    """Who was asked, who failed, who counts."""
    asked, careless = len(analysis.attention), len(analysis.inattentive)
    checked = sum(seen.checks > 0 for seen in analysis.attention.values())
    fate = "excluded" if analysis.excluded else "included"
    return (
        f"{asked} participants answered, {checked} of them saw an attention check; {careless} "
        f"failed more than {analysis.failed_share:.0%} of theirs and are {fate}; "
        f"{len(analysis.participants)} are counted"
    )


def _head(analysis: Analysis) -> Iterator[str]:
    plan = analysis.plan
    kind = "two videos at a time" if plan.mode == "pairs" else "one video at a time, 1 to 5"
    yield from ("# User study", "", "![Scores by criterion and method](figure.png)", "")
    yield (
        f"{len(plan.methods)} methods, {len(plan.items)} prompts, {kind}, sides and order by "
        f"chance, names hidden. {attention_line(analysis)}."
    )
    yield f"Videos of different methods belong together: {_plain(plan.matched)}."
    for code in sorted(analysis.inattentive):
        seen = analysis.attention[code]
        yield f"- `{code}` failed {seen.failed} of {seen.checks} checks"
    yield ""


def _tables(analysis: Analysis) -> Iterator[str]:
    if analysis.plan.mode == "ratings":
        yield from ("## Mean rating", "")
        yield from _table(analysis, {c: s.ratings or {} for c, s in _all(analysis)}, "{:.2f}", 1)
    yield from ("## Preferred, % of all comparisons with other methods", "")
    yield from _table(analysis, {c: s.preference for c, s in _all(analysis)}, "{:.1f}", 100)
    yield from ("## Bradley–Terry score", "")
    yield from _table(analysis, {c: s.scores for c, s in _all(analysis)}, "{:+.2f}", 1)
    yield from ("## Each method against each, % preferred", "")
    yield from ("| first | second | " + " | ".join(CRITERIA.values()) + " |", _rule(6))
    against = [scores.against for _, scores in _all(analysis)]
    for pair in dict.fromkeys(pair for found in against for pair in found):
        cells = [_cell(found[pair], "{:.1f}", 100) if pair in found else "–" for found in against]
        yield f"| {_plain(pair[0])} | {_plain(pair[1])} | {' | '.join(cells)} |"
    yield from ("", "## Agreement and ties", "")
    yield from ("| | " + " | ".join(CRITERIA.values()) + " |", _rule(5))
    alphas = ["–" if s.alpha is None else f"{s.alpha:.2f}" for _, s in _all(analysis)]
    yield "| Krippendorff's alpha, ordinal | " + " | ".join(alphas) + " |"
    yield "| ties, % | " + " | ".join(f"{100 * s.ties:.1f}" for _, s in _all(analysis)) + " |"
    yield ""


def _how(analysis: Analysis) -> Iterator[str]:
    rated = analysis.plan.mode == "ratings"
    judged = "videos" if rated else "pairs of videos, each seen from both sides,"
    yield from ("## How to read it", "")
    yield (
        "- In brackets: 95 % intervals. Those of preferences are Wilson's and take every answer as "
        "independent; a person's answers are not quite, so they are somewhat narrow. Those of "
        f"Bradley–Terry scores{' and ratings' if rated else ''} come "
        f"from {RESAMPLES} resamples of the participants."
    )
    yield (
        "- No difference counts half for each side, in preferences and scores alike. Scores are "
        "natural logarithms with mean 0: a method that is d above another is preferred exp(d) "
        "times as often as the other one. One tie between every two methods is added, which keeps "
        "them finite."
    )
    if rated:
        yield (
            "- Preferences and scores come from each two methods that one person rated on one "
            "prompt: the higher rating is preferred."
        )
    yield (
        f"- Krippendorff's alpha is ordinal, over the {judged} that several people judged: 1 is "
        "full agreement, 0 is chance, – means that nobody judged the same, or that nothing varies."
    )
    yield (
        "- An attention check asks for a certain answer to all four criteria; one other answer "
        "fails it. Checks are in no score."
    )
    left_out = analysis.plan.left_out
    if left_out:
        yield from ("", f"## Left out ({len(left_out)})", "")
        yield from (f"- {_plain(line)}" for line in left_out)


def _all(analysis: Analysis) -> list[tuple[str, CriterionScores]]:
    return list(analysis.by_criterion.items())


def _table(
    analysis: Analysis, values: Mapping[str, Mapping[str, Estimate]], shape: str, scale: float
) -> Iterator[str]:
    yield "| method | " + " | ".join(CRITERIA.values()) + " |"
    yield _rule(5)
    for method in analysis.plan.methods:
        cells = [_cell(values[criterion][method], shape, scale) for criterion in CRITERIA]
        yield f"| {_plain(method)} | {' | '.join(cells)} |"
    yield ""


def _cell(one: Estimate, shape: str, scale: float) -> str:
    value, low, high = (shape.format(scale * number) for number in (one.value, one.low, one.high))
    return f"{value} [{low}, {high}]"


def _rule(columns: int) -> str:
    return "|" + " --- |" * columns


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|!" else sign for sign in text)
