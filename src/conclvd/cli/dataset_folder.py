"""`conclvd dataset check`, `stats`, `split`, `export` and `import`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from conclvd.cli.curate import CLUSTER
from conclvd.cli.flags import WORKERS
from conclvd.cli.output import note
from conclvd.cli.progress import Stages
from conclvd.errors import DatasetError, InvalidRequest

FOLDER = typer.Argument(help="A dataset folder.")


def check(
    folder: Annotated[Path, FOLDER],
    model: Annotated[
        str, typer.Option(help="Captions must fit this model's text encoder; '' for any length.")
    ] = "ink-mini",
    quick: Annotated[bool, typer.Option("--quick", help="Do not decode the clips.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
    workers: Annotated[int | None, WORKERS] = None,
    cluster: Annotated[str | None, CLUSTER] = None,
) -> None:
    """Find what would spoil a training run; exit code 1 when there is something.

    Records that do not fit, clips that are missing, changed or cannot be read, captions that are
    empty, too long or copied, sources in several splits.
    """
    from conclvd.curate.captions import CaptionLimit
    from conclvd.curate.check import check_dataset

    limit = CaptionLimit.of_model(model) if model else None
    with Stages() as bar:
        checked = check_dataset(
            folder,
            limit=limit,
            decode=not quick,
            workers=workers,
            cluster=cluster,
            report=partial(bar, "checking"),
        )
    for finding in checked.findings:
        kind = "warning" if finding.warning else "error"
        typer.echo(f"{kind}: {finding.clip or folder}: {finding.message}")
    errors, warnings = checked.errors, len(checked.findings) - checked.errors
    told = f"{len(checked.records)} clips, {errors} errors, {warnings} warnings"
    if errors or (strict and warnings):
        raise DatasetError(f"{folder} is not ready: {told}; see above")
    typer.echo(f"{folder}: {told}")


def stats(
    folder: Annotated[Path, FOLDER],
    plots: Annotated[Path | None, typer.Option(help="Write plots to this PNG.")] = None,
    card: Annotated[bool, typer.Option("--card", help="Write DATA_CARD.md.")] = False,
) -> None:
    """Print counts, lengths, sizes, captions and words; draw them; fill in the data card."""
    from conclvd.curate.card import CARD
    from conclvd.curate.card import card as fill
    from conclvd.curate.plots import draw
    from conclvd.curate.stats import collect
    from conclvd.files import write_text
    from conclvd.manifest import read_manifest

    records = read_manifest(folder)
    found = collect(records)
    for name, figure in found.rows():
        typer.echo(f"{name:>24}  {figure}")
    if plots is not None:
        if plots.suffix.lower() != ".png":
            raise InvalidRequest(f"--plots is {plots}; end the name in .png")
        draw(found, plots)
        typer.echo(f"drew {plots}")
    if card:
        write_text(folder / CARD, fill(folder.resolve().name, records, found))
        typer.echo(f"wrote {folder / CARD}")


def split(
    folder: Annotated[Path, FOLDER],
    train: Annotated[float, typer.Option(help="Share of the clips.")] = 0.9,
    validation: Annotated[float, typer.Option(help="Share of the clips.")] = 0.0,
    test: Annotated[float, typer.Option(help="Share of the clips.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another split.")] = 0,
) -> None:
    """Give every clip to train, validation or test; all clips of a source go together."""
    from conclvd.curate.split import split_dataset

    shares = {"train": train, "validation": validation, "test": test}
    counts = split_dataset(folder, {name: part for name, part in shares.items() if part}, seed)
    told = ", ".join(f"{counts[name]} in {name}" for name in shares if shares[name])
    typer.echo(f"{folder}: {told}")


def export(
    folder: Annotated[Path, FOLDER],
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    layout: Annotated[
        str, typer.Option(help="videofolder (the Hub's), webdataset or animatediff (CSV).")
    ] = "videofolder",
) -> None:
    """Write a dataset in a layout that other tools read."""
    from conclvd.curate.export import export_dataset

    with Stages() as bar:
        count = export_dataset(folder, out, layout, report=partial(bar, "copying"))
    typer.echo(f"{out}: {count} clips as {layout}")


def import_(
    source: Annotated[
        Path, typer.Argument(help="A videofolder, a folder of .tar shards or of videos, or a CSV.")
    ],
    out: Annotated[Path, typer.Argument(help="A new dataset folder.")],
    videos: Annotated[
        Path | None, typer.Option(help="The CSV's videos. [default: the folder videos beside it]")
    ] = None,
) -> None:
    """Make a dataset folder of what another tool wrote: the layout is told by what is there.

    A CSV has the columns videoid and name, as AnimateDiff's and CLV-HD's; in a folder of videos
    each has its caption in a .txt file of the same name.
    """
    from tqdm import tqdm

    from conclvd.curate.intake import import_dataset

    with tqdm(desc="importing", unit="clip", delay=0.5) as bar:
        done = import_dataset(
            source, out, videos=videos, report=lambda count: bar.update(count - bar.n)
        )
    for line in done.left:
        note(f"left out: {line}")
    if done.columns:
        note(f"left out of all: {', '.join(done.columns)} (records have no such key)")
    typer.echo(f"{out}: imported {done.clips} clips, left out {len(done.left)}")
