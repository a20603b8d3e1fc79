"""`conclvd dataset add`: note raw videos, their facts, origin and licence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from conclvd.curate.facts import measure
from conclvd.curate.source_file import SOURCES, UNKNOWN, SourceRecord, read_sources
from conclvd.errors import ConclvdError, DatasetError, MediaError
from conclvd.lines import append_line, parse
from conclvd.lock import writing
from conclvd.manifest import file_sum
from conclvd.workers import each

# what a folder is searched for; a file that is named is read whatever it is called
VIDEOS: Final = frozenset(
    {
        *(".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".gif", ".m2ts", ".m2v", ".m4v"),
        *(".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogm", ".ogv", ".qt", ".rm"),
        *(".rmvb", ".ts", ".vob", ".webm", ".wmv", ".y4m"),
    }
)


class Sidecar(BaseModel):
    """`VIDEO.json` beside a video: where it is from and the terms it may be used under."""

    model_config = ConfigDict(extra="forbid")

    source: str | None = None
    license: str | None = None


@dataclass(frozen=True)
class Added:
    """What happened to one file: `error` says why it was left out, None when it was added."""

    path: Path
    error: str | None
    license: str | None = None


def find_videos(paths: Iterable[Path]) -> list[Path]:
    """The files that are meant: those named, and all videos in the folders named, sorted.

    Hidden files are left out. Raises DatasetError for a name that is not there and for a folder
    without a video.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if _is_video(file, path))
            if not inside:
                raise DatasetError(f"there is no video in the folder {path}; name another")
            found.update(dict.fromkeys(file.resolve() for file in inside))
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
    report: Callable[[int, int], None] | None = None,
) -> list[Added]:
    """Note videos in `sources.jsonl`; returns what happened to each, in the order given.

    The sidecar `VIDEO.json` (keys `source` and `license`) of a file comes before `name` and
    `license`. A file whose content is noted already, and one that cannot be read, are left out,
    with the reason; the rest goes on. Raises DatasetError when the folder is in use or cannot be
    written to.
    """
    with writing(folder, "conclvd dataset add"):
        there = {record.sha256: record for record in read_sources(folder)}
        known = {record.path for record in there.values()}
        done: dict[Path, Added] = {}
        read = partial(_read, license=license, name=name)
        if report:
            report(0, len(videos))
        for path, found in each(read, videos, workers):
            if isinstance(found, str):
                done[path] = Added(path, found)
            elif found.sha256 in there:
                again = str(path) in known
                twin = there[found.sha256].path
                done[path] = Added(
                    path, "it is here already" if again else f"it has the same content as {twin}"
                )
            else:
                append_line(folder / SOURCES, found)
                there[found.sha256] = found
                known.add(found.path)
                done[path] = Added(path, None, found.license)
            if report:
                report(len(done), len(videos))
        return [done[path] for path in videos]


def _read(path: Path, license: str | None, name: str | None) -> tuple[Path, SourceRecord | str]:
    """A video's record, or why there is none."""
    try:
        beside = _sidecar(path)
        facts = measure(path)
        return path, SourceRecord(
            path=str(path),
            name=beside.source or name or path.name,
            license=beside.license or license or UNKNOWN,
            sha256=file_sum(path),
            bytes=path.stat().st_size,
            facts=facts,
        )
    except ConclvdError as error:
        return path, str(error)
    except (OSError, UnicodeError) as error:
        return path, str(MediaError(f"cannot read {path}: {error}"))


def _sidecar(path: Path) -> Sidecar:
    for name in (f"{path.name}.json", f"{path.stem}.json"):
        file = path.with_name(name)
        if file.is_file():
            return parse(file.read_text(encoding="utf-8"), Sidecar, str(file))
    return Sidecar()


def _is_video(file: Path, folder: Path) -> bool:
    parts: Iterator[str] = iter(file.relative_to(folder).parts)
    hidden = any(part.startswith(".") for part in parts)
    return not hidden and file.suffix.lower() in VIDEOS and file.is_file()
