"""`conclvd dataset`: make and extend dataset folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from conclvd.cli import values

if TYPE_CHECKING:
    from tqdm import tqdm

app = typer.Typer()


@app.callback()
def dataset() -> None:
    """Make dataset folders."""


@app.command()
def paint(
    out: Annotated[Path, typer.Argument(help="Folder to paint into; made when missing.")],
    count: Annotated[int, typer.Option(min=1, help="Number of clips in the folder.")],
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels, even sides.")] = "256x256",
    frames: Annotated[int, typer.Option(min=1, help="Frames a clip.")] = 48,
    fps: Annotated[str, typer.Option(help="Frames per second, such as 24 or 24000/1001.")] = "24",
    seed: Annotated[int, typer.Option(min=0, help="Seed of clip 0; clip i has seed + i.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; all cores by default.")
    ] = None,
) -> None:
    """Paint landscape clips with English and Chinese captions.

    The folder holds mp4 clips and metadata.jsonl, one record a clip. The same command goes on
    where an interrupted one stopped; a larger --count extends the folder.
    """
    width, height = values.size(size)
    rate = values.rate(fps)

    from conclvd.paint.dataset import PaintSettings, paint_dataset

    settings = PaintSettings(width, height, frames, rate, seed)
    with _Bar() as bar:
        painted = paint_dataset(out, count, settings, workers=workers, report=bar)
    kept = f", {count - painted} were there" if painted < count else ""
    typer.echo(f"{out}: painted {painted} clips{kept}")


class _Bar:
    """A progress bar with the time left, from the first report on."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None

    def __call__(self, there: int, total: int) -> None:
        if self._bar is None:
            from tqdm import tqdm

            # clips of an earlier run, `initial`, say nothing about the speed of this one
            bar: tqdm[Any] = tqdm(total=total, initial=there, unit="clip", desc="painting")
            self._bar = bar
        self._bar.update(there - self._bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
