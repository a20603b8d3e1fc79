"""What a comparison's folder says of its methods, over all the commands that wrote into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from conclvd.compare.methods import METHODS
from conclvd.evaluate.records import (
    AskedRow,
    MethodRow,
    VideoRow,
    read_asked,
    read_methods,
    write_asked,
    write_methods,
)

STOPPED: Final = "the comparison was stopped before its end"
EARLIER: Final = "asked for earlier, and not made since"


class Ledger:
    """`methods.jsonl` and `asked.jsonl`. A command adds its own to what others asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows = {row.slug: row for row in read_methods(folder)}
        self._before = dict(self._rows)
        self._asked: dict[str, dict[str, AskedRow]] = {slug: {} for slug in self._rows}
        for row in read_asked(folder):
            for slug in self._rows if row.methods is None else row.methods:
                self._asked.setdefault(slug, {})[row.name] = row
        self._now: frozenset[str] = frozenset()

    def begin(
        self, methods: dict[str, str], external: dict[str, str], asked: Sequence[AskedRow]
    ) -> None:
        """Note what is asked of `methods` and `external` ones, names by slug, before it is done.

        Whatever ends the command before a method does, its row says so. What is external is taken
        over anew by each command: nothing of an earlier one is still asked of it.
        """
        self._now = frozenset(row.name for row in asked)
        for slug, name in {**methods, **external}.items():
            earlier = {} if slug in external else self._asked.get(slug, {})
            self._asked[slug] = earlier | {row.name: row for row in asked}
            known = self._rows.get(slug)
            self._rows[slug] = MethodRow(
                name=name,
                slug=slug,
                status="unfinished",
                videos=known.videos if known else 0,
                reason=STOPPED,
                sampler=known.sampler if known else None,
                external=slug in external,
            )
        self._write()

    def loaded(self, slug: str, sampler: dict[str, JsonValue]) -> None:
        """Note the settings of a method's videos.

        Where they are others than before, its earlier videos are of another method: what only
        earlier commands asked for is asked for no longer.
        """
        before, asked = self._before.get(slug), self._asked[slug]
        if before is not None and before.sampler not in (None, sampler):
            self._asked[slug] = {name: asked[name] for name in asked if name in self._now}
        self._rows[slug] = self._rows[slug].model_copy(update={"sampler": sampler})
        self._write()

    def left_over(self, slug: str, there: Iterable[VideoRow]) -> dict[str, str]:
        """Why what only earlier commands asked of a method is not there, by name."""
        before, asked = self._before.get(slug), self._asked[slug]
        lost = (before.lost if before else None) or {}
        made = {(Path(row.file_name).stem, row.caption, row.seed) for row in there}
        return {
            name: lost.get(name, EARLIER)
            for name, row in asked.items()
            if name not in self._now and (name, row.caption, row.seed) not in made
        }

    def end(self, row: MethodRow) -> None:
        """Note what became of a method; the settings of earlier videos where it was not loaded."""
        before = self._before.get(row.slug)
        if row.sampler is None and row.videos and before is not None:
            row = row.model_copy(update={"sampler": before.sampler})
        self._rows[row.slug] = row
        self._write()

    def _write(self) -> None:
        places = [method.slug for method in METHODS]
        known = sorted(self._rows.keys() & set(places), key=places.index)
        others = [slug for slug in self._rows if slug not in known]
        write_methods(self._folder, (self._rows[slug] for slug in [*known, *others]))
        together: dict[tuple[str, str, int], list[str]] = {}
        for slug, asked in self._asked.items():
            for row in asked.values():
                together.setdefault((row.name, row.caption, row.seed), []).append(slug)
        write_asked(
            self._folder,
            (
                AskedRow(name=name, caption=caption, seed=seed, methods=slugs)
                for (name, caption, seed), slugs in together.items()
            ),
        )
