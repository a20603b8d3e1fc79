"""What the model will see, as a sheet: one row a window, its frames side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from conclvd.errors import MediaError, TrainingError
from conclvd.files import make_folder, whole
from conclvd.tensors import Frame
from conclvd.train.clips import ClipList
from conclvd.train.settings import TrainSettings
from conclvd.train.windows import read_windows, window_starts

SHEET = "preview.png"
ROWS, TILE, GAP, MARGIN = 12, 128, 2, 40


@dataclass(frozen=True)
class PreviewRow:
    """One row of the sheet: where it is from, and the captions that the model may get with it."""

    file: Path
    first_frame: int
    captions: tuple[str, ...]


def write_preview(
    found: ClipList, settings: TrainSettings, tell: Callable[[str], None] = lambda line: None
) -> tuple[Path, list[PreviewRow]]:
    """Write `output_dir/preview.png`, evenly spaced clips, at most 12 rows, numbered from 1.

    Frames are resized, cropped and spaced as in training, then shown at 128 pixels. `tell` gets
    a line for each clip that cannot be decoded. Raises TrainingError when none can, MediaError
    when the sheet cannot be written.
    """
    count = min(ROWS, len(found.clips))
    chosen = [
        found.clips[round(i * (len(found.clips) - 1) / max(1, count - 1))] for i in range(count)
    ]
    strips, rows = [], []
    for number, clip in enumerate(chosen):
        starts = window_starts(clip.frames, settings)
        turn = number % len(starts)  # the first, the second, … window of the clips in turn
        try:
            window = read_windows(clip, settings)[turn]
        except MediaError as error:
            tell(f"passed over: {clip.path} {error}")
            continue
        rows.append(PreviewRow(clip.path, starts[turn], clip.captions))
        strips.append(_strip(len(rows), list(window)))
    if not strips:
        raise TrainingError("no clip of the preview can be decoded; check the files")
    path = settings.output_dir / SHEET
    good, data = cv2.imencode(".png", cv2.cvtColor(np.concatenate(strips), cv2.COLOR_RGB2BGR))
    assert good
    make_folder(settings.output_dir, MediaError)
    with whole(path) as partial:
        partial.write_bytes(data.tobytes())
    return path, rows


def _strip(number: int, frames: list[Frame]) -> Frame:
    label = np.full((TILE + GAP, MARGIN, 3), 255, np.uint8)
    where = (4, TILE // 2)
    cv2.putText(label, str(number), where, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1)
    tiles = [label]
    for frame in frames:
        tile = np.full((TILE + GAP, TILE + GAP, 3), 255, np.uint8)
        tile[:TILE, :TILE] = cv2.resize(frame, (TILE, TILE), interpolation=cv2.INTER_AREA)
        tiles.append(tile)
    strip: Frame = np.concatenate(tiles, axis=1)
    return strip
