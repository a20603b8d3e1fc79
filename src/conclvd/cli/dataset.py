"""`conclvd dataset paint`, and the group that the other commands for dataset folders join."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from conclvd.cli import annotate, curate, dataset_folder, suggest, values
from conclvd.cli.flags import WORKERS
from conclvd.cli.progress import Stages

app = typer.Typer(
    help="Make dataset folders: paint clips, or cut, caption, check and share your own videos."
)
app.command()(curate.add)
app.command()(curate.cut)
app.command()(suggest.suggest)
annotate.add_commands(app)
app.command()(dataset_folder.check)
app.command()(dataset_folder.stats)
app.command()(dataset_folder.split)
app.command()(dataset_folder.export)
app.command("import")(dataset_folder.import_)


@app.command()
def paint(
    out: Annotated[Path, typer.Argument(help="Folder to paint into; made when missing.")],
    count: Annotated[int, typer.Option(min=1, help="Number of clips in the folder.")],
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels, even sides.")] = "256x256",
    frames: Annotated[int, typer.Option(min=1, help="Frames a clip.")] = 48,
    fps: Annotated[str, typer.Option(help="Frames per second, such as 24 or 24000/1001.")] = "24",
    seed: Annotated[int, typer.Option(min=0, help="Seed of clip 0; clip i has seed + i.")] = 0,
    workers: Annotated[int | None, WORKERS] = None,
) -> None:
    """Paint landscape clips with English and Chinese captions.

    The folder holds mp4 clips and metadata.jsonl, one record a clip. The same command goes on
    where an interrupted one stopped; a larger --count extends the folder.
    """
    width, height = values.size(size)
    rate = values.rate(fps)

    from conclvd.paint.dataset import PaintSettings, paint_dataset

    settings = PaintSettings(width, height, frames, rate, seed)
    with Stages() as bar:
        report = partial(bar, "painting")
        painted = paint_dataset(out, count, settings, workers=workers, report=report)
    kept = f", {count - painted} were there" if painted < count else ""
    typer.echo(f"{out}: painted {painted} clips{kept}")
