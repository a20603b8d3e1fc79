"""Methods of which there are only videos: Gen-2, Pika, or anything else."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from conclvd.compare.method_folder import MethodFolder
from conclvd.errors import MediaError
from conclvd.evaluate.captioned import Told, read_captions
from conclvd.evaluate.folder_videos import is_video, number_of, rate_of, seed_of, stem
from conclvd.evaluate.records import MethodRow, Status
from conclvd.files import sha256_of, whole
from conclvd.manifest import MANIFEST
from conclvd.tensors import Frame
from conclvd.video.probe import picture_files, probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video

HOW_TO_NAME: Final = (
    "name each video by the number of its prompt, 0000.mp4 for the first, or put its prompt beside "
    "it, 0000.txt or the caption in metadata.jsonl"
)


@dataclass(frozen=True)
class Found:
    """A video of somebody else's for prompt `index`. `seed` is that in its name or the metadata,
    None where neither tells one; `number` is it, or one that no other of this prompt has."""

    path: Path
    index: int
    seed: int | None
    number: int

    @property
    def target(self) -> str:
        """What its copy is called; what is not told as a seed does not look like one."""
        return f"{self.index:04d}-{'' if self.seed is None else 's'}{self.number}.mp4"


def find_external(folder: Path, prompts: Sequence[str]) -> tuple[list[Found], list[Path]]:
    """The videos in `folder`, folders of pictures among them, by prompt, and those without one.

    A video's prompt is told by its caption in `metadata.jsonl`, by a text file beside it, or by the
    number of four digits that its name begins with (0000 is the first prompt), in this order.
    """
    metadata = folder / MANIFEST
    told = (
        {one.file_name: one for one in read_captions(metadata, Told)} if metadata.is_file() else {}
    )
    places = {prompt: index for index, prompt in reversed(list(enumerate(prompts)))}

    def seed_told(path: Path) -> int | None:
        record = told.get(path.name)
        return seed_of(path) if record is None or record.seed is None else record.seed

    found, left = [], []
    taken: dict[int, set[int]] = defaultdict(set)
    videos = filter(is_video, folder.iterdir())
    # told seeds first, so that no running number takes one
    for path in sorted(videos, key=lambda path: (seed_told(path) is None, path)):
        record = told.get(path.name)
        caption = _beside(path) if record is None else record.caption
        index = places.get(caption) if caption is not None else number_of(path)
        if index is None or index >= len(prompts):
            left.append(path)
            continue
        own = seed_told(path)
        seed = None if own in taken[index] else own
        free = next(n for n in range(len(taken[index]) + 1) if n not in taken[index])
        number = free if seed is None else seed
        taken[index].add(number)
        found.append(Found(path, index, seed, number))
    return found, left


def compare_external(
    name: str, source: Path, prompts: Sequence[str], folder: MethodFolder
) -> MethodRow:
    """Take the videos of `source` over into a comparison; what came of it is the method's row."""
    found, left = find_external(source, prompts)
    asked = {v.target: (prompts[v.index], v.seed) for v in found}
    paths = [video.path for video in found]
    sums = [sha256_of(*picture_files(path) if path.is_dir() else [path]) for path in paths]
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
        with whole(target) as partial:
            shutil.copyfile(path, partial)
        return
    write_video(target, (_even(frame) for frame in read_frames(path)), rate_of(probe(path)))


def _even(frame: Frame) -> Frame:
    height, width = frame.shape[:2]
    return np.ascontiguousarray(frame[: height // 2 * 2, : width // 2 * 2])


def _beside(path: Path) -> str | None:
    text = path.with_name(f"{stem(path)}.txt")
    if not text.is_file():
        return None
    # what is no UTF-8 is no prompt of ours either
    return text.read_text(encoding="utf-8-sig", errors="replace").strip()
