"""Held-out painted scenes as folders of pictures: a row of a table, and a reference of style."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from tqdm import tqdm

from conclvd.compare.painted_prompts import held_out
from conclvd.files import whole
from conclvd.generate.request import KEYFRAME_RATE
from conclvd.manifest import MANIFEST
from conclvd.video.write import write_video
from conclvd.workers import each


def _paint(folder: Path, seed: int) -> tuple[int, str]:
    scene = held_out(seed)
    if not (folder / str(seed)).is_dir():
        write_video(folder / str(seed), scene.clip.frames, KEYFRAME_RATE)
    return seed, scene.caption


def paint_scenes(folder: Path, first: int, count: int) -> list[str]:
    """Paint the scenes from `first` on, with metadata.jsonl; returns their captions."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = range(first, first + count)
    painting = each(partial(_paint, folder), seeds, None)
    found = dict(tqdm(painting, total=count, desc=f"painting {folder.name}", unit="scene"))
    lines = [{"file_name": str(seed), "caption": found[seed]} for seed in seeds]
    with whole(folder / MANIFEST) as partly:
        partly.write_text(
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8"
        )
    return [found[seed] for seed in seeds]
