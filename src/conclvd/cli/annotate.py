"""`conclvd dataset annotate`: the page on which people write the captions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conclvd.cli.pages import Browser, Host, Origins, Port, serve_page


def add_commands(app: typer.Typer) -> None:
    """Register this file's commands."""
    app.command()(annotate)


def annotate(
    folder: Annotated[Path, typer.Argument(help="A dataset folder.")],
    host: Host = "127.0.0.1",
    port: Port = 8137,
    origin: Origins = None,
    browser: Browser = True,
) -> None:
    """Watch, caption, tag, reject, split and merge clips on a local web page, by keyboard alone.

    Several people can work at once. Everything is kept in history.jsonl and can be undone. Ctrl-C
    ends it. There is no password: whoever reaches the address can edit.
    """
    from conclvd.curate.annotations import Annotations
    from conclvd.curate.server import annotation_page
    from conclvd.lock import writing
    from conclvd.manifest import read_manifest

    read_manifest(folder)  # whoever names a wrong folder is told so, and gets no lock in it
    with writing(folder, "conclvd dataset annotate"):
        notes = Annotations(folder)
        serve_page(annotation_page(notes, origin or ()), f"{folder}:", host, port, browser)
        typer.echo(f"{folder}: {notes.revision} edits in the history")
