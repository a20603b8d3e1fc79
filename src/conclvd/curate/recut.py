"""New clips for edits, cut out of the sources once more: split, merged.

Cutting a clip's own file again would lose a little at every edit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from conclvd.curate.bars import Crop
from conclvd.curate.clip_file import Span, write_clip
from conclvd.curate.cut import CUTS, CutRecord, read_cuts
from conclvd.curate.facts import BrokenVideo, measure
from conclvd.errors import DatasetError
from conclvd.files import sha256_of
from conclvd.lines import append_line
from conclvd.manifest import ClipRecord


def spans_of(folder: Path, record: ClipRecord) -> list[Span]:
    """What a clip is made of: its sources where these are still there, else the clip itself.

    Raises DatasetError when the clip cannot be read.
    """
    known = read_cuts(folder).get(record.file_name)
    if known and all(Path(span.path).is_file() for span in known):
        return list(known)
    path = folder / record.file_name
    try:
        facts = measure(path)
    except BrokenVideo as error:
        raise DatasetError(str(error)) from error
    crop = Crop(0, 0, facts.width, facts.height)
    whole = Span(path=str(path.resolve()), facts=facts, start=0, stop=facts.frames, crop=crop)
    return [whole]


def cut_again(
    folder: Path, record: ClipRecord, spans: Sequence[Span], last: ClipRecord
) -> ClipRecord:
    """Cut a new clip for an edit; `record` and `last` are those it begins and ends in.

    Raises DatasetError when a source cannot be read.
    """
    name = _name(record, spans)
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    try:
        width, height = write_clip(path, spans)
    except BrokenVideo as error:
        raise DatasetError(str(error)) from error
    append_line(folder / CUTS, CutRecord(file_name=name, spans=tuple(spans)))
    frames = sum(span.stop - span.start for span in spans)
    fps = spans[0].facts.fps
    changes: dict[str, object] = {
        "file_name": name,
        "caption": _both(record.caption, last.caption),
        "caption_zh": _both(record.caption_zh, last.caption_zh) or None,
        "tags": tuple(dict.fromkeys((*record.tags, *last.tags))),
        "reviewed_by": None,
        "attributes": None,  # what is known to be visible may be in one part alone
        "start": _moment(folder, record, spans[0], "start"),
        "end": _moment(folder, last, spans[-1], "stop"),
        "fps": fps,
        "frames": frames,
        "width": width,
        "height": height,
        "sha256": sha256_of(path),
    }
    return record.model_copy(update=changes)


def _moment(
    folder: Path, record: ClipRecord, span: Span, edge: Literal["start", "stop"]
) -> float | None:
    """When a span starts or stops in the source of a record whose clip it is a part of.

    None where that is unknown.
    """
    frame, fps = getattr(span, edge), span.facts.fps
    if _is_source(folder, record, span):
        return round(float(frame / fps), 6)
    place, told = (0, record.start) if edge == "start" else (-1, record.end)
    known = spans_of(folder, record)[place]
    if told is None or known.path != span.path:
        return None
    return round(told + float((frame - getattr(known, edge)) / fps), 6)


def _is_source(folder: Path, record: ClipRecord, span: Span) -> bool:
    """Whether the span is of the raw video, and not of a clip that stands in for it."""
    clips = (folder / "clips").resolve()
    return record.source_sha256 is not None and not Path(span.path).is_relative_to(clips)


def divided(spans: Sequence[Span], frame: int) -> tuple[list[Span], list[Span]]:
    """The spans before and from a frame on."""
    head: list[Span] = []
    tail: list[Span] = []
    for span in spans:
        count = span.stop - span.start
        at = span.start + max(0, min(frame, count))
        if at > span.start:
            head.append(span.model_copy(update={"stop": at}))
        if at < span.stop:
            tail.append(span.model_copy(update={"start": at}))
        frame -= count
    return head, tail


def _name(record: ClipRecord, spans: Sequence[Span]) -> str:
    """A new name, the same for the same pieces: splitting again makes the same file."""
    pieces = "".join(f"{span.path} {span.start} {span.stop};" for span in spans)
    digest = hashlib.sha256(pieces.encode()).hexdigest()[:8]
    stem = Path(record.file_name).stem.split("~")[0]
    return f"clips/{stem}~{spans[0].start:06d}-{spans[-1].stop:06d}-{digest}.mp4"


def _both(one: str | None, other: str | None) -> str:
    return " ".join(dict.fromkeys(filter(None, (one, other))))
