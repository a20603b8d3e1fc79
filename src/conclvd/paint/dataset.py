"""Paint a dataset folder: mp4 clips with exact captions, on all cores, resumable."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final

from conclvd import __version__
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.files import make_folder, sha256_of, sweep
from conclvd.manifest import (
    MANIFEST,
    ClipRecord,
    append_record,
    read_manifest,
    write_manifest,
)
from conclvd.workers import each

_CLIPS: Final = "clips"
_SOURCE: Final = f"conclvd painter {__version__}"

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class PaintSettings:
    """What all clips of a painted dataset share.

    `width` and `height` are in pixels, both even (the clips are H.264 in yuv420p), `frames` a clip,
    `fps` in frames per second. Clip i is painted from the seed `seed` + i. Raises InvalidRequest.
    """

    width: int
    height: int
    frames: int
    fps: Fraction
    seed: int

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 16:
            raise InvalidRequest(
                f"the size is {self.width}x{self.height}; choose even sides of at least 16 pixels"
            )
        if self.frames < 1:
            raise InvalidRequest(f"frames is {self.frames}; choose 1 or more")
        if self.fps <= 0:
            raise InvalidRequest(f"fps is {self.fps}; choose more than 0")
        if self.seed < 0:
            raise InvalidRequest(f"seed is {self.seed}; choose 0 or more")


def paint_dataset(
    folder: Path,
    count: int,
    settings: PaintSettings,
    *,
    workers: int | None = None,
    report: Report | None = None,
) -> int:
    """Paint clips 0 to `count` - 1 into the folder; returns how many were painted now.

    Clips that are there and whole are kept, so that the same call goes on where an interrupted one
    stopped, and a larger `count` extends a dataset; the folder then holds, byte for byte, what one
    run would have made. `workers` processes paint (None: one a core); 1 paints in this process.
    `report` is called with the clips there are and `count`, at the start and after every clip.
    Raises InvalidRequest for a count below 1, DatasetError for a folder painted with other
    settings, MediaError when a clip cannot be written. Ctrl-C waits for the clips in work.
    """
    if count < 1:
        raise InvalidRequest(f"count is {count}; choose 1 or more")
    make_folder(folder / _CLIPS, DatasetError)
    sweep(folder.rglob(".*"))
    kept = _kept(folder, settings)
    missing = [index for index in range(count) if _name(index) not in kept]
    there = count - len(missing)
    if report:
        report(there, count)
    paint = partial(paint_record, folder, settings=settings)
    for done, record in enumerate(each(paint, missing, workers), 1):
        append_record(folder, record)
        if report:
            report(there + done, count)
    if missing:
        write_manifest(folder, sorted(read_manifest(folder), key=lambda record: record.file_name))
    return len(missing)


def paint_record(folder: Path, index: int, settings: PaintSettings) -> ClipRecord:
    """Paint one clip into its file, and describe it."""
    from conclvd.paint.clip import paint_clip
    from conclvd.video.write import write_video

    seed = settings.seed + index
    clip = paint_clip(
        seed,
        frames=settings.frames,
        width=settings.width,
        height=settings.height,
        fps=float(settings.fps),
    )
    about = {"source": _SOURCE, "seed": seed, "text": clip.caption_en, "text_zh": clip.caption_zh}
    path = folder / _name(index)
    # one encoding thread: the bytes of a file depend on their number
    write_video(
        path,
        clip.frames,
        settings.fps,
        metadata=json.dumps(about, ensure_ascii=False),
        threads=1,
    )
    return ClipRecord(
        file_name=_name(index),
        caption=clip.caption_en,
        caption_zh=clip.caption_zh,
        attributes=clip.attributes.to_dict(),
        seed=seed,
        source=_SOURCE,
        fps=settings.fps,
        frames=settings.frames,
        width=settings.width,
        height=settings.height,
        sha256=sha256_of(path),
    )


# --- what is there already -------------------------------------------------------------------


def _kept(folder: Path, settings: PaintSettings) -> set[str]:
    """The clips that are whole; the manifest is rid of all others."""
    if not (folder / MANIFEST).exists():
        return set()
    records = read_manifest(folder)
    for record in records:
        _check_same(folder, record, settings)
    whole = [record for record in records if _is_whole(folder, record)]
    if len(whole) < len(records):
        write_manifest(folder, whole)
    return {record.file_name for record in whole}


def _check_same(folder: Path, record: ClipRecord, settings: PaintSettings) -> None:
    """DatasetError, with the setting's name, for a clip that these settings would not paint."""
    number = Path(record.file_name).stem
    if not number.isdigit() or record.file_name != _name(int(number)):
        raise DatasetError(
            f"{folder} holds {record.file_name}, which is no painted clip; choose a new folder"
        )
    expected = {
        "size": (f"{record.width}x{record.height}", f"{settings.width}x{settings.height}"),
        "frames": (record.frames, settings.frames),
        "fps": (record.fps, settings.fps),
        "seed": (None if record.seed is None else record.seed - int(number), settings.seed),
        "painter": (record.source, _SOURCE),
    }
    for name, (found, asked) in expected.items():
        if found != asked:
            raise DatasetError(
                f"{folder} was painted with {name} {found}, and {asked} is asked for; choose "
                "another folder or the same settings"
            )


def _is_whole(folder: Path, record: ClipRecord) -> bool:
    path = folder / record.file_name
    return path.is_file() and sha256_of(path) == record.sha256


def _name(index: int) -> str:
    return f"{_CLIPS}/{index:06d}.mp4"
