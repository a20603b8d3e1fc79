"""A small language for phrases with alternatives, shared by the caption grammars.

    a|b            one of the alternatives, at equal odds; at the top level or in brackets
    (a|b|)         the same inside a phrase; an empty alternative drops it
    <a|b|c>        by grammatical form: SINGULAR, PLURAL, PARTICIPLE (the last one given holds for
                   the forms after it): "drift<s||ing>", "<goose|geese>"

Spaces around an empty alternative collapse. Brackets nest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Final, TypeAlias

from numpy.random import Generator

SINGULAR: Final = 0
PLURAL: Final = 1
PARTICIPLE: Final = 2


@dataclass(frozen=True)
class _Options:
    """Alternatives; `by_form` tells whether the grammatical form or chance picks one."""

    sequences: tuple[tuple[_Part, ...], ...]
    by_form: bool


_Part: TypeAlias = "str | _Options"


def expand(template: str, rng: Generator, form: int = SINGULAR) -> str:
    """One phrase of the template, chosen with `rng`, in the grammatical form asked for."""
    return " ".join(_choose(_parse(template), rng, form).split())


def cover(template: str) -> list[str]:
    """Phrases that together contain every word that the template can produce."""
    return [" ".join(phrase.split()) for phrase in _cover_options(_parse(template))]


def literals(template: str) -> set[str]:
    """The fixed pieces of text between the template's brackets and bars."""
    pieces: set[str] = set()
    stack: list[_Part] = [_parse(template)]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            pieces.add(part.strip())
        else:
            stack.extend(chain.from_iterable(part.sequences))
    return pieces - {""}


def _choose(options: _Options, rng: Generator, form: int) -> str:
    sequences = options.sequences
    if options.by_form:
        sequence = sequences[min(form, len(sequences) - 1)]
    else:
        sequence = (
            sequences[int(rng.integers(len(sequences)))] if len(sequences) > 1 else (sequences[0])
        )
    return "".join(part if isinstance(part, str) else _choose(part, rng, form) for part in sequence)


def _cover_options(options: _Options) -> list[str]:
    return list(chain.from_iterable(_cover_sequence(each) for each in options.sequences))


def _cover_sequence(sequence: tuple[_Part, ...]) -> list[str]:
    covered = [""]
    for part in sequence:
        column = [part] if isinstance(part, str) else _cover_options(part)
        apart = all(left[-1:] == " " for left in covered) or all(c[:1] == " " for c in column)
        if apart:
            rows = range(max(len(covered), len(column)))
            covered = [covered[row % len(covered)] + column[row % len(column)] for row in rows]
        else:  # the two may meet within a word: every pair
            covered = [left + right for left in covered for right in column]
    return covered


@cache
def _parse(template: str) -> _Options:
    options, end = _parse_options(template, 0, "")
    if end != len(template):
        raise ValueError(f"unmatched {template[end]!r} at {end} in the template {template!r}")
    return options


_CLOSING: Final = {"(": ")", "<": ">"}


def _parse_options(template: str, start: int, closing: str) -> tuple[_Options, int]:
    """Parse up to the closing bracket ("" for the top level); its index is returned too."""
    sequences: list[tuple[_Part, ...]] = []
    parts: list[_Part] = []
    position = start
    while position < len(template) and template[position] not in ")>":
        char = template[position]
        if char == "|":
            sequences.append(tuple(parts))
            parts = []
            position += 1
        elif char in _CLOSING:
            inner, position = _parse_options(template, position + 1, _CLOSING[char])
            parts.append(inner)
            position += 1
        else:
            end = position
            while end < len(template) and template[end] not in "|()<>":
                end += 1
            parts.append(template[position:end])
            position = end
    found = template[position] if position < len(template) else ""
    if found != closing:
        raise ValueError(f"expected {closing!r} at {position} in the template {template!r}")
    sequences.append(tuple(parts))
    return _Options(tuple(sequences), by_form=closing == ">"), position
