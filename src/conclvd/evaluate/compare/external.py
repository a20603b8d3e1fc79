"""Methods of which there are only videos: Gen-2, Pika, or anything else."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from conclvd.errors import DatasetError, MediaError
from conclvd.evaluate.captioned import CAPTION_KEYS, caption_of
from conclvd.evaluate.compare.method_folder import MethodFolder
from conclvd.evaluate.compare.records import MethodRow, Status
from conclvd.evaluate.compare.sampler import Asked
from conclvd.evaluate.folder_videos import is_video, number_of, rate_of, seed_of, stem
from conclvd.manifest import MANIFEST
from conclvd.models.hashes import files_hash
from conclvd.tensors import Frame
from conclvd.video.beside import beside
from conclvd.video.probe import picture_files, probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video

HOW_TO_NAME: Final = (
    "name each video by the number of its prompt, 0000.mp4 for the first, or put its prompt beside "
    "it, 0000.txt or the caption in metadata.jsonl"
)


@dataclass(frozen=True)
class Found:
    """A video of somebody else's for prompt `index`. `seed` is its own where the name or the
    metadata tell one, else its number among those of its prompt."""

    path: Path
    index: int
    seed: int


def find_external(folder: Path, prompts: Sequence[str]) -> tuple[list[Found], list[Path]]:
    """The videos in `folder`, folders of pictures among them, by prompt, and those without one.

    A video's prompt is told by its caption in `metadata.jsonl`, by a text file beside it, or by the
    number of four digits that its name begins with (0000 is the first prompt), in this order.
    """
    told = _metadata(folder)
    places = {prompt: index for index, prompt in reversed(list(enumerate(prompts)))}
    found, left = [], []
    taken: dict[int, set[int]] = defaultdict(set)
    for path in sorted(filter(is_video, folder.iterdir())):
        caption, seed = told.get(path.name, (_beside(path), None))
        index = places.get(caption) if caption is not None else number_of(path)
        if index is None or index >= len(prompts):
            left.append(path)
            continue
        own = seed_of(path) if seed is None else seed
        number = next(n for n in range(len(taken[index]) + 1) if n not in taken[index])
        chosen = number if own is None or own in taken[index] else own
        taken[index].add(chosen)
        found.append(Found(path, index, chosen))
    return found, left


def compare_external(
    name: str, source: Path, prompts: Sequence[str], folder: MethodFolder
) -> MethodRow:
    """Take the videos of `source` over into a comparison; what came of it is the method's row."""
    found, left = find_external(source, prompts)
    asked = {f"{v.index:04d}-s{v.seed}.mp4": Asked(prompts[v.index], v.seed) for v in found}
    sums = [files_hash(_files(video.path)) for video in found]
    made_by = dict(zip(asked, sums, strict=True))
    folder.keep(asked, made_by, others_by="")
    failed = []
    for (target, video), file in zip(asked.items(), found, strict=True):
        if target in folder.rows:
            continue
        try:
            take_over(file.path, folder.path / target)
        except MediaError as error:
            failed.append(str(error))
            continue
        folder.add(target, video, made_by[target])
    folder.write()
    lines = failed[:1]
    missing = len(prompts) - len({v.index for v in found})
    if missing:
        lines.append(f"{missing} of {len(prompts)} prompts have no video")
    if left:
        names = ", ".join(path.name for path in left[:3]) + (", …" if len(left) > 3 else "")
        lines.append(f"{len(left)} of the videos in {source} belong to no prompt: {names}")
    status: Status = "failed" if failed else "done" if found else "not available"
    return MethodRow(
        name=name,
        slug=folder.path.name,
        status=status,
        videos=len(folder.rows),
        reason="; ".join(lines) or None,
        fetch=HOW_TO_NAME if status == "not available" else None,
        external=True,
    )


def take_over(path: Path, target: Path) -> None:
    """Copy a video to the mp4 `target`; other formats are written anew, with even sides.

    Pictures whose folder does not tell their rate are shown at 6 a second; see `rate_of`.
    """
    if path.suffix.lower() == ".mp4":
        probe(path)  # whether it is a video
        with beside(target) as partial:
            shutil.copyfile(path, partial)
        return
    write_video(target, (_even(frame) for frame in read_frames(path)), rate_of(probe(path)))


def _files(video: Path) -> list[Path]:
    return picture_files(video) if video.is_dir() else [video]


def _even(frame: Frame) -> Frame:
    height, width = frame.shape[:2]
    return np.ascontiguousarray(frame[: height // 2 * 2, : width // 2 * 2])


def _metadata(folder: Path) -> dict[str, tuple[str, int | None]]:
    """Caption and seed by file name, of what other tools wrote: further keys are passed over."""
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    told = {}
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            seed, caption = row.get("seed"), caption_of(row)
            if caption is None:
                raise KeyError(" or ".join(CAPTION_KEYS))
            told[PurePosixPath(row["file_name"]).as_posix()] = (
                caption.strip(),
                None if seed is None else int(seed),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DatasetError(
                f"{path} line {number} is no record with file_name and caption: {error}"
            ) from error
    return told


def _beside(path: Path) -> str | None:
    text = path.with_name(f"{stem(path)}.txt")
    return _text(text).strip() if text.is_file() else None


def _text(path: Path) -> str:
    """What is no UTF-8 is no prompt of ours either."""
    return path.read_text(encoding="utf-8-sig", errors="replace")
