"""Which videos there are to measure, of which method, and for which prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from conclvd.errors import InvalidRequest
from conclvd.evaluate.captioned import Captioned, names_files, read_captions
from conclvd.evaluate.entry import ABSENT, Entry
from conclvd.evaluate.folder_videos import natural, number_of, seed_of, videos_in
from conclvd.evaluate.prompts import read_prompts
from conclvd.evaluate.records import METHODS_FILE, AskedRow, MethodRow, read_asked, read_methods
from conclvd.manifest import MANIFEST

NO_PROMPT = "no prompt for this video"
NO_VIDEO = "no video for this prompt"
NOT_LISTED = "not listed: left by an earlier run"
NOT_MADE = "not made"  # how the reason begins where a comparison was to make a video


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
        absent = f"{ABSENT}: its folder is empty"
        entries += [Entry(one.name, absent=absent) for one in _empty_folders(folder)]
    there = {one.name for one in folders}
    for slug, row in compared.items():
        if slug not in there:
            entries.append(_absent(row))
        elif prompts is None:
            entries += _not_made(row, read_asked(folder), entries) or _earlier(row)
    if not any(entry.path for entry in entries):
        raise InvalidRequest(
            f"{folder} holds no videos (.mp4, .gif, .webm and the like, or folders of pictures)"
        )
    return entries


def _name(folder: Path, compared: dict[str, MethodRow]) -> str:
    """What the method of a folder is called: as the comparison that made it says, or the folder."""
    row = compared.get(folder.name)
    return folder.name if row is None else row.name


def _absent(row: MethodRow) -> Entry:
    """An entry for a compared method that has no videos, with the reason and what to do."""
    said = "; ".join(text for text in (row.reason, row.fetch) if text)
    return Entry(row.name, absent=f"{ABSENT}: {said}")


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
            prompt=each.caption,
            seed=each.seed,
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
    return [Entry(row.name, absent=said)]


def _method_folders(folder: Path, order: Sequence[str]) -> list[Path]:
    """The folders of methods, none when the folder itself is one method's; `order`ed ones first.

    A comparison's folder has them, whatever else lies in it.
    """
    compared = (folder / METHODS_FILE).is_file()
    if not compared and ((folder / MANIFEST).is_file() or videos_in(folder)):
        return []
    found = [one for one in _inside(folder) if (one / MANIFEST).is_file() or videos_in(one)]
    places = {name: place for place, name in enumerate(order)}
    return sorted(found, key=lambda one: (places.get(one.name, len(places)), natural(one.name)))


def _empty_folders(folder: Path) -> list[Path]:
    found = [
        one for one in _inside(folder) if all(each.name.startswith(".") for each in one.iterdir())
    ]
    return sorted(found, key=lambda one: natural(one.name))


def _inside(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")]


def _entries(folder: Path, root: Path, prompts: Path | None, method: str | None) -> list[Entry]:
    """The videos of one folder; without `method` it is what a record says, or the folder's name.

    A comparison leaves files of other settings, prompts or formats where they are, and lists what
    counts: in its folders the others have no path, and the reason.
    """
    found = _found(folder, root, prompts, method)
    own = folder / MANIFEST
    if not own.is_file() or not (folder.resolve().parent / METHODS_FILE).is_file():
        return found
    listed = {folder / record.file_name for record in read_captions(own, Captioned)}
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
        return _captioned(folder, root, read_captions(own, Captioned), method)
    if prompts is None:
        name = method or folder.resolve().name
        return [_entry(path, root, name, None) for path in videos_in(folder)]
    if prompts.suffix == ".jsonl" and names_files(prompts):
        return _captioned(folder, root, read_captions(prompts, Captioned), method)
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
                seed=seed_of(path) if record.seed is None else record.seed,
                making=record.making(together),
            )
        )
    named = {entry.path for entry in entries}
    left = (path for path in videos_in(folder) if path not in named)
    return entries + [_entry(path, root, method or folder.resolve().name, None) for path in left]


def _in_order(folder: Path, root: Path, prompts: Sequence[str], method: str) -> list[Entry]:
    """Videos by the number of four digits that all their names begin with, else by their order."""
    videos = videos_in(folder)
    places = [number for path in videos if (number := number_of(path)) is not None]
    if len(places) < len(videos) == len(prompts):
        places = list(range(len(videos)))
    elif len(places) < len(videos):
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
    return entries + [Entry(method, prompt=prompt) for prompt in missing]


def _entry(path: Path, root: Path, method: str, prompt: str | None) -> Entry:
    return Entry(method, path.relative_to(root).as_posix(), path, prompt, seed_of(path))
