"""24 fixed prompts x 4 frames, unselected: docs/sheet.jpg; or painted clips: docs/painted.jpg.

python benchmarks/sheet.py [--device auto] [--batch 1] [--out docs/sheet.jpg]
python benchmarks/sheet.py --painted 8 --out docs/painted.jpg
python benchmarks/sheet.py --painted 36 --stills 256x592 --columns 12 --out painted-hanging.jpg
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from conclvd.generate.generator import Generator
from conclvd.models.source import EMBEDDED
from conclvd.paint.clip import paint_clip
from conclvd.paint.draw.layers import ByteArray
from conclvd.workers import each
from fixed_prompts import PROMPTS
from held_out import held_out_clips
from sampling import generate_keyframes

FIRST_SEED = 800_000
MOMENTS = (0, 2, 5, 7)
SIDE = 128


def still(size: tuple[int, int], seed: int) -> tuple[int, ByteArray]:
    """A seed, and the first frame [h w 3] of its scene at a size (width, height), in a margin."""
    frame = paint_clip(seed, frames=1, width=size[0], height=size[1]).frames[0]
    return seed, np.pad(frame, ((3, 3), (3, 3), (0, 0)), constant_values=255)


def stills_sheet(seeds: range, size: tuple[int, int], columns: int) -> ByteArray:
    """Unselected stills of painted scenes in rows, [h w 3]; a last row that is not full is left."""
    found = dict(each(partial(still, size), seeds, None))
    stills = [found[seed] for seed in seeds]
    full = len(stills) // columns * columns
    rows = [np.concatenate(stills[i : i + columns], axis=1) for i in range(0, full, columns)]
    return np.concatenate(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, default=1, help="videos at once")
    parser.add_argument("--painted", type=int, help="this many held-out painted clips instead")
    parser.add_argument("--stills", metavar="WIDTHxHEIGHT", help="painted stills of this size")
    parser.add_argument("--columns", type=int, default=6, help="stills in a row")
    parser.add_argument("--out", type=Path, default=Path("docs/sheet.jpg"))
    arguments = parser.parse_args()
    if arguments.painted and arguments.stills:
        width, height = (int(side) for side in arguments.stills.split("x"))
        seeds = range(FIRST_SEED, FIRST_SEED + arguments.painted)
        sheet = stills_sheet(seeds, (width, height), arguments.columns)
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sheet).save(arguments.out, quality=88)
        print(f"{arguments.out}: the first frames of seeds {seeds.start} to {seeds.stop - 1}")
        return
    if arguments.painted:
        clips = held_out_clips(range(FIRST_SEED, FIRST_SEED + arguments.painted), processes=2)
        videos = np.stack([clip.clip.frames for clip in clips])
    else:
        generator = Generator.load(EMBEDDED, device=arguments.device)
        videos = generate_keyframes(generator, PROMPTS, batch=arguments.batch)
    strips = []
    for video in videos:
        frames = [
            Image.fromarray(video[i]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
            for i in MOMENTS
        ]
        strips.append(np.concatenate([np.asarray(f) for f in frames], axis=1))
    rows = [np.concatenate(strips[i : i + 2], axis=1) for i in range(0, len(strips), 2)]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(rows)).save(arguments.out, quality=90)
    print(f"{arguments.out}: videos in rows of two, frames {', '.join(map(str, MOMENTS))}")


if __name__ == "__main__":
    main()
