"""`conclvd dataset import`: other layouts become a dataset folder."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from conclvd.curate.add import VIDEOS
from conclvd.curate.check import outside
from conclvd.curate.facts import BrokenVideo, measure
from conclvd.curate.new_folder import new_folder
from conclvd.errors import DatasetError
from conclvd.files import read_text, sha256_of
from conclvd.lines import parse, parse_object
from conclvd.manifest import MANIFEST, ClipRecord, manifest_lines, write_manifest

# what a record has, by its names of today and of schema version 1
_KNOWN: Final = frozenset({*ClipRecord.model_fields, "text", "text_zh"})


class Imported(NamedTuple):
    """The number of clips; for each that was left out, why; columns that no record has."""

    clips: int
    left: list[str]
    columns: list[str]


def import_dataset(
    source: Path, out: Path, *, videos: Path | None = None, report: Callable[[int], object]
) -> Imported:
    """Make the new dataset folder `out` of another layout, told by what `source` is.

    A folder with `metadata.jsonl`, or with folders that have one (videofolder); a folder of tar
    shards (WebDataset); a CSV file with the columns videoid and name (AnimateDiff, CLV-HD), its
    files in `videos` or the folder `videos` beside it; a folder of videos, each with its caption in
    a .txt file. Columns that others have and records do not are left out. `report` gets how many
    clips were looked at. Raises DatasetError.
    """
    left: list[str] = []
    columns: dict[str, None] = {}
    with new_folder(out) as partial:
        (partial / "clips").mkdir()
        records: list[ClipRecord] = []
        for place, (origin, known) in enumerate(_found(source, videos, partial)):
            try:
                columns.update(dict.fromkeys(known.keys() - _KNOWN))
                said = {key: value for key, value in known.items() if key in _KNOWN}
                records.append(_taken(origin, partial, place, said))
            except (DatasetError, BrokenVideo) as error:
                left.append(str(error))
            report(place + 1)
        if not records:
            reason = "it holds no video; name a CSV file itself, not its folder"
            raise DatasetError(f"{source} has no clip to import: {left[0] if left else reason}")
        for member in partial.glob(".member*"):
            member.unlink()
        write_manifest(partial, records)
    return Imported(len(records), left, sorted(columns))


_Found = Iterator[tuple[Path | DatasetError, dict[str, Any]]]


def _found(source: Path, videos: Path | None, scratch: Path) -> _Found:
    if source.is_file() and source.suffix.lower() == ".csv":
        return _rows(source, videos or source.with_name("videos"))
    if not source.is_dir():
        raise DatasetError(f"there is no folder or CSV file {source}; check the name")
    manifests = sorted([*source.glob(MANIFEST), *source.glob(f"*/{MANIFEST}")])
    if manifests:
        return _listed(source, [path.parent for path in manifests])
    shards = sorted(source.glob("*.tar"))
    return _tarred(shards, scratch) if shards else _pairs(source)


def _listed(source: Path, folders: list[Path]) -> _Found:
    for folder in folders:
        seen: set[str] = set()
        for where, line in manifest_lines(folder):
            try:
                record, others = _record(line, where)
            except DatasetError as error:
                yield error, {}
                continue
            name, path = record.file_name, folder / record.file_name
            problem = "is listed twice" if name in seen else outside(folder, name)
            seen.add(name)
            known = record.model_dump(mode="json", exclude={"file_name"}, exclude_none=True)
            if folder != source:
                known["split"] = folder.name
            yield (DatasetError(f"{path}: {problem}") if problem else path), others | known


def _record(line: str, where: str) -> tuple[ClipRecord, dict[str, Any]]:
    """A line's record, and what it has beside: others write what they like."""
    plain = parse_object(line, where)
    others = {key: value for key, value in plain.items() if key not in _KNOWN}
    known = {key: value for key, value in plain.items() if key in _KNOWN}
    return parse(json.dumps(known), ClipRecord, where), others


def _rows(path: Path, videos: Path) -> _Found:
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""))
    if not {"videoid", "name"} <= set(rows.fieldnames or ()):
        raise DatasetError(f"{path} has no columns videoid and name; found {rows.fieldnames}")
    for row in rows:
        name = f"{row['videoid']}.mp4"
        problem = outside(videos, name)
        error_there = DatasetError(f"{path} line {rows.line_num}: {name}: {problem}")
        yield (error_there if problem else videos / name), {"caption": row["name"] or ""}


def _pairs(source: Path) -> _Found:
    for path in sorted(source.iterdir()):
        if path.suffix.lower() in VIDEOS and path.is_file() and not path.name.startswith("."):
            text = path.with_suffix(".txt")
            if not text.is_file():
                yield DatasetError(f"{path} has no caption; write it into {text.name}"), {}
                continue
            try:
                yield path, {"caption": read_text(text).strip()}
            except DatasetError as error:
                yield error, {}


def _tarred(shards: list[Path], scratch: Path) -> _Found:
    for shard in shards:
        try:
            with tarfile.open(shard) as file:
                yield from _members(file, shard, scratch)
                if not _is_whole(file):
                    files = len(file.getmembers())
                    yield DatasetError(f"{shard} breaks off after {files} files"), {}
        except (tarfile.TarError, EOFError) as error:
            yield DatasetError(f"cannot read {shard}: {error}"), {}


def _is_whole(file: tarfile.TarFile) -> bool:
    """Whether an archive that was read ends as one: tarfile takes what breaks off for the end."""
    assert file.fileobj is not None
    file.fileobj.seek(file.offset)
    return file.fileobj.read(tarfile.BLOCKSIZE) == bytes(tarfile.BLOCKSIZE)


def _members(file: tarfile.TarFile, shard: Path, scratch: Path) -> _Found:
    """Samples of a shard: neighbouring members whose names begin alike."""
    key: str | None = None
    known: dict[str, Any] = {}
    video: Path | DatasetError | None = None
    for member in file:
        name = PurePosixPath(member.name)
        content = file.extractfile(member) if member.isfile() else None
        if content is None:
            continue
        stem = str(name.parent / name.name.split(".", 1)[0])
        if stem != key:
            if key is not None:
                yield video or _no_video(shard, key), known
            key, known, video = stem, {}, None
        if name.suffix in (".json", ".txt"):
            try:
                known |= _words(name.suffix, content.read(), known)
            except ValueError as error:
                video = DatasetError(f"{shard}: {member.name} cannot be read: {error}")
        elif name.suffix.lower() in VIDEOS and not isinstance(video, DatasetError):
            video = scratch / f".member{name.suffix}"
            with video.open("wb") as target:
                shutil.copyfileobj(content, target)
    if key is not None:
        yield video or _no_video(shard, key), known


def _words(suffix: str, content: bytes, known: dict[str, Any]) -> dict[str, Any]:
    """What a member of a sample says; ValueError when it cannot be read."""
    text = content.decode()
    if suffix == ".txt":
        return {"caption": known.get("caption", text)}
    record = json.loads(text)
    if not isinstance(record, dict):
        raise ValueError("it is no JSON object")
    return {key: value for key, value in record.items() if key != "file_name"}


def _no_video(shard: Path, key: str) -> DatasetError:
    return DatasetError(f"{shard} has no video for {key}; write the shard again")


def _taken(origin: Path | DatasetError, out: Path, place: int, known: dict[str, Any]) -> ClipRecord:
    """Copy one clip and measure it; DatasetError or BrokenVideo when it cannot be used."""
    if isinstance(origin, DatasetError):
        raise origin
    name = f"clips/{place:06d}{origin.suffix.lower()}"
    facts = measure(origin)
    width, height = facts.shown
    measured = {"fps": facts.fps, "frames": facts.frames, "width": width, "height": height}
    own = {"file_name": name, "sha256": sha256_of(origin), **measured}
    try:
        record = ClipRecord.model_validate({"caption": "", **known, **own})
    except ValueError as error:
        raise DatasetError(f"what is said of {origin} does not fit: {_first(error)}") from error
    shutil.copyfile(origin, out / name)
    return record


def _first(error: ValueError) -> str:
    return " ".join(str(error).split("\n")[1:3]).strip()
