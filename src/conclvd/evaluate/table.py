"""Rows → a table: methods as rows, metrics as columns, and what has to be said beneath it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from conclvd.errors import DatasetError, InvalidRequest
from conclvd.evaluate.bootstrap import LEVEL, RESAMPLES, SEED, interval
from conclvd.evaluate.entry import ABSENT
from conclvd.evaluate.metric import Metric, SetMetric
from conclvd.evaluate.paired import differences, own_seeds
from conclvd.evaluate.published import NOTE, PublishedRow, other_names, published_rows, unmeasured
from conclvd.evaluate.registry import METRICS, with_companions
from conclvd.evaluate.rows import Row, by_method
from conclvd.models.source import EMBEDDED


@dataclass(frozen=True)
class Column:
    """A metric by one CLIP, reference, flow and device of making; others have their own columns."""

    metric: Metric
    clip: str | None
    reference: str | None
    flow: str | None
    device: str | None


@dataclass(frozen=True)
class Cell:
    """The mean over the videos that have a value, its interval, and those that have none.

    `n` counts videos (feature vectors, for a metric of a whole set), `skipped` the videos without a
    value by the reason. `mean` is None when no video has one, `interval` when there is only one
    prompt.
    """

    mean: float | None
    interval: tuple[float, float] | None
    n: int
    skipped: Mapping[str, int]


@dataclass(frozen=True)
class Table:
    """Methods x columns, in order; cells that were not measured are missing.

    `published` has the paper's figures for methods of the table, None where they are not wanted.
    """

    methods: Sequence[str]
    columns: Sequence[Column]
    cells: Mapping[tuple[str, Column], Cell]
    notes: Sequence[str]
    published: Mapping[str, Sequence[PublishedRow]] | None


def build_table(
    rows: Sequence[Row],
    *,
    metrics: Sequence[str] | None = None,
    published: bool = False,
    against: str | None = None,
) -> Table:
    """The table of `rows`, or of the `metrics` among them and those that must stand beside.

    With `against` it is of the differences to the method of that name; see `differences`.
    Raises DatasetError for rows of an unknown metric; InvalidRequest when none are left, when a
    metric lacks the one without which it misleads, as CLIP-temp without dynamic degree does, or
    when a method's flow is of frames of different sizes, which have no mean.
    """
    _check_known(rows)
    if metrics is not None:
        wanted = with_companions(metrics)
        rows = [row for row in rows if row.metric in wanted]
        if not rows:
            raise InvalidRequest(f"the rows hold none of {', '.join(wanted)}; measure them first")
    _check_companions(rows)
    _check_sizes(rows)
    alone: list[str] = []
    if against is not None:
        alone = own_seeds(rows, against)
        rows = differences(rows, against)
        if not rows:
            raise InvalidRequest("sets and costs cannot be compared video by video; name others")
    methods = list(dict.fromkeys(row.method for row in rows))
    places = {name: place for place, name in enumerate(METRICS)}
    columns = sorted(
        {_column(row) for row in rows},
        key=lambda c: (
            places[c.metric.name],
            *(name or "" for name in (c.clip, c.reference, c.flow, c.device)),
        ),
    )
    cells: dict[tuple[str, Column], list[Row]] = {}
    for row in rows:
        cells.setdefault((row.method, _column(row)), []).append(row)
    built = {key: build_cell(each) for key, each in cells.items()}
    notes = _notes(rows, columns, built)
    if against is not None:
        notes[:0] = [
            f"differences to {against}, of videos of the same prompt and seed",
            *(
                f"{name}: its seeds are its own; differences to the mean of {against} over the "
                "seeds of the same prompt"
                for name in alone
            ),
        ]
    if not published:
        return Table(methods, columns, built, notes, None)
    every = methods + unmeasured(methods)
    figures = {method: published_rows(method) for method in every}
    return Table(every, columns, built, [*notes, NOTE, *other_names(methods)], figures)


def _column(row: Row) -> Column:
    return Column(METRICS[row.metric], row.clip, row.reference, row.flow, row.device)


def build_cell(rows: Sequence[Row]) -> Cell:
    """The rows of one method and column as one cell."""
    skipped = Counter(row.skipped for row in rows if row.skipped is not None)
    measured = [row for row in rows if row.value is not None]
    values = [row.value for row in measured if row.value is not None]
    if not values:
        return Cell(None, None, 0, skipped)
    if isinstance(METRICS[rows[0].metric], SetMetric):
        return Cell(values[0], measured[0].interval, measured[0].n, skipped)
    groups: dict[str, list[float]] = {}
    for row, value in zip(measured, values, strict=True):
        # a video without a prompt stands for itself
        name = f"prompt {row.prompt}" if row.prompt else f"video {row.video}"
        groups.setdefault(name, []).append(value)
    return Cell(fsum(values) / len(values), interval(groups), len(values), skipped)


def _check_known(rows: Sequence[Row]) -> None:
    unknown = sorted({row.metric for row in rows} - set(METRICS))
    if unknown:
        raise DatasetError(
            f"the rows hold a metric {unknown[0]!r} that this version does not know; there are "
            f"{', '.join(METRICS)}"
        )


def _check_companions(rows: Sequence[Row]) -> None:
    measured = {(row.method, row.video, row.metric) for row in rows if row.value is not None}
    for method, video, name in sorted(measured, key=str):
        for companion in METRICS[name].companions:
            if (method, video, companion) not in measured:
                raise InvalidRequest(
                    f"{name} of {method!r} is not shown without {companion}, for a still video has "
                    f"the best {name}: {video} has no {companion}; measure it with conclvd "
                    f"evaluate videos --metrics {name}, which adds it"
                )


def _check_sizes(rows: Sequence[Row]) -> None:
    for (method, flow), sizes in _flow_sizes(rows).items():
        if len(sizes) > 1:
            raise InvalidRequest(
                f"the rows of {method!r} have flow by {flow} between frames of "
                f"{' and '.join(sizes)}, which has no mean; name the sizes apart by --method of "
                "conclvd evaluate videos, or leave one file out"
            )


def _flow_sizes(rows: Sequence[Row]) -> dict[tuple[str, str], list[str]]:
    """By method and estimator, the sizes of the frames between which flow was found."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if row.flow and row.flow_size and row.value is not None:
            width, height = row.flow_size
            found.setdefault((row.method, row.flow), {})[f"{width}x{height}"] = None
    return {key: list(sizes) for key, sizes in found.items()}


def _notes(
    rows: Sequence[Row], columns: Sequence[Column], cells: Mapping[tuple[str, Column], Cell]
) -> list[str]:
    notes = [
        f"[low, high]: {LEVEL} % bootstrap interval of the mean over prompts ({RESAMPLES} "
        f"resamples, seed {SEED}); n: videos"
    ]
    for clip in dict.fromkeys(c.clip for c in columns if c.clip):
        warning = (
            "; it was trained on painted clips alone: not comparable with any published CLIP's"
            if clip.startswith(f"{EMBEDDED} ")
            else ""
        )
        notes.append(f"CLIP: {clip} (name and first digits of the weights' SHA-256){warning}")
    notes += [f"reference: {name}" for name in dict.fromkeys(c.reference for c in columns) if name]
    notes += _flows(rows) + _different_prompts(rows) + _different_seeds(rows)
    return notes + _skipped(cells)


def _flows(rows: Sequence[Row]) -> list[str]:
    """Which flow there is, of frames of which size; of methods that differ, whose is which."""
    by_flow: dict[str, dict[str, list[str]]] = {}
    for (method, flow), sizes in _flow_sizes(rows).items():
        by_flow.setdefault(flow, {}).setdefault(sizes[0], []).append(method)
    notes = []
    for flow, methods in by_flow.items():
        if len(methods) == 1:
            notes.append(f"flow: {flow}, between frames of {next(iter(methods))} pixels")
            continue
        told = "; ".join(f"{size}: {', '.join(names)}" for size, names in methods.items())
        notes.append(
            f"flow: {flow}, between frames of different sizes ({told}): not comparable with one "
            "another"
        )
    return notes


def _skipped(cells: Mapping[tuple[str, Column], Cell]) -> list[str]:
    """How many videos of each method have no value, why, and in which columns."""
    found: dict[tuple[str, str, int], list[str]] = {}
    for (method, column), cell in cells.items():
        for reason, count in cell.skipped.items():
            found.setdefault((method, reason, count), []).append(column.metric.title)
    columns = Counter(method for method, _ in cells)
    notes = []
    for (method, reason, count), titles in found.items():
        where = "every column" if len(titles) == columns[method] else ", ".join(titles)
        many = "" if reason.startswith(ABSENT) else f"{count} skipped in {where}: "
        notes.append(f"{method}: {many}{reason}")
    return notes


def _different_prompts(rows: Sequence[Row]) -> list[str]:
    prompts = by_method(rows, lambda row: row.prompt)
    if len({frozenset(each) for each in prompts.values()}) < 2:
        return []
    counts = ", ".join(f"{method} {len(each)}" for method, each in prompts.items())
    shared = len(set.intersection(*prompts.values()))
    return [f"the methods were measured on different prompts ({counts}, {shared} in common)"]


def _different_seeds(rows: Sequence[Row]) -> list[str]:
    seeds = by_method(rows, lambda row: row.seed)
    if len({len(each) for each in seeds.values()}) < 2:
        return []
    counts = ", ".join(
        f"{method} {'not told' if None in each else len(each)}" for method, each in seeds.items()
    )
    return [f"the methods were measured on different numbers of seeds ({counts})"]
