"""Films cut into datasets, and what became of them."""

from pathlib import Path
from typing import Any

import numpy as np

from conclvd.curate.add import add_sources
from conclvd.curate.cut import CutResult, cut_sources
from conclvd.curate.plan import PLAN, CutSettings, Planned
from conclvd.lines import read_lines
from conclvd.manifest import ClipRecord
from conclvd.tensors import Frame
from conclvd.video.read import read_frames

SETTINGS = CutSettings(min_lines=90, min_seconds=1)


def cut(folder: Path, *videos: Path, settings: CutSettings = SETTINGS, **more: Any) -> CutResult:
    added = add_sources(folder, list(videos), license="CC0-1.0", workers=1)
    assert all(result.error is None for result in added), added
    return cut_sources(folder, settings, workers=1, **more)


def plan(folder: Path) -> list[Planned]:
    return read_lines(folder / PLAN, Planned)


def spans(folder: Path) -> list[tuple[int, int]]:
    return [(planned.start, planned.stop) for planned in plan(folder)]


def frames_of(folder: Path, record: ClipRecord) -> list[Frame]:
    return list(read_frames(folder / record.file_name))


def near(one: Frame, other: Frame) -> float:
    return float(np.abs(one.astype(int) - other).mean())
