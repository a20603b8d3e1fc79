"""Which videos of a study belong together: one of each method, of the same prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from conclvd.errors import InvalidRequest
from conclvd.evaluate.captioned import Told, read_captions
from conclvd.evaluate.folder_videos import holds_pictures, natural, number_of, seed_of, stem
from conclvd.evaluate.prompts import read_prompts
from conclvd.manifest import MANIFEST
from conclvd.study.methods import Method, video_files


@dataclass(frozen=True)
class Match:
    """The videos of one prompt, by method.

    `by_prompt_alone` are the methods whose video has not the seed of the others: it has another
    one, or none is told.
    """

    prompt: str
    prompt_zh: str | None
    files: Mapping[str, Path]
    by_prompt_alone: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Video:
    """`mark` tells a method's videos of one prompt apart: seed or name, None where neither does."""

    prompt: str
    prompt_zh: str | None
    path: Path
    mark: str | None


_Videos: TypeAlias = Mapping[str, Sequence[_Video]]  # by method


def match(methods: Sequence[Method], prompts: Path | None) -> tuple[list[Match], list[str]]:
    """The prompts that every method has a video of, and what was left out, in words.

    The prompt is that of metadata.jsonl or, with `prompts`, a file of one prompt a line, that of
    the number which all file names begin with (0000 is the first line), else that of the line
    which goes with the name in the names' order. Of one prompt, videos of the same seed belong
    together; those of methods that have not this seed, as videos of others' programs, are
    taken in their order. Raises InvalidRequest, DatasetError.
    """
    left_out: list[str] = []
    videos: _Videos
    if prompts is None:
        videos = {method.name: _by_caption(method, left_out) for method in methods}
    else:
        videos = _by_name(methods, prompts)
    of_prompts: dict[str, dict[str, list[_Video]]] = {}
    for name, found in videos.items():
        for video in found:
            of_methods = of_prompts.setdefault(video.prompt, {method: [] for method in videos})
            if any(video.mark == other.mark for other in of_methods[name]):
                video = replace(video, mark=None)
            of_methods[name].append(video)
    matches = []
    for prompt, of_methods in of_prompts.items():
        missing = ", ".join(name for name, found in of_methods.items() if not found)
        if missing:
            left_out.append(f"{prompt!r}: {missing} has no video of it")
            continue
        together = _together(of_methods)
        matches += [_match(row) for row in together]
        left_out += _left_over(of_methods, together)
    return matches, left_out


def _together(videos: _Videos) -> list[dict[str, _Video]]:
    """One video of each method, as often as there are; those of one mark are together."""
    count = min(map(len, videos.values()))
    having = Counter(video.mark for found in videos.values() for video in found if video.mark)
    # what most methods have comes first: others have few videos of a prompt, or only one
    shared = [mark for mark, methods in having.most_common() if methods > 1][:count]
    rows: list[dict[str, _Video]] = [
        {name: video for name, found in videos.items() for video in found if video.mark == mark}
        for mark in shared
    ]
    rows += [{} for _ in range(count - len(rows))]
    for name, found in videos.items():
        spare = (video for video in found if video.mark not in shared)
        for row in rows:
            if name not in row:
                row[name] = next(spare)
    return rows


def _match(row: Mapping[str, _Video]) -> Match:
    marks = Counter(video.mark for video in row.values() if video.mark)
    common = next((mark for mark, methods in marks.most_common(1) if methods > 1), None)
    alone = tuple(name for name, video in row.items() if common is None or video.mark != common)
    first = next(iter(row.values()))
    chinese = next((video.prompt_zh for video in row.values() if video.prompt_zh), None)
    files = {name: video.path for name, video in row.items()}
    return Match(first.prompt, chinese, files, alone)


def _left_over(videos: _Videos, rows: Sequence[Mapping[str, _Video]]) -> list[str]:
    """What no video of the other methods is left for, in words."""
    few = ", ".join(name for name, found in videos.items() if len(found) == len(rows))
    used = {video.path for row in rows for video in row.values()}
    over = [video for found in videos.values() for video in found if video.path not in used]
    return [f"{video.path}: {few} has no more videos of {video.prompt!r}" for video in over]


def _by_caption(method: Method, left_out: list[str]) -> list[_Video]:
    if not (method.folder / MANIFEST).is_file():
        raise InvalidRequest(
            f"{method.folder} has no {MANIFEST} that tells the prompts; give --prompts FILE, one "
            "prompt a line, and file names that begin with its number, from 0000 on, or are equal "
            "in all folders"
        )
    found: list[_Video] = []
    listed, marks = set(), set()
    for line in read_captions(method.folder / MANIFEST, Told):
        path = method.folder / line.file_name
        listed.add(path)
        if not (path.is_file() or holds_pictures(path)):
            left_out.append(f"{path}: {MANIFEST} lists it, but it is not in the folder")
            continue
        prompt, mark = line.caption, _mark(path, line.seed)
        if mark and (prompt, mark) in marks:
            left_out.append(f"{path}: a second video of {prompt!r} {mark}")
            continue
        marks.add((prompt, mark))
        found.append(_Video(prompt, line.caption_zh, path, mark))
    for path in video_files(method.folder):
        if path not in listed:
            left_out.append(f"{path}: {MANIFEST} does not list it")
    return found


def _mark(path: Path, seed: int | None = None) -> str | None:
    seed = seed_of(path) if seed is None else seed
    return None if seed is None else f"seed {seed}"


def _by_name(methods: Sequence[Method], prompts: Path) -> _Videos:
    lines = read_prompts(prompts)
    files = {method.name: video_files(method.folder) for method in methods}
    numbers = [number_of(path) for found in files.values() for path in found]
    if all(number is not None and number < len(lines) for number in numbers):
        return {
            method: [_Video(lines[number_of(p) or 0], None, p, _mark(p)) for p in found]
            for method, found in files.items()
        }
    named = {
        method.name: {_name(path, method.folder): path for path in files[method.name]}
        for method in methods
    }
    names = sorted({name for found in named.values() for name in found}, key=natural)
    if len(names) != len(lines):
        raise InvalidRequest(
            f"{prompts} has {len(lines)} prompts, and the folders have videos of {len(names)} "
            "names; there must be one line a name, in the order of the names, or all names begin "
            "with the number of their prompt, from 0000 on"
        )
    told = dict(zip(names, lines, strict=True))
    return {
        method: [_Video(told[name], None, path, name) for name, path in found.items()]
        for method, found in named.items()
    }


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_name(stem(path)).as_posix()
