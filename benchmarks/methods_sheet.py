"""One picture of several methods: a prompt a line, a method a column, three moments of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from conclvd.video.read import read_frames

SIDE, GAP, HEAD, MOMENTS = 96, 4, 16, 3


def methods_sheet(columns: Mapping[str, Sequence[Path]]) -> Image.Image:
    """`columns` are the videos of each method by its name, of the same prompts in one order.

    What is not there stays white.
    """
    lines = max(map(len, columns.values()))
    wide = MOMENTS * SIDE + GAP
    picture = Image.new("RGB", (len(columns) * wide, HEAD + lines * (SIDE + GAP)), "white")
    draw = ImageDraw.Draw(picture)
    for column, (name, videos) in enumerate(columns.items()):
        draw.text((column * wide, 2), name, fill="black")
        for line, video in enumerate(videos):
            if not video.exists():
                continue
            frames = list(read_frames(video))
            for moment in range(MOMENTS):
                frame = frames[moment * (len(frames) - 1) // (MOMENTS - 1)]
                small = Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
                place = (column * wide + moment * SIDE, HEAD + line * (SIDE + GAP))
                picture.paste(small, place)
    return picture
