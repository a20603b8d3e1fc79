"""`conclvd train`: a motion module out of clips; `conclvd ablate` beside it."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated, Any, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from conclvd.cli.flags import with_flags
from conclvd.cli.launched import is_first
from conclvd.cli.libraries import loading
from conclvd.cli.output import note
from conclvd.cli.progress import Bars
from conclvd.errors import InvalidRequest, MediaError
from conclvd.files import write_text
from conclvd.train.settings import TrainSettings, preset_names, read_settings

STOPPED = 130


def _option(name: str, field: FieldInfo) -> Any:
    """The option of a setting; its value is checked where the settings are."""
    text = field.description or ""
    default = None if field.is_required() else field.default
    if default not in (None, []):
        shown = " ".join(map(str, default)) if isinstance(default, list) else default
        text += f" [default: {shown}]"
    flag = f"--{name.replace('_', '-')}"
    kinds = (field.annotation, *get_args(field.annotation))  # of an optional one, what it may be
    kind: Any = next((plain for plain in (bool, int, float) if plain in kinds), str)
    if any(get_origin(each) is list for each in kinds):
        kind, text = list[str], f"{text} May be repeated."
    if kind is bool:
        flag = f"{flag}/--no-{name.replace('_', '-')}"
    return Annotated[kind | None, typer.Option(flag, help=text, show_default=False)]


FLAGS = {name: _option(name, field) for name, field in TrainSettings.model_fields.items()}
CONFIG = typer.Argument(help=f"A TOML file, or a preset: {', '.join(preset_names())}.")


@with_flags(FLAGS)
def train(
    config: Annotated[str, CONFIG],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the resolved run, and train nothing.")
    ] = False,
    preview_data: Annotated[
        bool,
        typer.Option("--preview-data", help="Write what the model will see as a sheet, and stop."),
    ] = False,
    **given: Any,
) -> int:
    """Train a motion module on a folder of clips and captions.

    The same command goes on where an interrupted run stopped. Several GPUs or machines:
    accelerate launch "$(command -v conclvd)" train CONFIG.toml
    """
    settings = _settings(config, given)
    if dry_run and preview_data:
        raise InvalidRequest("--dry-run and --preview-data are two things; give one of them")
    if (dry_run or preview_data) and not is_first():
        return 0
    if preview_data:
        return _preview(settings)
    with loading(diffusers=True):
        from conclvd.train.loop import train as run
        from conclvd.train.plan import plan
    if dry_run:
        with Bars() as bars:
            resolved = plan(settings, bars)
        for line in resolved.lines:
            typer.echo(line)
        return 0
    with Bars() as bars:
        outcome = run(settings, bars, _tell)
    if not outcome.finished:
        return STOPPED
    if outcome.module is not None:  # the main process
        typer.echo(str(outcome.module))
    return 0


@with_flags(FLAGS)
def ablate(
    config: Annotated[str, CONFIG],
    **given: Any,
) -> int:
    """Train the paper's ablations from equal budgets, and print the table that compares them.

    Each variant is a run in OUTPUT-DIR; the same command goes on where it stopped.
    """
    settings = _settings(config, given)
    with loading(diffusers=True):
        from conclvd.cli.ablation_clips import table_of_clips
        from conclvd.train.ablation import VARIANTS, run_ablations, table
    with Bars() as bars:
        rows = run_ablations(settings, bars, _tell)
        if len(rows) < len(VARIANTS):
            return STOPPED
        text = f"{table(rows)}\n\n{table_of_clips(rows, settings, bars)}"
    write_text(settings.output_dir / "ablations.md", text, MediaError)
    typer.echo(text, nl=False)
    return 0


def _preview(settings: TrainSettings) -> int:
    from conclvd.train.clips import find_clips
    from conclvd.train.preview import write_preview

    with Bars() as bars:
        found = find_clips(settings, partial(bars, "hash"))
    for skipped in found.skipped:
        note(f"passed over: {skipped.name} {skipped.reason}")
    path, rows = write_preview(found, settings, _tell)
    for number, row in enumerate(rows, 1):
        captions = " | ".join(row.captions)
        typer.echo(f"{number}: {row.file}, from frame {row.first_frame}: {captions}")
    typer.echo(str(path))
    return 0


def _tell(line: str) -> None:
    from tqdm import tqdm

    tqdm.write(line, file=sys.stderr)


def _settings(config: str, given: dict[str, Any]) -> TrainSettings:
    """The settings of the file with the flags that were given; an empty list is not given."""
    return read_settings(config, {k: v for k, v in given.items() if v not in (None, [])})
