"""The captions of a dataset while people write them.

Every edit names the version of each record that it was made on; one that has changed since is
refused, so that nobody overwrites what another wrote. An edit is in the history, on the disk,
before the manifest is written: a machine that goes down loses nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock

from conclvd.curate.bars import Crop
from conclvd.curate.clip_file import Span, write_clip
from conclvd.curate.cut import CUTS, CutRecord, read_cuts
from conclvd.curate.facts import BrokenVideo, measure
from conclvd.curate.history import HISTORY, Action, Edit
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.lines import append_line, read_lines
from conclvd.manifest import ClipRecord, file_sum, read_manifest, record_line, write_manifest


class Conflict(DatasetError):
    """Somebody else changed the record first."""


def version_of(record: ClipRecord) -> str:
    """A short name for exactly this state of a record."""
    return hashlib.sha256(record_line(record).encode()).hexdigest()[:16]


class Annotations:
    """One dataset folder that is being edited; hold its lock (`lock.writing`) around this.

    Methods may be called from several threads. They raise Conflict, InvalidRequest for an edit that
    makes no sense, DatasetError when the folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = RLock()
        self._records = read_manifest(folder)
        self._history = read_lines(folder / HISTORY, Edit)
        self._finish_last()

    @property
    def revision(self) -> int:
        """How many edits there have been."""
        return len(self._history)

    def records(self) -> tuple[ClipRecord, ...]:
        """All records, in order."""
        with self._lock:
            return tuple(self._records)

    def history(self) -> tuple[Edit, ...]:
        """All edits, oldest first."""
        with self._lock:
            return tuple(self._history)

    def save(
        self,
        name: str,
        version: str,
        by: str,
        *,
        caption: str,
        caption_zh: str | None,
        tags: Sequence[str],
        confirm: bool,
    ) -> ClipRecord:
        """Write captions and tags; `confirm` says that the person vouches for them."""
        with self._lock:
            place, record = self._current(name, version)
            plain = record.model_dump() | {
                "caption": caption.strip(),
                "caption_zh": (caption_zh or "").strip() or None,
                "tags": tuple(dict.fromkeys(tags)),
                "reviewed_by": by if confirm else None,
            }
            if confirm and not plain["caption"]:
                raise InvalidRequest("the English caption is empty; write one, or reject the clip")
            after = ClipRecord.model_validate(plain)
            self._apply("save", by, place, (record,), (after,))
            return after

    def suggest(
        self,
        name: str,
        version: str,
        model: str,
        *,
        caption: str | None = None,
        caption_zh: str | None = None,
    ) -> ClipRecord:
        """Note what a model would write, unreviewed; never over what is written or confirmed."""
        with self._lock:
            place, record = self._current(name, version)
            words = {"caption": caption, "caption_zh": caption_zh}
            given = {key: value.strip() for key, value in words.items() if value is not None}
            if record.reviewed_by or any((getattr(record, key) or "").strip() for key in given):
                raise Conflict(f"{name} has a caption already; a suggestion does not replace it")
            models = dict.fromkeys((*(record.suggested_by or "").split(", "), model))
            after = record.model_copy(
                update={**given, "suggested_by": ", ".join(filter(None, models))}
            )
            self._apply("suggest", model, place, (record,), (after,))
            return after

    def reject(self, name: str, version: str, by: str) -> None:
        """Take a clip out of the dataset; its file stays, so that undo can bring it back."""
        with self._lock:
            place, record = self._current(name, version)
            self._apply("reject", by, place, (record,), ())

    def split(self, name: str, version: str, by: str, frame: int) -> tuple[ClipRecord, ClipRecord]:
        """Cut a clip before `frame`, counted from 0; both parts keep captions, unreviewed."""
        with self._lock:
            place, record = self._current(name, version)
            spans = self._spans(record)
            count = sum(span.stop - span.start for span in spans)
            if not 0 < frame < count:
                raise InvalidRequest(
                    f"the clip has frames 0 to {count - 1} and was to be split at {frame}; choose "
                    "one in between"
                )
            head, tail = _divided(spans, frame)
            parts = self._made(record, head, record), self._made(record, tail, record)
            self._apply("split", by, place, (record,), parts)
            return parts

    def merge(self, name: str, version: str, by: str, next_version: str) -> ClipRecord:
        """Join a clip with the one after it; the captions of both, unreviewed."""
        with self._lock:
            place, record = self._current(name, version)
            if place + 1 >= len(self._records):
                raise InvalidRequest(f"{name} is the last clip; there is none to merge it with")
            other = self._records[place + 1]
            self._current(other.file_name, next_version)
            same = (record.origin, record.fps, record.width, record.height)
            if same != (other.origin, other.fps, other.width, other.height):
                raise InvalidRequest(
                    f"{name} and {other.file_name} differ in source, rate or size; only neighbours "
                    "of one source can be merged"
                )
            joined = self._made(record, [*self._spans(record), *self._spans(other)], other)
            self._apply("merge", by, place, (record, other), (joined,))
            return joined

    def undo(self, by: str) -> Edit:
        """Take back the person's last edit that is not undone; returns that edit."""
        with self._lock:
            undone = {edit.undoes for edit in self._history}
            mine = (
                edit
                for edit in reversed(self._history)
                if edit.by == by and edit.action != "undo" and edit.number not in undone
            )
            last = next(mine, None)
            if last is None:
                raise InvalidRequest("there is nothing of yours to undo")
            place = last.place
            if last.after:
                names = {record.file_name: at for at, record in enumerate(self._records)}
                for record in last.after:
                    at = names.get(record.file_name)
                    if at is None or self._records[at] != record:
                        raise Conflict(
                            f"{record.file_name} was changed after your edit; undo that first"
                        )
                place = names[last.after[0].file_name]
            place = min(place, len(self._records))
            self._apply("undo", by, place, last.after, last.before, last.number)
            return last

    # --- inside ----------------------------------------------------------------------------------

    def _current(self, name: str, version: str) -> tuple[int, ClipRecord]:
        for place, record in enumerate(self._records):
            if record.file_name == name:
                if version_of(record) != version:
                    raise Conflict(f"{name} was changed {self._by_whom(name)} since you opened it")
                return place, record
        raise Conflict(f"{name} was removed {self._by_whom(name)} since you opened it")

    def _by_whom(self, name: str) -> str:
        for edit in reversed(self._history):
            if any(record.file_name == name for record in (*edit.before, *edit.after)):
                return f"by {edit.by}"
        return "by somebody"

    def _apply(
        self,
        action: Action,
        by: str,
        place: int,
        before: tuple[ClipRecord, ...],
        after: tuple[ClipRecord, ...],
        undoes: int | None = None,
    ) -> None:
        edit = Edit(
            number=len(self._history) + 1,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            by=by,
            action=action,
            place=place,
            before=before,
            after=after,
            undoes=undoes,
        )
        append_line(self.folder / HISTORY, edit)
        self._history.append(edit)
        self._replace(edit)
        write_manifest(self.folder, self._records)

    def _replace(self, edit: Edit) -> None:
        self._records[edit.place : edit.place + len(edit.before)] = edit.after

    def _finish_last(self) -> None:
        """Write the manifest if the machine went down between the history and it."""
        if not self._history:
            return
        last = self._history[-1]
        there = tuple(self._records[last.place : last.place + len(last.before)])
        listed = {record.file_name for record in self._records}
        missing = any(record not in self._records for record in last.after)
        brought = {record.file_name for record in last.after} - {r.file_name for r in last.before}
        if there == last.before and (missing or not last.after) and not brought & listed:
            self._replace(last)
            write_manifest(self.folder, self._records)

    def _spans(self, record: ClipRecord) -> list[Span]:
        """What a clip is made of: its sources where these are still there, else the clip itself."""
        known = read_cuts(self.folder).get(record.file_name)
        if known and all(Path(span.path).is_file() for span in known):
            return list(known)
        path = self.folder / record.file_name
        try:
            facts = measure(path)
        except BrokenVideo as error:
            raise DatasetError(str(error)) from error
        crop = Crop(0, 0, facts.width, facts.height)
        whole = Span(path=str(path.resolve()), facts=facts, start=0, stop=facts.frames, crop=crop)
        return [whole]

    def _made(self, record: ClipRecord, spans: list[Span], last: ClipRecord) -> ClipRecord:
        """Cut a new clip for an edit; `record` and `last` are those it begins and ends in."""
        name = _name(record, spans)
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        try:
            width, height = write_clip(path, spans)
        except BrokenVideo as error:
            raise DatasetError(str(error)) from error
        append_line(self.folder / CUTS, CutRecord(file_name=name, spans=tuple(spans)))
        frames = sum(span.stop - span.start for span in spans)
        fps = spans[0].facts.fps
        changes: dict[str, object] = {
            "file_name": name,
            "caption": _both(record.caption, last.caption),
            "caption_zh": _both(record.caption_zh, last.caption_zh) or None,
            "tags": tuple(dict.fromkeys((*record.tags, *last.tags))),
            "reviewed_by": None,
            "attributes": None,  # what is known to be visible may be in one part alone
            "start": None,
            "end": None,
            "fps": fps,
            "frames": frames,
            "width": width,
            "height": height,
            "sha256": file_sum(path),
        }
        if record.source_sha256 is not None:
            changes["start"] = round(float(spans[0].start / fps), 6)
            changes["end"] = round(float(spans[-1].stop / fps), 6)
        return record.model_copy(update=changes)


def _divided(spans: Sequence[Span], frame: int) -> tuple[list[Span], list[Span]]:
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
