"""The folders that a study compares, one a method, and which of their videos belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import AliasChoices, BaseModel, Field

from conclvd.errors import InvalidRequest
from conclvd.lines import parse
from conclvd.manifest import MANIFEST, manifest_lines

SUFFIXES: Final = frozenset((".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".webp"))


@dataclass(frozen=True)
class Method:
    """A method's name and the folder of its videos."""

    name: str
    folder: Path


@dataclass(frozen=True)
class Match:
    """The videos of one prompt, by method."""

    prompt: str
    prompt_zh: str | None
    files: Mapping[str, Path]


class _Line(BaseModel):
    """What is needed of a line of metadata.jsonl; every tool that writes one adds keys."""

    file_name: str
    caption: str = Field(validation_alias=AliasChoices("caption", "text", "prompt"))
    caption_zh: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class _Video:
    prompt: str
    prompt_zh: str | None
    path: Path


_Key = tuple[str, str]  # what makes two methods' videos belong together, as told to people


def read_methods(arguments: Sequence[str]) -> tuple[list[Method], list[str]]:
    """NAME=FOLDER, or a folder whose sub-folders are methods; and what was left out, in words.

    Raises InvalidRequest for what is no folder, a folder without videos, fewer than two methods,
    or two of one name.
    """
    methods: list[Method] = []
    left_out: list[str] = []
    for argument in arguments:
        folder = Path(argument)
        name, _, rest = argument.partition("=")
        if folder.is_dir():
            for child in sorted(path for path in folder.glob("[!.]*") if path.is_dir()):
                if _video_files(child):
                    methods.append(Method(child.name, child))
                else:
                    left_out.append(f"{child}: holds no videos")
        elif rest and name.strip():
            methods.append(Method(name.strip(), _with_videos(Path(rest))))
        else:
            raise InvalidRequest(
                f"--videos {argument}: there is no such folder; write NAME=FOLDER, or a folder "
                "with one folder a method"
            )
    _check_names([method.name for method in methods], arguments)
    return methods, left_out


def _with_videos(folder: Path) -> Path:
    if not folder.is_dir():
        raise InvalidRequest(f"there is no folder {folder}; check --videos")
    if not _video_files(folder):
        raise InvalidRequest(f"{folder} holds no videos ({', '.join(sorted(SUFFIXES))})")
    return folder


def _check_names(names: list[str], arguments: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InvalidRequest(f"two methods are called {twice[0]!r}; name them apart by NAME=FOLDER")
    odd = [name for name in names if not name.isprintable() or name.startswith("_")]
    if odd:  # matplotlib leaves names that begin with _ out of its legends
        raise InvalidRequest(f"a method cannot be called {odd[0]!r}; choose another by NAME=FOLDER")
    if len(names) < 2:
        raise InvalidRequest(
            f"--videos {' '.join(arguments)} has {len(names)} method with videos; a comparison "
            "needs at least 2"
        )


def match(methods: Sequence[Method], prompts: Path | None) -> tuple[list[Match], list[str]]:
    """The prompts that every method has a video of, and what was left out, in words.

    Videos belong together by caption and seed (by caption and order, where no seed is told) when
    every folder has metadata.jsonl; with `prompts`, a file of one prompt a line, by file name, the
    lines going with the names in their order. Raises InvalidRequest, DatasetError.
    """
    left_out: list[str] = []
    if prompts is None:
        videos = {method.name: _by_caption(method, left_out) for method in methods}
    else:
        videos = _by_name(methods, prompts)
    matches: list[Match] = []
    for key in dict.fromkeys(key for found in videos.values() for key in found):
        having = [name for name in videos if key in videos[name]]
        if len(having) < len(methods):
            missing = ", ".join(name for name in videos if name not in having)
            left_out.append(f"{' '.join(key).strip()}: {missing} has no video of it")
            continue
        told = [videos[name][key] for name in having]
        chinese = next((video.prompt_zh for video in told if video.prompt_zh), None)
        files = {name: videos[name][key].path for name in having}
        matches.append(Match(told[0].prompt, chinese, files))
    return matches, left_out


def _by_caption(method: Method, left_out: list[str]) -> dict[_Key, _Video]:
    if not (method.folder / MANIFEST).is_file():
        raise InvalidRequest(
            f"{method.folder} has no {MANIFEST} that tells the prompts; give --prompts FILE, one "
            "prompt a line, and equal file names in all folders"
        )
    found: dict[_Key, _Video] = {}
    listed = set()
    order: Counter[str] = Counter()
    for line in _lines(method.folder):
        path = method.folder / line.file_name
        listed.add(path)
        if not path.is_file() or ".." in path.parts or Path(line.file_name).is_absolute():
            left_out.append(f"{path}: {MANIFEST} lists it, but it is not in the folder")
            continue
        prompt = line.caption.strip()
        order[prompt] += 1
        number = f"#{order[prompt]}" if line.seed is None else f"seed {line.seed}"
        key = (repr(prompt), number)
        if key in found:
            left_out.append(f"{path}: a second video of {' '.join(key)}")
            continue
        found[key] = _Video(prompt, line.caption_zh, path)
    for path in _video_files(method.folder):
        if path not in listed:
            left_out.append(f"{path}: {MANIFEST} does not list it")
    return found


def _lines(folder: Path) -> Iterator[_Line]:
    for where, text in manifest_lines(folder):
        yield parse(text, _Line, where)


def _by_name(methods: Sequence[Method], prompts: Path) -> dict[str, dict[_Key, _Video]]:
    try:
        text = prompts.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"cannot read {prompts}: {error}; name a UTF-8 text file") from error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    files = {
        method.name: {
            path.relative_to(method.folder).with_suffix("").as_posix(): path
            for path in _video_files(method.folder)
        }
        for method in methods
    }
    names = sorted({name for found in files.values() for name in found})
    if len(names) != len(lines):
        raise InvalidRequest(
            f"{prompts} has {len(lines)} prompts, and the folders have videos of {len(names)} "
            "names; there must be one line a name, in the order of the names"
        )
    told = dict(zip(names, lines, strict=True))
    return {
        method: {(name, ""): _Video(told[name], None, path) for name, path in found.items()}
        for method, found in files.items()
    }


def _video_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
