"""`history.jsonl`: what people and models did to a dataset, appended to and never changed.

An entry replaces the records `before` by the records `after`, at one place of the manifest. A
rejection has nothing after; a split has one before and two after; an undo is the inverse entry.
"""

from __future__ import annotations

from typing import Final, Literal

from conclvd.lines import Record
from conclvd.manifest import ClipRecord

HISTORY: Final = "history.jsonl"

Action = Literal["save", "suggest", "reject", "split", "merge", "undo"]


class Edit(Record):
    """One edit: its number, counted from 1, who or which model made it, when (UTC, ISO 8601).

    `place` is that of the first record concerned, counted from 0; `undoes` is the number of the
    edit that an undo takes back.
    """

    number: int
    at: str
    by: str
    action: Action
    place: int
    before: tuple[ClipRecord, ...]
    after: tuple[ClipRecord, ...]
    undoes: int | None = None
