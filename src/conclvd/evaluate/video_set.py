"""Which videos there are to measure, of which method, and for which prompt."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from conclvd.errors import DatasetError, InvalidRequest
from conclvd.evaluate.compare.records import (
    METHODS_FILE,
    AskedRow,
    MethodRow,
    read_asked,
    read_methods,
)
from conclvd.evaluate.entry import ABSENT, Entry, Making
from conclvd.evaluate.prompts import read_prompts
from conclvd.manifest import MANIFEST
from conclvd.video.probe import PICTURE_SUFFIXES

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".gif", ".webp")
NO_PROMPT = "no prompt for this video"
NO_VIDEO = "no video for this prompt"
NOT_LISTED = "not listed: left by an earlier run"
NOT_MADE = "not made"  # how the reason begins where a comparison was to make a video
_NUMBERED = re.compile(r"(\d{4})(?!\d)")
_SEED = re.compile(r"-s(\d+)$")


class Captioned(BaseModel):
    """A line of `metadata.jsonl` or of a JSONL file of prompts.

    The videofolder convention lets tools add columns of their own: what is not asked for is passed
    over.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    file_name: str = Field(min_length=1)
    caption: str = Field(min_length=1)
    seed: int | None = None
    method: str | None = None
    seconds: float | None = None
    peak_gib: float | None = None
    device: str | None = None
    batch: int | None = None

    def making(self, together: int) -> Making | None:
        """What the video cost to make, None when that was not noted in full.

        `together` is how many of its method were made together at most.
        """
        if self.seconds is None or self.peak_gib is None or self.device is None:
            return None
        device = self.device if together == 1 else f"{self.device}, {together} at a time"
        return Making(self.seconds, self.peak_gib, device)

    @field_validator("file_name")
    @classmethod
    def _inside(cls, name: str) -> str:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("name a file inside the folder of videos")
        return name

    @model_validator(mode="before")
    @classmethod
    def _text(cls, found: object) -> object:
        if isinstance(found, dict) and "caption" not in found and "text" in found:
            return found | {"caption": found["text"]}
        return found


def find_videos(folder: Path, prompts: Path | None, method: str | None) -> list[Entry]:
    """The videos of a folder, or of the folders of methods inside it, in a fixed order.

    Captions are those of `prompts` (one a line, or JSONL) or else of the folder's own
    `metadata.jsonl`. Raises InvalidRequest when there is no video, or prompts and videos cannot be
    matched; DatasetError for a file that cannot be read. An empty folder beside those of methods is
    a method that has none.
    """
    if not folder.is_dir():
        raise InvalidRequest(f"--videos must be a folder of videos; there is none at {folder}")
    compared = {row.slug: row for row in read_methods(folder)}
    folders = _method_folders(folder, list(compared))
    if folders and method is not None:
        raise InvalidRequest(
            f"{folder} holds the folders of {len(folders)} methods, which name themselves; leave "
            "out --method, or name one of them"
        )
    entries = [
        entry
        for one in folders or ([] if compared else [folder])
        for entry in _entries(one, folder, prompts, _name(one, compared) if folders else method)
    ]
    if folders and not compared:  # a comparison says itself which methods there are
        entries += [_empty(one) for one in _empty_folders(folder)]
    there = {one.name for one in folders}
    for slug, row in compared.items():
        if slug not in there:
            entries.append(_absent(row))
        elif prompts is None:
            entries += _not_made(row, read_asked(folder), entries) or _earlier(row)
    if not any(entry.path for entry in entries):
        raise InvalidRequest(
            f"{folder} holds no videos ({', '.join(VIDEO_SUFFIXES)}, or folders of pictures)"
        )
    return entries


def natural(name: str) -> list[tuple[int, int | str]]:
    """A key that sorts numbers in names by their value: 2.mp4 before 10.mp4."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part]


def _name(folder: Path, compared: dict[str, MethodRow]) -> str:
    """What the method of a folder is called: as the comparison that made it says, or the folder."""
    row = compared.get(folder.name)
    return folder.name if row is None else row.name


def _absent(row: MethodRow) -> Entry:
    """An entry for a compared method that has no videos, with the reason and what to do."""
    said = "; ".join(text for text in (row.reason, row.fetch) if text)
    return Entry(row.name, None, None, None, None, absent=f"{ABSENT}: {said}")


def _empty(folder: Path) -> Entry:
    """An entry for a method of which there is a folder and nothing in it."""
    return Entry(folder.name, None, None, None, None, absent=f"{ABSENT}: its folder is empty")


def _not_made(row: MethodRow, asked: Sequence[AskedRow], there: Sequence[Entry]) -> list[Entry]:
    """Entries for the videos that were asked of a method and do not exist, each with the reason.

    Of a method that was not run here, whose seeds are its own, a prompt is asked for once.
    """
    asked = [each for each in asked if each.methods is None or row.slug in each.methods]
    own = [entry for entry in there if entry.method == row.name]
    reasons, default = row.lost or {}, row.rest or row.reason or "nobody knows why"
    if row.external:
        seen = {entry.prompt for entry in own}
        missing = [each for each in asked if each.caption not in seen]
        missing = list({each.caption: each for each in missing}.values())
    else:
        made = {(entry.prompt, entry.seed) for entry in own}
        missing = [each for each in asked if (each.caption, each.seed) not in made]
    return [
        Entry(
            row.name,
            None,
            None,
            each.caption,
            each.seed,
            absent=f"{NOT_MADE}: {reasons.get(each.name, default)}",
        )
        for each in missing
    ]


def _earlier(row: MethodRow) -> list[Entry]:
    """A word of a method that is not to be had any more, beside its videos: it made them earlier.

    Its reason begins as that of a method without videos does, so that it is not counted as one.
    """
    if row.external or row.lost or row.status not in ("failed", "not available"):
        return []
    said = f"{ABSENT} any more: {row.reason}; its videos are of an earlier run"
    return [Entry(row.name, None, None, None, None, absent=said)]


def _method_folders(folder: Path, order: Sequence[str]) -> list[Path]:
    """The folders of methods, none when the folder itself is one method's; `order`ed ones first.

    A comparison's folder has them, whatever else lies in it.
    """
    compared = (folder / METHODS_FILE).is_file()
    if not compared and ((folder / MANIFEST).is_file() or _videos(folder)):
        return []
    found = [one for one in _inside(folder) if (one / MANIFEST).is_file() or _videos(one)]
    places = {name: place for place, name in enumerate(order)}
    return sorted(found, key=lambda one: (places.get(one.name, len(places)), natural(one.name)))


def _empty_folders(folder: Path) -> list[Path]:
    """The folders inside in which there is nothing, in natural order."""
    found = [
        one for one in _inside(folder) if all(each.name.startswith(".") for each in one.iterdir())
    ]
    return sorted(found, key=lambda one: natural(one.name))


def _inside(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")]


def _videos(folder: Path) -> list[Path]:
    """Video files and folders of pictures, in natural order."""
    found = [
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and (path.suffix.lower() in VIDEO_SUFFIXES or (path.is_dir() and _holds_pictures(path)))
    ]
    return sorted(found, key=lambda path: natural(path.name))


def _holds_pictures(folder: Path) -> bool:
    return any(path.suffix.lower() in PICTURE_SUFFIXES for path in folder.iterdir())


def _entries(folder: Path, root: Path, prompts: Path | None, method: str | None) -> list[Entry]:
    """The videos of one folder; without `method` it is what a record says, or the folder's name.

    A comparison leaves files of other settings, prompts or formats where they are, and lists what
    counts: in its folders the others have no path, and the reason.
    """
    found = _found(folder, root, prompts, method)
    own = folder / MANIFEST
    if not own.is_file() or not (folder.resolve().parent / METHODS_FILE).is_file():
        return found
    listed = {folder / record.file_name for record in read_captions(own)}
    return [
        entry
        if entry.path is None or entry.path in listed
        else replace(entry, path=None, absent=NOT_LISTED)
        for entry in found
    ]


def _found(folder: Path, root: Path, prompts: Path | None, method: str | None) -> list[Entry]:
    """The videos of one folder by what names them: its own records, `prompts`, or nothing."""
    own = folder / MANIFEST
    if prompts is None and own.is_file():
        return _captioned(folder, root, read_captions(own), method)
    if prompts is None:
        name = method or folder.resolve().name
        return [_entry(path, root, name, None) for path in _videos(folder)]
    if prompts.suffix == ".jsonl":
        return _captioned(folder, root, read_captions(prompts), method)
    return _in_order(folder, root, read_prompts(prompts), method or folder.resolve().name)


def _captioned(
    folder: Path, root: Path, records: Sequence[Captioned], method: str | None
) -> list[Entry]:
    """Videos by the names that records give them; then those that no record names."""
    entries = []
    together = max((record.batch or 1 for record in records), default=1)
    for record in records:
        path = folder / record.file_name
        there = path.exists()
        entries.append(
            Entry(
                method=method or record.method or folder.resolve().name,
                name=path.relative_to(root).as_posix() if there else None,
                path=path if there else None,
                prompt=record.caption,
                seed=_seed(path) if record.seed is None else record.seed,
                making=record.making(together),
            )
        )
    named = {entry.path for entry in entries}
    left = (path for path in _videos(folder) if path not in named)
    return entries + [_entry(path, root, method or folder.resolve().name, None) for path in left]


def _in_order(folder: Path, root: Path, prompts: Sequence[str], method: str) -> list[Entry]:
    """Videos by the number of four digits that all their names begin with, else by their order."""
    videos = _videos(folder)
    numbers = [_NUMBERED.match(path.stem) for path in videos]
    if all(numbers):
        places = [int(match[1]) for match in numbers if match]
    elif len(videos) == len(prompts):
        places = list(range(len(videos)))
    else:
        raise InvalidRequest(
            f"{folder} holds {len(videos)} videos for {len(prompts)} prompts; name the videos by "
            "their prompt's line from 0000.mp4 on, give the prompts as JSONL with file_name and "
            "caption, or make both as many"
        )
    entries = [
        _entry(path, root, method, prompts[place] if place < len(prompts) else None)
        for path, place in zip(videos, places, strict=True)
    ]
    missing = (prompt for place, prompt in enumerate(prompts) if place not in set(places))
    return entries + [Entry(method, None, None, prompt, None) for prompt in missing]


def _entry(path: Path, root: Path, method: str, prompt: str | None) -> Entry:
    return Entry(method, path.relative_to(root).as_posix(), path, prompt, _seed(path))


def _seed(path: Path) -> int | None:
    match = _SEED.search(path.stem)
    return int(match[1]) if match else None


def read_captions(path: Path) -> list[Captioned]:
    """The records of a JSONL file; DatasetError, with the line, for one that does not fit."""
    records = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            records.append(Captioned.model_validate(json.loads(line)))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"]) or "the record"
            raise DatasetError(f"{path} line {number}: {key}: {first['msg']}") from error
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{path} line {number} is not JSON: {error}") from error
    twice = [name for name, count in Counter(r.file_name for r in records).items() if count > 1]
    if twice:
        raise DatasetError(f"{path} lists {twice[0]} twice; remove one of the lines")
    return records


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidRequest(f"there is no file of prompts at {path}; check the name") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read the prompts in {path}: {error}") from error
