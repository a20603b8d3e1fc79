"""`conclvd evaluate compare` on two prompts with a tiny model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conclvd.evaluate.records import MethodRow, read_methods

PROMPTS = ["a misty boat", "水墨山，小船向左漂"]
QUICK = ["--frames", "2", "--steps", "2", "--device", "cpu", "--dtype", "float32"]
Compare = Callable[..., tuple[int, str, str]]


def methods_of(out: Path) -> dict[str, MethodRow]:
    return {row.slug: row for row in read_methods(out)}


def written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.mp4")}
