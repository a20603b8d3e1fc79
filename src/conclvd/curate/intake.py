"""`conclvd dataset import`: other layouts become a dataset folder."""

from __future__ import annotations

import csv
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from conclvd.curate.add import VIDEOS
from conclvd.curate.check import outside
from conclvd.curate.facts import BrokenVideo, measure
from conclvd.curate.new_folder import new_folder
from conclvd.errors import DatasetError
from conclvd.manifest import MANIFEST, ClipRecord, file_sum, read_manifest, write_manifest


def import_dataset(
    source: Path, out: Path, *, videos: Path | None = None, report: Callable[[int], None]
) -> tuple[int, list[str]]:
    """Make the new dataset folder `out` of another layout, told by what `source` is.

    A folder with `metadata.jsonl`, or with folders that have one (videofolder); a folder of tar
    shards (WebDataset); a CSV file with the columns videoid and name (AnimateDiff, CLV-HD), its
    files in `videos` or the folder `videos` beside it; a folder of videos, each with its caption in
    a .txt file. Returns the number of clips, and for each that was left out, why; `report` gets how
    many were looked at. Raises DatasetError.
    """
    left: list[str] = []
    with new_folder(out) as partial:
        (partial / "clips").mkdir()
        records: list[ClipRecord] = []
        found = _found(source, videos, partial)
        for place, (origin, known) in enumerate(found):
            try:
                records.append(_taken(origin, partial, place, known))
            except DatasetError as error:
                left.append(str(error))
            report(place + 1)
        if not records:
            reason = left[0] if left else "it is empty"
            raise DatasetError(f"{source} has no clip to import: {reason}")
        for member in partial.glob(".member*"):
            member.unlink()
        write_manifest(partial, records)
    return len(records), left


_Found = Iterator[tuple[Path | DatasetError, dict[str, Any]]]


def _found(source: Path, videos: Path | None, scratch: Path) -> _Found:
    """Files and what is known of each."""
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
        for record in read_manifest(folder):
            problem = outside(folder, record.file_name)
            path = folder / record.file_name
            known = record.model_dump(mode="json", exclude={"file_name"}, exclude_none=True)
            if folder != source:
                known["split"] = folder.name
            yield (DatasetError(f"{path}: {problem}") if problem else path), known


def _rows(path: Path, videos: Path) -> _Found:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"videoid", "name"} <= set(rows.fieldnames or ()):
            raise DatasetError(f"{path} has no columns videoid and name; found {rows.fieldnames}")
        for row in rows:
            name = f"{row['videoid']}.mp4"
            problem = outside(videos, name)
            error = DatasetError(f"{path} line {rows.line_num}: {name}: {problem}")
            yield (error if problem else videos / name), {"caption": row["name"] or ""}


def _pairs(source: Path) -> _Found:
    for path in sorted(source.iterdir()):
        if path.suffix.lower() in VIDEOS and path.is_file() and not path.name.startswith("."):
            text = path.with_suffix(".txt")
            if text.is_file():
                yield path, {"caption": text.read_text(encoding="utf-8").strip()}
            else:
                yield DatasetError(f"{path} has no caption; write it into {text.name}"), {}


def _tarred(shards: list[Path], scratch: Path) -> _Found:
    for shard in shards:
        try:
            with tarfile.open(shard) as file:
                yield from _members(file, shard, scratch)
                if not _is_whole(file):
                    yield (
                        DatasetError(f"{shard} breaks off after {len(file.getmembers())} files"),
                        {},
                    )
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
    video: Path | None = None
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
        if name.suffix == ".json":
            record = json.load(content)
            known = {k: v for k, v in record.items() if k != "file_name"}
        elif name.suffix == ".txt":
            known.setdefault("caption", content.read().decode())
        else:
            video = scratch / f".member{name.suffix}"
            with video.open("wb") as target:
                shutil.copyfileobj(content, target)
    if key is not None:
        yield video or _no_video(shard, key), known


def _no_video(shard: Path, key: str) -> DatasetError:
    return DatasetError(f"{shard} has no video for {key}; write the shard again")


def _taken(origin: Path | DatasetError, out: Path, place: int, known: dict[str, Any]) -> ClipRecord:
    """Copy one clip and measure it; DatasetError when it cannot be used."""
    if isinstance(origin, DatasetError):
        raise origin
    name = f"clips/{place:06d}{origin.suffix.lower()}"
    try:
        facts = measure(origin)
    except BrokenVideo as error:
        raise DatasetError(str(error)) from error
    turned = facts.rotation % 180 != 0
    measured = {
        "fps": facts.fps,
        "frames": facts.frames,
        "width": facts.height if turned else facts.width,
        "height": facts.width if turned else facts.height,
        "sha256": file_sum(origin),
    }
    try:
        record = ClipRecord.model_validate({"caption": ""} | known | {"file_name": name} | measured)
    except ValueError as error:
        raise DatasetError(f"what is said of {origin} does not fit: {_first(error)}") from error
    shutil.copyfile(origin, out / name)
    return record


def _first(error: ValueError) -> str:
    return " ".join(str(error).split("\n")[1:3]).strip()
