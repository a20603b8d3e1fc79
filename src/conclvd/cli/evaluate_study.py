"""`conclvd evaluate study`: ask people which videos they prefer."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from conclvd.cli.pages import Browser, Host, Origins, Port, serve_page
from conclvd.cli.progress import Bars
from conclvd.cli.values import size as read_size
from conclvd.errors import InvalidRequest

app = typer.Typer()

STUDY = typer.Argument(metavar="STUDY", help="The study's folder.")


class Mode(StrEnum):
    """How videos are judged."""

    PAIRS = "pairs"
    RATINGS = "ratings"


@app.callback()
def study() -> None:
    """Ask people, blind, which method's videos they prefer, and analyse what they say."""


@app.command()
def serve(
    folder: Annotated[Path, STUDY],
    videos: Annotated[
        list[str] | None,
        typer.Option(help="NAME=FOLDER, once a method; or a folder with one folder a method."),
    ] = None,
    prompts: Annotated[
        Path | None,
        typer.Option(
            help="One prompt a line, by the number that file names begin with (0000.mp4) or in "
            "the order of the names. [metadata.jsonl]"
        ),
    ] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="Two videos at a time, or one. [default: pairs]")
    ] = None,
    questions: Annotated[
        int | None, typer.Option(min=1, help="For one participant. [default: 30]")
    ] = None,
    checks: Annotated[
        int | None, typer.Option(min=0, help="Attention checks beside them. [default: 3]")
    ] = None,
    size: Annotated[
        str | None, typer.Option(help="WIDTHxHEIGHT to scale and crop all videos to.")
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8138,
    origin: Origins = None,
    browser: Browser = True,
) -> None:
    """Ask people on a local page.

    They see two videos of one prompt, or one to rate, side and order by chance, names hidden. With
    --videos a new study is made; without, STUDY goes on. Participants need a code, which is all
    that is kept about them; the same code goes on where it stopped. Ctrl-C ends it. There is no
    password: whoever reaches the address can answer.
    """
    from conclvd.lock import writing
    from conclvd.server.checks import checked_origin
    from conclvd.study.answers import Answers, read_answers
    from conclvd.study.plan import PLAN, read_plan
    from conclvd.study.server import study_page

    origins = [checked_origin(name) for name in origin or ()]  # before a study is made
    making = [videos, prompts, mode, questions, checks, size]
    if (folder / PLAN).exists():
        if any(value is not None for value in making):
            raise InvalidRequest(
                f"{folder} is a study already and its plan stays; name STUDY alone, or choose a "
                "new folder"
            )
    elif videos:
        _create(folder, videos, prompts, mode, questions, checks, size)
    plan = read_plan(folder)
    with writing(folder, "conclvd evaluate study serve"):
        says = f"{folder}: {len(plan.methods)} methods, {len(plan.items)} prompts, {plan.mode};"
        serve_page(study_page(Answers(folder, plan), origins), says, host, port, browser)
        people = {answer.code for answer in read_answers(folder)}
        typer.echo(f"{folder}: answers of {len(people)} participants")


def _create(
    folder: Path,
    videos: list[str],
    prompts: Path | None,
    mode: Mode | None,
    questions: int | None,
    checks: int | None,
    size: str | None,
) -> None:
    """Make a study; say what of the videos it could not use, and how it matched the others."""
    from conclvd.study.creation import create_study

    with Bars() as bar:
        plan = create_study(
            folder,
            videos,
            prompts=prompts,
            mode=(mode or Mode.PAIRS).value,
            questions=30 if questions is None else questions,
            checks=3 if checks is None else checks,
            size=None if size is None else read_size(size),
            report=lambda done, total: bar("copies", done, total),
        )
    for line in plan.left_out:
        typer.echo(f"left out {line}", err=True)
    typer.echo(f"videos matched: {plan.matched}", err=True)


@app.command()
def export(
    folder: Annotated[Path, STUDY],
    output: Annotated[Path, typer.Option("-o", "--output", help="The CSV file.")],
) -> None:
    """Write the answers as CSV.

    One row a participant, question and criterion; the last answer of each.
    """
    from conclvd.files import write_text
    from conclvd.study.answers import read_answers
    from conclvd.study.plan import read_plan
    from conclvd.study.table import answers_csv

    text = answers_csv(read_plan(folder), read_answers(folder))
    write_text(output, text)
    typer.echo(f"{output}: {text.count(chr(10)) - 1} answers")


@app.command()
def analyse(
    folder: Annotated[Path, STUDY],
    output: Annotated[Path, typer.Option("-o", "--output", help="The report's folder.")],
    failed_share: Annotated[
        float,
        typer.Option(min=0, max=1, help="Inattentive is who failed more of the checks than this."),
    ] = 0.5,
    exclude_inattentive: Annotated[
        bool, typer.Option("--exclude-inattentive", help="Leave them out.")
    ] = False,
) -> None:
    """Write scores and the figure.

    Preferences with Wilson intervals, Bradley–Terry scores with bootstrap intervals, agreement by
    Krippendorff's alpha, as Markdown and CSV; grouped bars as PNG and SVG.
    """
    from conclvd.study.analysis import analyse as analyse_answers
    from conclvd.study.answers import read_answers
    from conclvd.study.plan import read_plan
    from conclvd.study.report import attention_line, write_report

    analysis = analyse_answers(
        read_plan(folder),
        read_answers(folder),
        failed_share=failed_share,
        exclude_inattentive=exclude_inattentive,
    )
    write_report(analysis, output)
    typer.echo(attention_line(analysis))
    typer.echo(f"{output / 'report.md'}, scores.csv, figure.png, figure.svg")
