"""`conclvd dataset add`: note raw videos, their facts, origin and licence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from conclvd.curate.cut import CUTS, CutRecord
from conclvd.curate.facts import measure
from conclvd.curate.source_file import SOURCES, UNKNOWN, SourceRecord, read_sources
from conclvd.errors import ConclvdError, DatasetError, MediaError
from conclvd.files import read_text, sha256_of
from conclvd.lines import Record, append_line, parse, read_lines, write_lines
from conclvd.lock import writing
from conclvd.manifest import MANIFEST, ClipRecord, read_manifest, write_manifest
from conclvd.video.formats import VIDEO_SUFFIXES
from conclvd.workers import each

# what a folder is searched for; a file that is named is read whatever it is called
VIDEOS: Final = frozenset(VIDEO_SUFFIXES) - {".webp"}  # which FFmpeg cannot show moving
Correction = tuple[SourceRecord, SourceRecord]  # of one source, before and after


class Sidecar(Record):
    """`VIDEO.json` beside a video: where it is from and the terms it may be used under."""

    source: str | None = None
    license: str | None = None


@dataclass(frozen=True)
class Added:
    """What happened to one file: `error` says why it was left out, None when it was not.

    `corrected` says that it was here before, and that its place, origin or licence is now another.
    """

    path: Path
    error: str | None
    license: str | None = None
    corrected: bool = False


def find_videos(paths: Iterable[Path], dataset: Path) -> list[Path]:
    """The files that are meant: those named, and all videos in the folders named, sorted.

    Hidden files and the clips of `dataset` are left out: they are no sources. Raises DatasetError
    for a name that is not there and for a folder without a video.
    """
    own = dataset.resolve() / "clips"
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            videos = (file.resolve() for file in path.rglob("*") if _is_video(file, path))
            inside = sorted(file for file in videos if not file.is_relative_to(own))
            if not inside:
                raise DatasetError(f"there is no video in the folder {path}; name another")
            found.update(dict.fromkeys(inside))
        elif path.is_file():
            found[path.resolve()] = None
        else:
            raise DatasetError(f"there is no file or folder {path}; check the name")
    return list(found)


def add_sources(
    folder: Path,
    videos: list[Path],
    *,
    license: str | None = None,
    name: str | None = None,
    workers: int | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> list[Added]:
    """Note videos in `sources.jsonl`; returns what happened to each, in the order given.

    The sidecar `VIDEO.json` (keys `source` and `license`) of a file comes before `name` and
    `license`. A file whose content is noted already, and one that cannot be read, are left out,
    with the reason; the rest goes on. A noted file for which another origin or licence is given
    now, or that has moved, is corrected, in its clips as well. Raises DatasetError when the folder
    is in use or cannot be written to.
    """
    with writing(folder, "conclvd dataset add"):
        noted = _Noted(folder)
        done: list[Added] = []
        waiting: dict[Path, SourceRecord | str] = {}
        known = {record.path: record for record in noted.records.values()}
        files = [(path, known.get(str(path))) for path in videos]
        look = partial(_read, license=license, name=name)
        report(0, len(videos))
        for path, found in each(look, files, workers):
            waiting[path] = found
            report(len(done) + len(waiting), len(videos))
            # in the order given: of two that are the same, the first is meant
            while len(done) < len(videos) and videos[len(done)] in waiting:
                first = videos[len(done)]
                done.append(noted.take(first, waiting.pop(first), license, name))
        noted.finish()
        return done


class _Noted:
    """The sources that are noted, and what is noted anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.records = {record.sha256: record for record in read_sources(folder)}
        self._corrected: list[Correction] = []

    def take(
        self, path: Path, found: SourceRecord | str, license: str | None, name: str | None
    ) -> Added:
        """Note one file, or correct what is noted of it."""
        if isinstance(found, str):
            return Added(path, found)
        before = self.records.get(found.sha256)
        if before is None:
            append_line(self._folder / SOURCES, found)
            self.records[found.sha256] = found
            return Added(path, None, found.license)
        if before.path != found.path and Path(before.path).is_file():
            return Added(path, f"it has the same content as {before.path}")
        beside = _sidecar(path)
        told = {"license": beside.license or license, "name": beside.source or name}
        changes = {key: value for key, value in told.items() if value}
        same = before.model_copy(update={"modified_ns": found.modified_ns})
        after = same.model_copy(update={"path": found.path, **changes})
        if after != before:
            self.records[found.sha256] = after
            self._corrected.append((before, after))
        if after == same:
            return Added(path, "it is here already", before.license)
        return Added(path, None, after.license, corrected=True)

    def finish(self) -> None:
        """Write what was corrected: the clips first, so that stopping in between loses nothing."""
        if self._corrected:
            _correct_clips(self._folder, self._corrected)
            write_lines(self._folder / SOURCES, self.records.values())


def _read(
    file: tuple[Path, SourceRecord | None], license: str | None, name: str | None
) -> tuple[Path, SourceRecord | str]:
    """A video's record, or why there is none; what is noted when it has not changed since."""
    path, noted = file
    try:
        str(path).encode()  # what is no Unicode cannot be noted
        beside = _sidecar(path)
        state = path.stat()
        if noted and (noted.bytes, noted.modified_ns) == (state.st_size, state.st_mtime_ns):
            return path, noted
        facts = measure(path)
        return path, SourceRecord(
            path=str(path),
            name=beside.source or name or path.name,
            license=beside.license or license or UNKNOWN,
            sha256=sha256_of(path),
            bytes=state.st_size,
            modified_ns=state.st_mtime_ns,
            facts=facts,
        )
    except ConclvdError as error:
        return path, str(error)
    except UnicodeEncodeError:
        return path, "its name is not in UTF-8; rename it"
    except (OSError, UnicodeError) as error:
        return path, str(MediaError(f"cannot read {path}: {error}"))


def _sidecar(path: Path) -> Sidecar:
    for name in (f"{path.name}.json", f"{path.stem}.json"):
        file = path.with_name(name)
        if file.is_file():
            return parse(read_text(file), Sidecar, str(file))
    return Sidecar()


def _is_video(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and file.suffix.lower() in VIDEOS and file.is_file()


def _correct_clips(folder: Path, corrections: Sequence[Correction]) -> None:
    """Let clips say the origin and licence that their sources have now, and find these."""
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
