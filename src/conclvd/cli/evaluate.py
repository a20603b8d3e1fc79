"""`conclvd evaluate`: the group that the commands for measuring and comparing videos join."""

from __future__ import annotations

import typer

app = typer.Typer()


@app.callback()
def evaluate() -> None:
    """Measure videos, compare methods, ask people."""
