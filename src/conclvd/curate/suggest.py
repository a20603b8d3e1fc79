"""`conclvd dataset suggest`: captions by a model, for people to confirm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from conclvd.curate.annotations import Annotations, version_of
from conclvd.curate.captioner import Captioner, Language
from conclvd.curate.check import outside
from conclvd.curate.facts import BrokenVideo, measure, pictures
from conclvd.lock import writing
from conclvd.manifest import ClipRecord, read_manifest
from conclvd.tensors import Frame


@dataclass(frozen=True)
class Suggested:
    """How many captions were written, and the clips left out with the reason."""

    written: int
    left_out: tuple[str, ...]


def suggest_captions(
    folder: Path,
    captioner: Captioner,
    *,
    language: Language = "en",
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Suggested:
    """Write a caption, unreviewed, for every clip that has none in this language.

    The model sees the clip's middle frame. What a person wrote or confirmed stays as it is; every
    suggestion is an entry of the history. Stopping keeps what is written, and the same call goes
    on. `report` gets the clips that need nothing and all. Raises DatasetError when the folder is in
    use, or cannot be read or written.
    """
    read_manifest(folder)  # whoever names a wrong folder is told so, and gets no lock in it
    with writing(folder, "conclvd dataset suggest"):
        notes = Annotations(folder)
        records = notes.records()
        waiting = [record for record in records if needs_caption(record, language)]
        there = len(records) - len(waiting)
        left: list[str] = []
        report(there, len(records))
        for done, record in enumerate(waiting, 1):
            problem = _suggest(notes, record, captioner, language)
            if problem:
                left.append(f"{record.file_name}: {problem}")
            report(there + done, len(records))
        return Suggested(len(waiting) - len(left), tuple(left))


def needs_caption(record: ClipRecord, language: Language) -> bool:
    """Whether a clip has no caption in the language, and nobody has reviewed it."""
    caption = record.caption if language == "en" else record.caption_zh
    return record.reviewed_by is None and not (caption or "").strip()


def _suggest(
    notes: Annotations, record: ClipRecord, captioner: Captioner, language: Language
) -> str | None:
    problem = outside(notes.folder, record.file_name)
    if problem:
        return problem
    try:
        caption = captioner(middle_frame(notes.folder / record.file_name))
    except BrokenVideo as error:
        return str(error)
    if not caption:
        return f"{captioner.name} had nothing to say"
    words = {"caption": caption} if language == "en" else {"caption_zh": caption}
    notes.suggest(record.file_name, version_of(record), captioner.name, **words)
    return None


def middle_frame(path: Path) -> Frame:
    """The frame half-way through a clip, uint8 [h w 3] RGB, upright. Raises BrokenVideo."""
    facts = measure(path)
    for _, frame in pictures(path, facts, facts.frames // 2):
        shown: Frame = np.rot90(frame.to_ndarray(format="rgb24"), facts.rotation // 90)
        return np.ascontiguousarray(shown)
    raise BrokenVideo(f"{path} ends before its middle; it may be broken")
