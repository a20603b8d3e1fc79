"""Content hashes: which weights made a video."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

CHUNK = 1 << 20


def files_hash(files: Iterable[Path]) -> str:
    """The sha256, in hexadecimal, of the contents of `files`, one after the other."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
