"""Made-up films with known cuts, bars, subtitles and logos; fast to draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from conclvd.tensors import Frame


def shot(
    seed: int, frames: int, width: int = 320, height: int = 180, speed: float = 0.5
) -> list[Frame]:
    """A coloured texture that drifts by `speed` pixels a frame, with a square of its own."""
    rng = np.random.default_rng(seed)
    margin = int(speed * frames) + 2
    size = (width + margin, height)
    ground = np.zeros((height, width + margin, 3), np.float32)
    for cells in (2, 4, 9):
        grid = rng.uniform(0, 255, (cells, 2 * cells, 3)).astype(np.float32)
        ground += cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC) / 3
    ground = np.clip((ground - 127) * 1.5 + 127, 20, 235)
    picture = ground.astype(np.uint8)
    side = height // 5
    top = int(rng.integers(side, height - 2 * side))
    colour = rng.integers(0, 256, 3).tolist()
    film = []
    for index in range(frames):
        offset = int(speed * index)
        frame = picture[:, offset : offset + width].copy()
        left = (width // 3 + int(2 * speed * index)) % (width - side)
        frame[top : top + side, left : left + side] = colour
        film.append(frame)
    return film


def dissolve(one: Sequence[Frame], other: Sequence[Frame], length: int) -> list[Frame]:
    """The last `length` frames of one mixed with the first of the other."""
    mixed = []
    for index in range(length):
        part = (index + 1) / (length + 1)
        pair = one[len(one) - length + index], other[index]
        mixed.append(cv2.addWeighted(pair[0], 1 - part, pair[1], part, 0))
    return [*one[: len(one) - length], *mixed, *other[length:]]


def letterbox(frames: Iterable[Frame], top: int, left: int = 0) -> list[Frame]:
    """Black bars laid around the frames."""
    sides = (top, top, left, left)
    return [cv2.copyMakeBorder(f, *sides, cv2.BORDER_CONSTANT, value=(0, 0, 0)) for f in frames]


def write(
    path: Path,
    frames: Sequence[Frame],
    fps: Fraction = Fraction(24),
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    stamps: Sequence[int] | None = None,
    rotation: int = 0,
    options: dict[str, str] | None = None,
    colours: tuple[int, int, int] | None = None,
) -> Path:
    """A file as cameras and archives have them; `stamps` in 1/1000 s make the rate variable.

    `colours` are primaries, transfer curve and matrix as numbered in ITU-T H.273.
    """
    import av

    base = 1 / fps if stamps is None else Fraction(1, 1000)
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream(codec, rate=fps, options=options or {"preset": "ultrafast"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.thread_count = 1
        if stamps is not None:
            stream.time_base = stream.codec_context.time_base = base
        if colours is not None:
            primaries, curve, matrix = colours
            stream.codec_context.color_primaries = primaries
            stream.codec_context.color_trc = curve
            stream.codec_context.colorspace = matrix
        if rotation:
            stream.set_display_rotation(rotation)
        for index, pixels_rgb in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels_rgb, format="rgb24")
            frame.pts = index if stamps is None else stamps[index]
            frame.time_base = base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path
