"""Make a study: match the videos, copy them under random names, write the plan."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from conclvd.errors import InvalidRequest, MediaError
from conclvd.evaluate.folder_videos import rate_of
from conclvd.files import leftovers, sweep, whole_folder
from conclvd.study.matching import Match, match
from conclvd.study.methods import read_methods
from conclvd.study.plan import PLAN, Item, Mode, Plan
from conclvd.tensors import Frame
from conclvd.video.probe import VideoInfo, probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video

VIDEOS: Final = "videos"


def create_study(
    folder: Path,
    videos: Sequence[str],
    *,
    prompts: Path | None = None,
    mode: Mode = "pairs",
    questions: int = 30,
    checks: int = 3,
    size: tuple[int, int] | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """Make the study folder, whole or not at all.

    `videos` are NAME=FOLDER, or folders with one folder a method. Every video is decoded and
    encoded alike, without sound and without what is embedded in it, so that neither the file nor
    its quality tells the method; `size`, (width, height), scales all to cover it and crops the
    rest. Pictures whose folder does not tell their rate are shown at 6 a second; see `rate_of`.
    Raises InvalidRequest, DatasetError, MediaError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidRequest(f"{folder} is there already and is no study; choose a new folder")
    if size is not None and (size[0] % 2 or size[1] % 2):
        raise InvalidRequest(f"{size[0]}x{size[1]} has an odd side; H.264 needs even ones")
    methods, left_out = read_methods(videos)
    if mode == "ratings" and questions < len(methods):
        raise InvalidRequest(
            f"--questions is {questions}; ratings need at least {len(methods)}, one a method"
        )
    matches, unmatched = match(methods, prompts)
    usable, infos = _readable(matches, left_out := [*left_out, *unmatched])
    if not usable:
        told = f", such as {left_out[0]}" if left_out else ""
        raise InvalidRequest(
            f"no prompt has a video of every method that can be read{told}; videos belong together "
            "by the text of their prompts"
        )
    size = size or _common_size(usable, infos)
    sweep(leftovers(folder))
    with whole_folder(folder) as partial:
        items = _copy(usable, infos, size, partial, left_out, report)
        plan = Plan(
            mode=mode,
            questions=questions,
            checks=checks,
            seed=secrets.randbits(32),
            width=size[0],
            height=size[1],
            methods=tuple(method.name for method in methods),
            items=items,
            left_out=tuple(left_out),
        )
        (partial / PLAN).write_text(plan.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return plan


def _copy(
    matches: Sequence[Match],
    infos: dict[Path, VideoInfo],
    size: tuple[int, int],
    folder: Path,
    left_out: list[str],
    report: Callable[[int, int], None],
) -> tuple[Item, ...]:
    """Copies of all videos that can be read to their end; what cannot is left out, in words."""
    (folder / VIDEOS).mkdir()
    items = []
    for number, found in enumerate(matches):
        report(number, len(matches))
        try:
            items.append(_copied(found, infos, size, folder / VIDEOS))
        except MediaError as error:
            left_out.append(f"{found.prompt!r}: {error}")
    report(len(matches), len(matches))
    if not items:
        raise InvalidRequest(f"no video could be read to its end: {left_out[-1]}")
    return tuple(items)


def _readable(
    matches: Sequence[Match], left_out: list[str]
) -> tuple[list[Match], dict[Path, VideoInfo]]:
    """The matches whose videos can all be read, and what these say of themselves."""
    usable = []
    infos: dict[Path, VideoInfo] = {}
    for found in matches:
        try:
            infos |= {path: probe(path) for path in found.files.values()}
        except MediaError as error:
            left_out.append(f"{found.prompt!r}: {error}")
        else:
            usable.append(found)
    return usable, infos


def _common_size(matches: Sequence[Match], infos: dict[Path, VideoInfo]) -> tuple[int, int]:
    """The one size of all videos, made even for H.264."""
    sizes: dict[tuple[int, int], str] = {}
    for found in matches:
        for method, path in found.files.items():
            sizes.setdefault((infos[path].width, infos[path].height), method)
    if len(sizes) > 1:
        told = ", ".join(f"{method} {width}x{height}" for (width, height), method in sizes.items())
        raise InvalidRequest(
            f"the videos differ in size ({told}), which would tell the methods apart; give --size "
            "WIDTHxHEIGHT to scale and crop all to one"
        )
    ((width, height),) = sizes
    return width - width % 2, height - height % 2


def _copied(
    found: Match, infos: dict[Path, VideoInfo], size: tuple[int, int], folder: Path
) -> Item:
    ids = {method: secrets.token_hex(8) for method in found.files}
    try:
        for method, path in found.files.items():
            frames = (_fitted(frame, size) for frame in _all_frames(path, infos[path].frames))
            write_video(folder / f"{ids[method]}.mp4", frames, rate_of(infos[path]))
    except MediaError:
        for name in ids.values():
            (folder / f"{name}.mp4").unlink(missing_ok=True)
        raise
    return Item(
        prompt=found.prompt,
        prompt_zh=found.prompt_zh,
        videos=ids,
        by_prompt_alone=found.by_prompt_alone,
    )


def _all_frames(path: Path, count: int) -> Iterator[Frame]:
    """The frames; MediaError when there are fewer than the file says."""
    left = count
    for frame in read_frames(path):
        left -= 1
        yield frame
    if left > 0:
        raise MediaError(f"cannot read {path} to its end: {left} of {count} frames are missing")


def _fitted(frame: Frame, size: tuple[int, int]) -> Frame:
    """Scaled to cover (width, height) and cropped in the middle."""
    width, height = size
    rows, columns = frame.shape[:2]
    if abs(rows - height) > 1 or abs(columns - width) > 1:  # 1: an odd side made even
        scale = max(width / columns, height / rows)
        wide, high = max(width, round(columns * scale)), max(height, round(rows * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        frame = cv2.resize(frame, (wide, high), interpolation=how).astype(np.uint8, copy=False)
    top, left = (frame.shape[0] - height) // 2, (frame.shape[1] - width) // 2
    return frame[top : top + height, left : left + width]
