"""What a folder of clips holds: every clip with its captions, and what was passed over and why.

Four layouts are read, the first that is there:

    metadata.jsonl or metadata.csv     file_name, caption, split (Hugging Face's videofolder)
    prompts.txt and videos.txt         one caption and one file a line (diffusers' fine-tuning)
    NAME.csv                           videoid, name, page_dir (AnimateDiff, CLV-HD)
    a.mp4 and a.txt                    pairs
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from conclvd.errors import ConclvdError, DatasetError
from conclvd.files import read_text, sha256_of
from conclvd.lines import numbered, parse_object
from conclvd.train.settings import TrainSettings
from conclvd.video.formats import VIDEO_SUFFIXES
from conclvd.video.probe import probe

TRAIN = "train"  # the split, as `conclvd dataset split` calls it
SURPLUS = "(more fields than the header)"  # the key of a CSV row's
IN_QUOTES = (
    "so it is not known where the caption ends; put a caption that has commas in quotes: "
    '"a boat, far away"'
)


@dataclass(frozen=True)
class Clip:
    """One clip: its file, its captions (one or more), its number of frames and its sha256."""

    path: Path
    captions: tuple[str, ...]
    frames: int
    sha256: str


@dataclass(frozen=True)
class Skipped:
    """A clip that is listed but cannot be trained on, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class ClipList:
    """The clips of a dataset, in its order, and those passed over."""

    clips: tuple[Clip, ...]
    skipped: tuple[Skipped, ...]

    @property
    def sha256(self) -> str:
        """Of all clips' contents and captions: which dataset a module was trained on."""
        return _digest(sorted(self.clips, key=lambda c: c.sha256))

    @property
    def order(self) -> str:
        """The same of the clips in their order, on which it depends which sample is of which."""
        return _digest(self.clips)


def _digest(clips: Iterable[Clip]) -> str:
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(json.dumps([clip.sha256, clip.captions], ensure_ascii=False).encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Entry:
    """A clip as a dataset lists it; `split` is None where it names none, `fault` says why its
    captions cannot be read."""

    path: Path
    captions: tuple[str, ...]
    split: str | None = None
    fault: str = ""


def find_clips(
    settings: TrainSettings, report: Callable[[int, int], None] = lambda done, total: None
) -> ClipList:
    """List the clips in `settings.train_data_dir`; files are probed and hashed, not decoded.

    Raises DatasetError when the folder has none of the layouts, or no clip can be used.
    """
    place = settings.train_data_dir
    entries = list(read_entries(place, settings.caption_column))
    clips: list[Clip] = []
    skipped: list[Skipped] = []
    seen: set[Path] = set()
    for number, entry in enumerate(entries, 1):
        path, captions = entry.path, entry.captions
        reason = "is listed twice" if path in seen else _unfit(entry)
        seen.add(path)
        if not reason:
            try:
                frames = probe(path).frames
            except ConclvdError as error:
                reason = str(error)
        if not reason and frames < settings.span:
            reason = (
                f"has {frames} frames; {settings.num_frames} at stride {settings.sample_stride} "
                f"need {settings.span}"
            )
        if reason:
            skipped.append(Skipped(str(path), reason))
        else:
            clips.append(Clip(path, captions, frames, sha256_of(path)))
        report(number, len(entries))
    if not clips:
        why = f"; the first, {skipped[0].name}, {skipped[0].reason}" if skipped else ""
        raise DatasetError(f"{place} has no clip to train on, of {len(entries)} listed{why}")
    return ClipList(tuple(clips), tuple(skipped))


def read_entries(place: Path, columns: Sequence[str]) -> Iterable[Entry]:
    """The files and captions that a dataset lists, whether they can be used or not."""
    if place.is_file() and place.name in ("metadata.jsonl", "metadata.csv"):
        place = place.parent
    if place.is_file() and place.suffix == ".csv":
        return _from_csv(place)
    if place.is_file():
        raise DatasetError(f"{place} is no CSV file; name the folder that it is in")
    if not place.is_dir():
        raise DatasetError(f"there is no dataset folder {place}; check train_data_dir")
    if (place / "metadata.jsonl").is_file():
        lines = numbered(place / "metadata.jsonl")
        rows = ((where, parse_object(line, where)) for where, line in lines)
        return _from_rows(place, rows, columns)
    if (place / "metadata.csv").is_file():
        return _from_rows(place, _csv_rows(place / "metadata.csv"), columns)
    if (place / "prompts.txt").is_file() and (place / "videos.txt").is_file():
        return _from_lists(place)
    tables = sorted(place.glob("*.csv"))
    if len(tables) == 1:
        return _from_csv(tables[0])
    if len(tables) > 1:
        raise DatasetError(f"{place} has {len(tables)} CSV files; name one as train_data_dir")
    videos = sorted(path for path in place.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    if not videos:
        raise DatasetError(
            f"{place} is no dataset: it has neither metadata.jsonl, metadata.csv, prompts.txt with "
            "videos.txt, a CSV file, nor videos with captions beside them (a.mp4, a.txt)"
        )
    return [_with_caption_beside(video) for video in videos]


def _unfit(entry: Entry) -> str:
    if entry.split not in (None, TRAIN):
        return f"is in the split {entry.split}, and only {TRAIN} is trained on"
    if entry.fault:
        return entry.fault
    if not any(entry.captions):
        return "has no caption"
    return "" if entry.path.is_file() else "is not there"


def _with_caption_beside(video: Path) -> Entry:
    text = video.with_suffix(".txt")
    try:
        captions = _captions([read_text(text)] if text.is_file() else [])
        fault = "" if captions else f"has no caption; write one into {text.name} beside it"
        return Entry(video, captions, fault=fault)
    except DatasetError as error:
        return Entry(video, (), fault=f"has no caption: {error}")


def _captions(texts: Iterable[object]) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts if isinstance(text, str) and text.strip())


def _from_rows(
    folder: Path, rows: Iterable[tuple[str, dict[str, object]]], columns: Sequence[str]
) -> list[Entry]:
    entries, found, first = list[Entry](), False, ""
    for where, row in rows:
        if fault := _surplus(row):
            entries.append(Entry(Path(where), (), fault=fault))
            continue
        name = row.get("file_name")
        if not isinstance(name, str) or not name:
            there = "" if "file_name" in row else f", but {', '.join(row)}"
            raise DatasetError(f"{where} has no file_name{there}; every clip needs one")
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise DatasetError(f"{where}: {name} leaves the folder; name a file inside it")
        found = found or any(column in row for column in columns)
        first = first or f"{where} has no {' or '.join(columns)}, but {', '.join(row)}"
        captions = _captions(row.get(column) for column in columns)
        split = row.get("split") or None
        entries.append(Entry(folder / name, captions, None if split is None else str(split)))
    if first and not found:  # in any row: one that lacks it is a clip without caption
        raise DatasetError(f"{first}; name the column of the captions with caption_column")
    return entries


def _csv_rows(path: Path) -> Iterable[tuple[str, dict[str, object]]]:
    # Line breaks within quotes are the caption's, and only csv knows which are. Strictly: a quote
    # that is never closed would take in all the rows after it.
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), restkey=SURPLUS, strict=True)
    try:
        names = list(reader.fieldnames or [])
        width = len(names)
        while names and not names[-1].strip():  # columns that a spreadsheet wrote beyond the last
            names.pop()
        reader.fieldnames = names
        for row in reader:
            beyond = row.get(SURPLUS) or []
            if len(names) + len(beyond) <= width and not any(field.strip() for field in beyond):
                row.pop(SURPLUS, None)
            yield f"{path} line {reader.line_num}", dict(row)
    except csv.Error as error:
        raise DatasetError(
            f"{path}: the row after line {reader.line_num} is not CSV: {error}; a caption in "
            "quotes ends with one before the comma, and has quotes of its own doubled"
        ) from error


def _surplus(row: Mapping[str, object]) -> str:
    """Why a CSV row cannot be read, if so: it has more fields than the header.

    The last of them may be empty, and is one too many all the same.
    """
    fields = row.get(SURPLUS)
    if not isinstance(fields, list):
        return ""
    return f"has more fields than the header, {len(fields)} too many, {IN_QUOTES}"


def _from_lists(folder: Path) -> list[Entry]:
    captions, videos = (
        [line.strip() for line in read_text(folder / name).strip().split("\n")]
        for name in ("prompts.txt", "videos.txt")
    )
    if len(captions) != len(videos):
        raise DatasetError(
            f"{folder}: prompts.txt has {len(captions)} lines, videos.txt {len(videos)}; each "
            "clip needs one in both"
        )
    return [Entry(folder / v, _captions([c])) for v, c in zip(videos, captions, strict=True)]


def _from_csv(table: Path) -> list[Entry]:
    """AnimateDiff's and CLV-HD's: `videoid`.mp4 in the folder, or in its folder `page_dir`."""
    entries = []
    for where, row in _csv_rows(table):
        if fault := _surplus(row):
            entries.append(Entry(Path(where), (), fault=fault))
            continue
        if "videoid" not in row or "name" not in row:
            raise DatasetError(
                f"{where}: expected the columns videoid, name, page_dir, found {', '.join(row)}"
            )
        video, page = f"{row['videoid']}.mp4", str(row.get("page_dir") or ".")
        if page[0].isspace() and not (table.parent / page).is_dir():
            fault = f"has the page_dir {page!r}, which is no folder here, {IN_QUOTES}"
            entries.append(Entry(Path(where), (), fault=fault))
            continue
        nested = table.parent / page / video
        path = nested if nested.is_file() else table.parent / video
        entries.append(Entry(path, _captions([row["name"]])))
    return entries
