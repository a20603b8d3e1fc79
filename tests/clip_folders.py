"""Small dataset folders with clips of a few frames."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import films
from conclvd.files import sha256_of
from conclvd.manifest import ClipRecord, write_manifest

FRAMES = 6


def dataset(
    folder: Path,
    count: int = 3,
    *,
    name: str = "{}.mp4",
    about: Callable[[int], dict[str, Any]] = lambda number: {"source": "film"},
) -> Path:
    """`count` clips; what a record says beside its file's facts is `about` its number."""
    (folder / "clips").mkdir(parents=True)
    records = []
    for number in range(count):
        file_name = "clips/" + name.format(number)
        path = films.write(
            folder / file_name, films.shot(number, FRAMES, 64, 48), options={"crf": "8"}
        )
        facts = {"fps": Fraction(24), "frames": FRAMES, "width": 64, "height": 48}
        said = {"caption": f"clip {number}", **about(number)}
        records.append(ClipRecord(file_name=file_name, sha256=sha256_of(path), **facts, **said))
    write_manifest(folder, records)
    return folder
