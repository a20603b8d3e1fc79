"""Options of a command that are written down elsewhere: one for every setting."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_type_hints

import typer

from conclvd.generate.request import Request

DEFAULTS = Request("?")
DEVICE = typer.Option(help="auto, cpu, cuda, cuda:N or mps.")
FLOW = typer.Option(help="What finds the motion: dis, raft, or a file of RAFT weights.")
WORKERS = typer.Option(min=1, help="Processes; all cores by default.")


def with_flags(flags: Mapping[str, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Spell a command's `**given` out for typer: `flags` are the annotations of its options.

    Those that are not given are None.
    """
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in flags.items()
    ]

    def spelled_out(command: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(command, eval_str=True)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]

        def run(**arguments: Any) -> Any:
            return command(**arguments)

        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in [*own, *options]}
        return run

    return spelled_out


def of_request(helps: Mapping[str, str]) -> dict[str, Any]:
    """Options for settings of a `Request`, by name and help; values are checked where it is."""
    hints = {**get_type_hints(Request), "fps": str}
    flags = {}
    for name, text in helps.items():
        default = getattr(DEFAULTS, name)
        shown = f"{text} [default: {default}]" if default not in (None, "") else text
        flags[name] = Annotated[hints[name] | None, typer.Option(help=shown)]
    return flags
