"""A dataset's records as the Hub reads them: every column in every split, of one type.

`datasets.load_dataset` guesses the type of a column from what a split has in it, and refuses a
dataset whose splits differ. A text that is not there is therefore "", a list with nothing in it
[""], and what is known of a painted clip, which looks different in every clip, JSON in a text.
All of it is read back as what it was (`manifest.ClipRecord`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from conclvd.curate.card import card
from conclvd.curate.stats import collect
from conclvd.manifest import ClipRecord, said

README: Final = "README.md"
_LISTS: Final = ("tags", "flags")
_NUMBERS: Final = ("start", "end", "frames", "width", "height", "seed")
_HOME: Final = "train"  # of clips in no split


def by_split(records: Sequence[ClipRecord]) -> dict[str, list[ClipRecord]]:
    """The records of each split, in order."""
    splits: dict[str, list[ClipRecord]] = {}
    for record in records:
        splits.setdefault(record.split or _HOME, []).append(record)
    return splits


def hub_lines(records: Sequence[ClipRecord]) -> dict[str, str]:
    """The text of each split's `metadata.jsonl`.

    A number that no clip of one split has has no type there: it is left out of all.
    """
    splits = by_split(records)
    typed = [
        name
        for name in _NUMBERS
        if all(any(getattr(r, name) is not None for r in found) for found in splits.values())
    ]
    told = {name for record in records for name in said(record)}
    names = [n for n in ClipRecord.model_fields if n in told and (n in typed or n not in _NUMBERS)]
    return {
        split: "".join(
            json.dumps(_row(record, names), ensure_ascii=False) + "\n" for record in found
        )
        for split, found in splits.items()
    }


def hub_card(name: str, records: Sequence[ClipRecord]) -> str:
    """README.md of the exported folder: the data card, and where each split is."""
    lines = ["configs:", "- config_name: default", "  data_files:"]
    for split in by_split(records):
        lines += [f"  - split: {split}", f"    path: {split}/**"]
    return card(name, records, collect(records), tuple(lines))


def _row(record: ClipRecord, names: Sequence[str]) -> dict[str, Any]:
    plain = record.model_dump(mode="json")
    return {name: _typed(name, plain[name]) for name in names}


def _typed(name: str, value: Any) -> Any:
    if name in _LISTS:
        return value or [""]
    if name in _NUMBERS:
        return value
    if name == "attributes":
        return json.dumps(value, ensure_ascii=False) if value is not None else ""
    return "" if value is None else value
