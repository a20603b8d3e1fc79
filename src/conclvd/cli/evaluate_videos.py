"""`conclvd evaluate videos` and `table`: videos → rows → tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conclvd.cli.flags import DEVICE, FLOW
from conclvd.cli.libraries import loading
from conclvd.cli.output import check_file, note
from conclvd.cli.progress import Bars
from conclvd.errors import InvalidRequest, MediaError
from conclvd.files import write_text

if TYPE_CHECKING:
    from conclvd.evaluate.clip import Clip
    from conclvd.evaluate.entry import Entry
    from conclvd.evaluate.metric import Need
    from conclvd.evaluate.reference import Reference
    from conclvd.evaluate.rows import Row

TOLD = 3  # videos left out for the same reason that are named


def videos(
    videos: Annotated[
        Path,
        typer.Option(
            help="A folder of videos, or of one such folder a method. metadata.jsonl in it names "
            "their captions."
        ),
    ],
    prompts: Annotated[
        Path | None,
        typer.Option(
            help="One prompt a line, for the videos in their order or by the number their names "
            "begin with (0000.mp4); or JSONL with file_name and caption."
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="One JSON row a video and metric.")
    ] = Path("rows.jsonl"),
    metrics: Annotated[
        str | None,
        typer.Option(help="Names with commas between them. [default: all that can be measured]"),
    ] = None,
    clip: Annotated[
        str,
        typer.Option(
            help="A CLIP's folder or Hub id. ink-mini is the small judge that ships inside: its "
            "figures compare only with one another."
        ),
    ] = "ink-mini",
    reference: Annotated[
        Path | None,
        typer.Option(help="Pictures and videos whose style to measure against, 8 or more."),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(
            help="The videos' features by any model, one vector a video: .npy, or .safetensors "
            "with a tensor of each method's name."
        ),
    ] = None,
    reference_features: Annotated[
        Path | None, typer.Option(help="The same of real videos.")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="What made the videos. [default: the folder's name]")
    ] = None,
    flow: Annotated[str, FLOW] = "dis",
    device: Annotated[str, DEVICE] = "auto",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that measure; all cores by default.")
    ] = None,
) -> None:
    """Measure videos: one row a video and metric.

    What cannot be measured gets a row without a value that says why. `conclvd evaluate table` makes
    tables of the rows. Metrics and their ranges: docs/evaluate.md.
    """
    if (features is None) != (reference_features is None):
        raise InvalidRequest("give --features and --reference-features together, or neither")
    check_file(output)
    with loading():
        import torch

        from conclvd.evaluate.features import load_features
        from conclvd.evaluate.measure import measure_sets, measure_videos
        from conclvd.evaluate.metric import Need
        from conclvd.evaluate.registry import choose
        from conclvd.evaluate.rows import write_rows
        from conclvd.evaluate.sample import Tools, load_flow
        from conclvd.evaluate.video_set import find_videos
        from conclvd.generate.device import choose_device
        from conclvd.interpolation.estimators import DEFAULT
    entries = find_videos(videos, prompts, method)
    there = _there(entries, reference is not None, features is not None)
    of_videos, of_sets = choose(_names(metrics), there)
    needs = frozenset(need for metric in of_videos for need in metric.needs)
    where = choose_device(device)
    # DIS is an algorithm for CPUs: each of its processes would open a GPU only to copy pictures
    flow_device = torch.device("cpu") if flow == DEFAULT else where
    sets = None
    if of_sets and features and reference_features:
        methods = list(dict.fromkeys(entry.method for entry in entries if entry.path))
        sets = load_features(features, reference_features, methods)
    with Bars() as bars:
        judge = _clip(clip, where, entries) if Need.CLIP in needs else None
        style = _reference(reference, bars) if reference and Need.REFERENCE in needs else None
        rows = list(
            measure_videos(
                entries,
                of_videos,
                Tools(*load_flow(flow, flow_device), flow_device, style),
                judge,
                partial(bars, "measure"),
                workers if flow == DEFAULT else 1,  # networks use all cores, or a GPU
            )
        )
        rows += measure_sets(sets, of_sets) if sets else []
    write_rows(output, rows)
    _tell(rows, output)


def table(
    rows: Annotated[
        list[Path], typer.Argument(metavar="ROWS…", help="Files by `conclvd evaluate videos`.")
    ],
    format: Annotated[str, typer.Option(help="markdown, csv or latex.")] = "markdown",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file. [default: standard output]")
    ] = None,
    metrics: Annotated[
        str | None, typer.Option(help="Names with commas between them. [default: all]")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="A method: show how the others differ from it, video by video of the same prompt "
            "and seed.",
            show_default=False,
        ),
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", help="Put the paper's Tables 1 and 2 beside, so marked.")
    ] = False,
) -> None:
    """Make a table of rows: methods by metrics, with n, intervals and what was skipped.

    CLIP-temp is never shown without dynamic degree: a still video has the best CLIP-temp.
    """
    with loading():
        from conclvd.evaluate.formats import FORMATS
        from conclvd.evaluate.rows import read_rows
        from conclvd.evaluate.table import build_table
    if format not in FORMATS:
        raise InvalidRequest(f"--format must be {', '.join(FORMATS)}, found {format!r}")
    if against is not None and published:
        raise InvalidRequest("published figures have no differences; leave out --published")
    found = read_rows(rows)
    built = build_table(found, metrics=_names(metrics), published=published, against=against)
    text = FORMATS[format](built)
    if output is None:
        typer.echo(text, nl=False)
        return
    write_text(output, text, MediaError)
    typer.echo(str(output))


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise InvalidRequest("--metrics is empty; name metrics with commas between them")
    return found


def _there(entries: Sequence[Entry], reference: bool, features: bool) -> frozenset[Need]:
    """What metrics can build on."""
    from conclvd.evaluate.metric import Need

    given = {
        Need.PROMPT: any(entry.prompt for entry in entries),
        Need.REFERENCE: reference,
        Need.FEATURES: features,
        Need.MAKING: any(entry.making for entry in entries),
        Need.MEMORY: any(entry.making and entry.making.peak_gib is not None for entry in entries),
        Need.PAIRS: True,
        Need.FLOW: True,
        Need.CLIP: True,
    }
    return frozenset(need for need, is_there in given.items() if is_there)


def _clip(name: str, device: object, entries: Sequence[Entry]) -> Clip:
    with loading():
        from conclvd.evaluate.clip import load_clip

        clip = load_clip(name, str(device))
    long = clip.too_long([entry.prompt for entry in entries if entry.prompt])
    if long:
        note(f"warning: {clip.name} does not read the end of {long} long prompts")
    return clip


def _reference(folder: Path, bars: Bars) -> Reference:
    from conclvd.evaluate.reference import load_reference

    return load_reference(
        folder,
        lambda reason: note(f"left out of the reference: {reason}"),
        partial(bars, "reference"),
    )


def _tell(rows: Sequence[Row], output: Path) -> None:
    """What was measured and what was not, and why."""
    from conclvd.evaluate.entry import ABSENT

    metrics = {row.metric for row in rows}
    skipped: dict[tuple[str, str | None, str | None, str], list[str]] = {}
    for row in rows:
        if row.skipped:
            skipped.setdefault((row.method, row.video, row.prompt, row.skipped), []).append(
                row.metric
            )
    reasons: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (method, video, prompt, reason), names in skipped.items():
        what = video or (f"no video of {prompt!r}" if prompt else "the features")
        reasons.setdefault((method, reason, tuple(dict.fromkeys(names))), []).append(what)
    for (method, reason, of_metrics), each in reasons.items():
        if reason.startswith(ABSENT):
            note(f"{method}: {reason}")
            continue
        of = "" if len(of_metrics) == len(metrics) else f" of {', '.join(of_metrics)}"
        more = f" and {len(each) - TOLD} more" if len(each) > TOLD else ""
        note(f"left out{of}: {method}, {', '.join(each[:TOLD])}{more}: {reason}")
    values = sum(row.value is not None for row in rows)
    if not values:
        raise MediaError(f"nothing could be measured; {output} says why, row by row")
    counted = len({(row.method, row.video) for row in rows if row.value is not None and row.video})
    typer.echo(f"{output}: {values} values of {counted} videos")
