"""The folders that a study compares, one a method, and the videos in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conclvd.errors import InvalidRequest
from conclvd.evaluate.folder_videos import is_video, natural
from conclvd.evaluate.records import read_methods as compared


@dataclass(frozen=True)
class Method:
    """A method's name and the folder of its videos."""

    name: str
    folder: Path


def read_methods(arguments: Sequence[str]) -> tuple[list[Method], list[str]]:
    """NAME=FOLDER, or a folder whose sub-folders are methods; and what was left out, in words.

    Methods of a comparison's folder are called as they are there, others as their folders.
    Raises InvalidRequest for what is no folder, a folder without videos, fewer than two methods,
    or two of one name.
    """
    methods: list[Method] = []
    left_out: list[str] = []
    for argument in arguments:
        folder = Path(argument)
        name, _, rest = argument.partition("=")
        if folder.is_dir():
            names = {row.slug: row.name for row in compared(folder)}
            for child in sorted(path for path in folder.glob("[!.]*") if path.is_dir()):
                if video_files(child):
                    methods.append(Method(names.get(child.name, child.name), child))
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
    if not video_files(folder):
        raise InvalidRequest(
            f"{folder} holds no videos (.mp4, .gif, .webm and the like, or folders of pictures)"
        )
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


def video_files(folder: Path) -> list[Path]:
    """All videos in a folder and in those inside it, in natural order."""
    found = [
        path
        for path in folder.rglob("*")
        if is_video(path)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return sorted(found, key=lambda path: natural(path.as_posix()))
