"""`conclvd evaluate`: the group that the commands for measuring and comparing videos join."""

from __future__ import annotations

import typer

from conclvd.cli import evaluate_compare, evaluate_study, evaluate_videos

app = typer.Typer()
evaluate_compare.add_commands(app)
evaluate_videos.add_commands(app)
app.add_typer(evaluate_study.app, name="study")


@app.callback()
def evaluate() -> None:
    """Measure videos, compare methods, ask people."""
