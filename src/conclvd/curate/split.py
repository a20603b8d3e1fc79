"""`conclvd dataset split`: clips to train, validation and test, a source never to two of them."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from conclvd.errors import InvalidRequest
from conclvd.lock import writing
from conclvd.manifest import ClipRecord, read_manifest, write_manifest


def split_dataset(folder: Path, parts: Mapping[str, float], seed: int = 0) -> Counter[str]:
    """Give every clip its split; returns how many clips are in each.

    `parts` are the splits and their shares, which add up to 1. All clips of a source go together.
    The same seed gives the same splits. Raises InvalidRequest, DatasetError.
    """
    if (
        not parts
        or any(part <= 0 for part in parts.values())
        or abs(sum(parts.values()) - 1) > 1e-6
    ):
        told = ", ".join(f"{name} {part:g}" for name, part in parts.items()) or "none"
        raise InvalidRequest(f"the splits are {told}; give positive shares that add up to 1")
    read_manifest(folder)  # whoever names a wrong folder is told so, and gets no lock in it
    with writing(folder, "conclvd dataset split"):
        records = read_manifest(folder)
        homes = _homes(records, parts, seed)
        moved = [record.model_copy(update={"split": homes[record.origin]}) for record in records]
        write_manifest(folder, moved)
    return Counter(record.split for record in moved if record.split)


def _homes(records: Sequence[ClipRecord], parts: Mapping[str, float], seed: int) -> dict[str, str]:
    """The split of every source: large sources first, each to where most clips are missing."""
    sources: dict[str, int] = defaultdict(int)
    for record in records:
        sources[record.origin] += 1

    def place(source: str) -> tuple[int, bytes]:
        return -sources[source], hashlib.sha256(f"{seed} {source}".encode()).digest()

    missing = {name: part * len(records) for name, part in parts.items()}
    homes = {}
    for source in sorted(sources, key=place):
        home = max(missing, key=lambda name: missing[name])
        homes[source] = home
        missing[home] -= sources[source]
    return homes
