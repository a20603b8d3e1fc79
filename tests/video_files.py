"""Small videos of something that slides, and files of prompts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from conclvd.tensors import Frames
from conclvd.video.write import write_video
from moving import sliding


def frames(step: float = 1, count: int = 3, side: int = 64) -> Frames:
    return np.stack([sliding(step * t, side=side) for t in range(count)])


def video(path: Path, pixels: Frames | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(path, frames() if pixels is None else pixels, Fraction(6))


def prompts(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
