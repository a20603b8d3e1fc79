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
from typing import Final

from conclvd.curate.history import HISTORY, Action, Edit
from conclvd.curate.recut import cut_again, divided, spans_of
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.lines import append_line, read_lines
from conclvd.manifest import ClipRecord, read_manifest, record_line, write_manifest


class Conflict(DatasetError):
    """Somebody else changed the record first."""


def version_of(record: ClipRecord) -> str:
    """A short name for exactly this state of a record."""
    return hashlib.sha256(record_line(record).encode()).hexdigest()[:16]


# what commands write about a whole source, which is nobody's edit
_NO_EDIT: Final = ("split", "license", "source")


def _with(record: ClipRecord, now: ClipRecord) -> ClipRecord:
    """A record with what `split` and `add` have said of its source since, as `now` has it."""
    return record.model_copy(update={name: getattr(now, name) for name in _NO_EDIT})


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
            spans = spans_of(self.folder, record)
            count = sum(span.stop - span.start for span in spans)
            if not 0 < frame < count:
                raise InvalidRequest(
                    f"the clip has frames 0 to {count - 1} and was to be split at {frame}; choose "
                    "one in between"
                )
            head, tail = (
                cut_again(self.folder, record, part, record) for part in divided(spans, frame)
            )
            self._apply("split", by, place, (record,), (head, tail))
            return head, tail

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
            both = [*spans_of(self.folder, record), *spans_of(self.folder, other)]
            joined = cut_again(self.folder, record, both, other)
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
            now = tuple(self._still(record) for record in last.after)
            back = tuple(self._as_of_now(record, now) for record in last.before)
            place, before = min(last.place, len(self._records)), now
            if now:  # what came back in between stays, behind
                places = [self._records.index(record) for record in now]
                place = min(places)
                before = tuple(self._records[place : max(places) + 1])
                back += tuple(record for record in before if record not in now)
            self._apply("undo", by, place, before, back, last.number)
            return last

    # --- inside ----------------------------------------------------------------------------------

    def _current(self, name: str, version: str) -> tuple[int, ClipRecord]:
        for place, record in enumerate(self._records):
            if record.file_name == name:
                if version_of(record) != version:
                    raise Conflict(f"{name} was changed {self._by_whom(name)} since you opened it")
                return place, record
        raise Conflict(f"{name} was removed {self._by_whom(name)} since you opened it")

    def _still(self, record: ClipRecord) -> ClipRecord:
        """A record as it is now; Conflict when its words were edited since."""
        for found in self._records:
            if found.file_name == record.file_name and _with(record, found) == found:
                return found
        raise Conflict(f"{record.file_name} was changed after your edit; undo that first")

    def _as_of_now(self, record: ClipRecord, now: Sequence[ClipRecord]) -> ClipRecord:
        """A record that comes back, with what is said now of its source."""
        alike = (found for found in self._records if found.origin == record.origin)
        return _with(record, next(iter(now), None) or next(alike, record))

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
