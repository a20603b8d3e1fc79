"""The command `conclvd`.

Commands import what they need when they run: `conclvd --help` loads none of it.
Exit codes: 0 done, 1 failed, 2 used wrongly, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any, NoReturn, cast

import typer
from pydantic import ValidationError

from conclvd import __version__
from conclvd.cli import (
    dataset,
    evaluate_compare,
    evaluate_study,
    evaluate_videos,
    generate,
    interpolate,
    train,
)
from conclvd.cli.launched import is_first, let_the_first_speak
from conclvd.errors import ConclvdError, InvalidRequest

# typer brings its own click or uses the installed one, by its version: this is the class of either
_UsageError = cast(type[typer.BadParameter], typer.BadParameter.__bases__[0])

app = typer.Typer(
    name="conclvd",
    help="From a sentence to a moving Chinese landscape painting.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

# --- commands ------------------------------------------------------------------------------------

app.command()(generate.generate)
app.command()(generate.info)
app.command()(generate.vocabulary)
app.command()(interpolate.interpolate)
app.command()(train.train)
app.command()(train.ablate)
app.add_typer(dataset.app, name="dataset")
evaluate = typer.Typer(help="Measure videos, compare methods, ask people.")
evaluate.command()(evaluate_compare.prompts)
evaluate.command()(evaluate_compare.compare)
evaluate.command()(evaluate_compare.gallery)
evaluate.command()(evaluate_videos.videos)
evaluate.command()(evaluate_videos.table)
evaluate.add_typer(evaluate_study.app, name="study")
app.add_typer(evaluate, name="evaluate")

# -------------------------------------------------------------------------------------------------


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"conclvd {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def conclvd(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From a sentence to a moving Chinese landscape painting."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (None: this process's); returns the exit code."""
    try:
        code = _command(app)(args=arguments, prog_name="conclvd", standalone_mode=False)
    except _UsageError as error:
        return _fail(_told(error), 2)
    except InvalidRequest as error:
        return _fail(str(error), 2)
    except ConclvdError as error:
        return _fail(str(error), 1)
    except MemoryError as error:
        return _fail(
            f"there is too little memory: {error}; choose a smaller size or fewer frames", 1
        )
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except Exception:
        let_the_first_speak()
        raise
    if code == 130 and is_first():
        print("stopped", file=sys.stderr)
    return code if isinstance(code, int) else 0


@cache
def _command(application: typer.Typer) -> Callable[..., Any]:
    """All commands with their options, which takes a tenth of a second to put together."""
    return typer.main.get_command(application)


def main() -> NoReturn:
    """The console script."""
    sys.exit(run())


def _told(error: typer.BadParameter) -> str:
    """What was wrong in the command line, what was found, and what tells more."""
    message = error.format_message().removesuffix(".").replace("Value error, ", "")
    if isinstance(error.__cause__, ValidationError):
        found = repr(error.__cause__.errors()[0]["input"])
        message += "" if found in message else f", found {found}"  # as a rule, typer leaves it out
    command = error.ctx.command_path if error.ctx else "conclvd"
    return f"{message}; `{command} --help` lists what there is"


def _fail(message: str, code: int) -> int:
    let_the_first_speak()
    print("error: " + " ".join(message.split()), file=sys.stderr)
    return code
