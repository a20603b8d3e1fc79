"""What is known better of a source is known better of its clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conclvd.curate.cut import CUTS, CutRecord
from conclvd.curate.source_file import SourceRecord
from conclvd.lines import read_lines, write_lines
from conclvd.manifest import MANIFEST, ClipRecord, read_manifest, write_manifest

Correction = tuple[SourceRecord, SourceRecord]  # of one source, before and after


def correct_clips(folder: Path, corrections: Sequence[Correction]) -> None:
    """Let clips say the origin and licence that their sources have now, and find these.

    Raises DatasetError when the folder cannot be read or written.
    """
    after = {new.sha256: new for _, new in corrections}
    if (folder / MANIFEST).exists():
        write_manifest(folder, [_corrected(record, after) for record in read_manifest(folder)])
    moved = {old.path: new.path for old, new in corrections if old.path != new.path}
    if moved:
        cuts = read_lines(folder / CUTS, CutRecord)
        write_lines(folder / CUTS, [_found(cut, moved) for cut in cuts])


def _corrected(record: ClipRecord, after: dict[str, SourceRecord]) -> ClipRecord:
    source = after.get(record.source_sha256 or "")
    if source is None:
        return record
    return record.model_copy(update={"source": source.name, "license": source.license})


def _found(cut: CutRecord, moved: dict[str, str]) -> CutRecord:
    spans = [
        span.model_copy(update={"path": moved.get(span.path, span.path)}) for span in cut.spans
    ]
    return cut.model_copy(update={"spans": tuple(spans)})
