"""What the commands that serve a local web page have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fastapi import FastAPI

Host = Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 for all.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")]
Origins = Annotated[
    list[str] | None,
    typer.Option("--origin", help="An address people may open it at, such as http://NAME:PORT."),
]
Browser = Annotated[bool, typer.Option(help="Open the page.")]


def serve_page(app: FastAPI, says: str, host: str, port: int, browser: bool) -> None:
    """Serve a page until Ctrl-C; `says` is printed with its address. Raises DatasetError."""
    from conclvd.server.serve import serve

    def ready(url: str) -> None:
        typer.echo(f"{says} open {url} (Ctrl-C ends)")
        if browser:
            import webbrowser

            webbrowser.open(url)

    serve(app, host, port, ready)
