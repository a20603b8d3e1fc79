"""`conclvd dataset add` and `cut`: raw videos to clips."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from conclvd.cli.flags import WORKERS
from conclvd.cli.output import note
from conclvd.cli.progress import Stages
from conclvd.errors import DatasetError, InvalidRequest

CLUSTER = typer.Option(help="Work on this Ray cluster: auto, local or an address.")


def add(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="VIDEOS… DATASET", help="Files and folders; the dataset last."),
    ],
    license: Annotated[
        str | None, typer.Option(help="Their terms, such as CC-BY-4.0. [default: asked for]")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Where they are from. [default: asked for]")
    ] = None,
    workers: Annotated[int | None, WORKERS] = None,
) -> None:
    """Note raw videos in a dataset folder: content, size, rate, origin and licence.

    The videos stay where they are. VIDEO.json beside one, with the keys source and license, comes
    before the options. Adding a video again corrects its origin, its licence, and where it is.
    """
    if len(paths) < 2:
        raise InvalidRequest("name at least one video or folder, and the dataset folder last")
    *videos, folder = paths

    from conclvd.curate.add import add_sources, find_videos
    from conclvd.curate.source_file import UNKNOWN

    found = find_videos(videos, folder)
    if license is None and sys.stdin.isatty():
        license = _asked("Licence of these videos", UNKNOWN)
        source = source or _asked("Where they are from", "each file's name")
    with Stages() as bar:
        report = partial(bar, "reading")
        results = add_sources(
            folder, found, license=license, name=source, workers=workers, report=report
        )
    refused = [result for result in results if result.error]
    for result in refused:
        note(f"left out {result.path}: {result.error}")
    good = [result for result in results if not result.error]
    unknown = sum(result.license == UNKNOWN for result in good)
    if unknown:
        typer.echo(
            f"warning: the licence of {unknown} videos is unknown; add them again with --license"
        )
    corrected = sum(result.corrected for result in good)
    told = f", corrected {corrected}" if corrected else ""
    typer.echo(f"{folder}: added {len(good) - corrected} videos{told}, left out {len(refused)}")


def _asked(question: str, default: str) -> str | None:
    """An answer, None for the default: it corrects nothing that is known already."""
    answer: str = typer.prompt(question, default=default)
    return None if answer == default else answer


def cut(
    folder: Annotated[Path, typer.Argument(help="A dataset folder with sources.")],
    min_seconds: Annotated[float, typer.Option(help="Drop what is shorter.")] = 1.5,
    max_seconds: Annotated[float, typer.Option(help="Divide what is longer.")] = 20,
    min_lines: Annotated[int, typer.Option(help="Drop lower pictures, bars not counted.")] = 720,
    min_motion: Annotated[float, typer.Option(help="Drop what moves less; 0 keeps all.")] = 0.4,
    max_jumps: Annotated[float, typer.Option(help="Drop slide-shows; 1 keeps all.")] = 0.6,
    workers: Annotated[int | None, WORKERS] = None,
    cluster: Annotated[str | None, CLUSTER] = None,
) -> None:
    """Cut the sources into clips of one scene each.

    Scenes are found, judged and cut frame-accurately; plan.jsonl says what was dropped, why, and
    the number measured. The same command goes on where an interrupted one stopped.
    """
    from pydantic import ValidationError

    from conclvd.curate.cut import cut_sources
    from conclvd.curate.plan import PLAN, CutSettings

    try:
        settings = CutSettings(
            min_seconds=min_seconds,
            max_seconds=max_seconds,
            min_lines=min_lines,
            min_motion=min_motion,
            max_jumps=max_jumps,
        )
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise InvalidRequest(f"--{option} is {first['input']}: {first['msg']}") from error
    with Stages() as bar:
        result = cut_sources(folder, settings, workers=workers, cluster=cluster, report=bar)
    for line in result.broken:
        note(f"left out: {line}")
    there = f", {result.there} were there" if result.there else ""
    typer.echo(f"{folder}: cut {result.made} clips{there}")
    if result.dropped:
        told = ", ".join(f"{count} {reason}" for reason, count in result.dropped.most_common())
        typer.echo(f"dropped scenes: {told} ({folder / PLAN} says why)")
    if result.broken and not result.made + result.there:
        raise DatasetError("no clip could be cut; see above")
