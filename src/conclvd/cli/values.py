"""How values are written on the command line."""

from __future__ import annotations

import re
from fractions import Fraction

import typer


def size(text: str) -> tuple[int, int]:
    """ "1280x720" as (width, height)."""
    match = re.fullmatch(r"([1-9]\d{0,4})[xX×]([1-9]\d{0,4})", text.strip())
    if match is None:
        raise typer.BadParameter(
            f"{text!r} is no size; write WIDTHxHEIGHT, such as 1280x720", param_hint="'--size'"
        )
    return int(match[1]), int(match[2])


def rate(text: str) -> Fraction:
    """ "24" or "24000/1001" as frames per second."""
    try:
        value = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0:
        raise typer.BadParameter(
            f"{text!r} is no frame rate; write one such as 24 or 24000/1001",
            param_hint="'--fps'",
        )
    return value
