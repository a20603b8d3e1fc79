"""`conclvd dataset suggest`: captions by a model, for people to confirm."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from conclvd.cli.libraries import loading
from conclvd.cli.output import note
from conclvd.cli.progress import Stages
from conclvd.errors import DatasetError


def suggest(
    folder: Annotated[Path, typer.Argument(help="A dataset folder.")],
    model: Annotated[
        str, typer.Option(help="Folder of an image-to-text model of transformers, or a Hub id.")
    ],
    language: Annotated[Literal["en", "zh"], typer.Option(help="Which caption to write.")] = "en",
    prompt: Annotated[
        str | None, typer.Option(help="What to ask. [default: for one sentence, of chat models]")
    ] = None,
) -> None:
    """Let a model write a caption, unreviewed, for every clip without one.

    It sees the middle frame. What people wrote or confirmed stays; they confirm or correct the rest
    with `annotate`. The same command goes on where an interrupted one stopped.
    """
    from conclvd.manifest import read_manifest

    read_manifest(folder)  # before the model is loaded
    with loading():
        from conclvd.curate.captioner import Captioner
        from conclvd.curate.suggest import suggest_captions

        captioner = Captioner(model, language, prompt)
    with Stages() as bar:
        report = partial(bar, "suggest")
        result = suggest_captions(folder, captioner, language=language, report=report)
    for line in result.left_out:
        note(f"left out: {line}")
    typer.echo(
        f"{folder}: {captioner.name} suggested {result.written} captions; "
        f"`conclvd dataset annotate {folder}` confirms them"
    )
    if result.left_out and not result.written:
        raise DatasetError("no caption could be written; see above")
