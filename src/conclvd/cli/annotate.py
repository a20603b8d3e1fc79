"""`conclvd dataset annotate`: the page on which people write the captions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_commands(app: typer.Typer) -> None:
    """Register this file's commands."""
    app.command()(annotate)


def annotate(
    folder: Annotated[Path, typer.Argument(help="A dataset folder.")],
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")] = 8137,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="An address people may open it at, such as http://museum.local:8137."),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page.")] = True,
) -> None:
    """Watch, caption, tag, reject, split and merge clips on a local web page, by keyboard alone.

    Several people can work at once. Everything is kept in history.jsonl and can be undone. Ctrl-C
    ends it. There is no password: whoever reaches the address can edit.
    """
    from conclvd.curate.annotations import Annotations
    from conclvd.curate.server import AnnotationServer
    from conclvd.lock import writing
    from conclvd.manifest import read_manifest

    read_manifest(folder)  # whoever names a wrong folder is told so, and gets no lock in it
    with (
        writing(folder, "conclvd dataset annotate"),
        AnnotationServer(Annotations(folder), host, port, tuple(origin or ())) as server,
    ):
        typer.echo(f"{folder}: open {server.url} (Ctrl-C ends)")
        if browser:
            import webbrowser

            webbrowser.open(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo(f"{folder}: {server.annotations.revision} edits in the history")
