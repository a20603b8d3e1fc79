"""Files and folders written whole or not at all, what killed writers left, hashes, and texts.

What is being written lies beside its target as `.NAME.PROCESS.part.SUFFIX`, hidden, with the
target's own suffix, and takes the target's place when it is whole. A target that is a link is
followed: the link stays, and what it names is replaced. A device or a pipe is refused.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from conclvd.errors import ConclvdError, DatasetError, MediaError

ADVICE: Final = "check the folder, its permissions and the free space, or choose another place"

_LEFT: Final = re.compile(r"\.(.+)\.(\d{1,7})\.(part|old)(\.[^.]*)?")
_MOST_BYTES: Final = 255  # of a name, on every file system in use
_NUMBERS: Final = len(".12.1234567.part")  # what a partial's name has beside stem and suffix
_SUFFIX_BYTES: Final = 16  # what is longer is no suffix, but a name with a point in it


# --- written whole or not at all -----------------------------------------------------------------


@contextmanager
def whole(
    path: Path,
    error: type[ConclvdError] = MediaError,
    *,
    durable: bool = False,
    advice: str = ADVICE,
) -> Iterator[Path]:
    """An empty file beside `path` to write to; it takes the place of `path` when the block ends.

    When the block does not end well, by an error or by Ctrl-C, what was written is removed and an
    older file stays. `durable` is on the disk when this returns, whatever the machine does then.
    Whatever cannot be a file is refused before the block begins. OSError becomes `error`.
    """
    with cannot_write(path, error, advice):
        target = _followed(path)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with _replacing(target, lambda name: name.open("xb").close(), durable) as partial:
            yield partial


@contextmanager
def whole_folder(
    path: Path,
    error: type[ConclvdError] = MediaError,
    *,
    durable: bool = False,
    advice: str = ADVICE,
) -> Iterator[Path]:
    """An empty folder beside `path`, which becomes `path` as a file does in `whole`.

    Folders that `path` lies in are made. An older folder is replaced, with all that is in it.
    """
    with cannot_write(path, error, advice):
        target = _followed(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        with _replacing(target, Path.mkdir, durable) as partial:
            yield partial


@contextmanager
def _replacing(target: Path, make: Callable[[Path], None], durable: bool) -> Iterator[Path]:
    """What `make` makes beside `target`; it takes its place when the block ends well."""
    partial = _reserved(target, make)
    try:
        yield partial
        if durable:
            folder_to_disk(partial)
        _take_place(partial, target)
        if durable:
            to_disk(target.parent)
    finally:
        remove(partial)


def write_text(
    path: Path, text: str, error: type[ConclvdError] = DatasetError, *, advice: str = ADVICE
) -> None:
    """Write a text in UTF-8, whole or not at all, on the disk when this returns."""
    with whole(path, error, durable=True, advice=advice) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def make_folder(path: Path, error: type[ConclvdError], *, advice: str = ADVICE) -> None:
    """Make a folder, and those that it lies in, unless it is there."""
    with cannot_write(path, error, advice):
        path.mkdir(parents=True, exist_ok=True)


def check_writable(path: Path, error: type[ConclvdError]) -> None:
    """Raise `error`, before the work, where a file or folder `path` could not be written.

    Trying is the only test that knows of read-only disks, quotas and permissions alike. What a
    killed run left of `path` is removed.
    """
    with cannot_write(path, error):
        target = _followed(path)
        sweep(leftovers(target))
        remove(_reserved(target, Path.mkdir))


@contextmanager
def cannot_write(path: Path, error: type[ConclvdError], advice: str = ADVICE) -> Iterator[None]:
    """Turn what the file system raises while `path` is written into one line of `error`."""
    try:
        yield
    except OSError as found:
        raise error(f"cannot write {path}: {found.strerror or found}; {advice}") from found


def to_disk(path: Path) -> None:
    """Wait until a file's content, or which names a folder has, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as found:
        if found.errno != errno.EINVAL:  # some file systems cannot do it for folders
            raise
    finally:
        os.close(handle)


def folder_to_disk(folder: Path) -> None:
    """Wait until a folder is on the disk, with all that is in it; or a file."""
    for inside in (*folder.rglob("*"), folder):
        to_disk(inside)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there and the file system lets us."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def remove_folder(folder: Path) -> None:
    """Remove a folder that must not be taken for a whole one when it is half removed."""
    nameless = _partial(folder, "part")
    remove(nameless)
    with suppress(OSError):  # it may not be there; a full disk shows where the next is written
        os.replace(folder, nameless)
    remove(nameless)


def _followed(path: Path) -> Path:
    """What is to be replaced: `path` itself, or what it links to. Raises OSError if it cannot."""
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    try:
        kind = target.stat().st_mode
    except FileNotFoundError:
        return target
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise OSError(errno.EINVAL, "it is a device or a pipe, and no file")
    return target


def _reserved(target: Path, make: Callable[[Path], None], number: int = 1) -> Path:
    """Make a new file or folder beside `target`, of a name that no other thread or machine has."""
    partial = _partial(target, "part", number)
    try:
        make(partial)
    except FileExistsError:
        return _reserved(target, make, number + 1)
    return partial


def _partial(target: Path, kind: str, number: int = 1) -> Path:
    stem, suffix = _stem(target)
    again = "" if number == 1 else f".{number}"
    return target.with_name(f".{stem}{again}.{os.getpid()}.{kind}{suffix}")


def _stem(target: Path) -> tuple[str, str]:
    """Stem and suffix of a partial's name; the stem cut where the name would be too long."""
    stem, suffix = target.stem, target.suffix
    if len(os.fsencode(suffix)) > _SUFFIX_BYTES:
        stem, suffix = target.name, ""
    room = _MOST_BYTES - _NUMBERS - len(os.fsencode(suffix))
    while len(os.fsencode(stem)) > room:  # a character at a time: none is cut in two
        stem = stem[:-1]
    return stem, suffix


def _take_place(partial: Path, target: Path) -> None:
    """Rename a folder; an older one is out of the way for no longer than that takes."""
    try:
        os.replace(partial, target)
    except OSError as found:
        if found.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        old = _partial(target, "old")
        os.replace(target, old)
        os.replace(partial, target)
        remove(old)


# --- what killed processes left ------------------------------------------------------------------


def sweep(paths: Iterable[Path], *, idle: float = 0.0) -> None:
    """Remove those of `paths` that processes of this machine were writing when they were killed.

    `idle` is for folders in which other machines write, whose processes cannot be looked for: what
    was written to within so many seconds stays. An older folder gets its name back where its
    successor never came.
    """
    for path in list(paths):
        left = _LEFT.fullmatch(path.name)
        if left is None or _lives(int(left[2])):
            continue
        with suppress(OSError):
            if idle and time.time() - path.stat().st_mtime < idle:
                continue
            home = path.with_name(left[1] + (left[4] or ""))
            if left[3] == "old" and not home.exists():
                path.rename(home)
        remove(path)


def leftovers(path: Path) -> Iterator[Path]:
    """What may have been left of `path`, for `sweep`."""
    start = f".{_stem(path)[0]}."
    with suppress(OSError):
        yield from (found for found in path.parent.iterdir() if found.name.startswith(start))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)  # it may be somebody else's
    return True


# --- contents ------------------------------------------------------------------------------------


def sha256_of(*paths: Path) -> str:
    """The SHA-256, in lower-case hexadecimal, of the contents of files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def short_hash(*paths: Path) -> str:
    """The first digits of `sha256_of`, which tell files apart in a table."""
    return sha256_of(*paths)[:8]


def read_text(path: Path, error: type[ConclvdError] = DatasetError) -> str:
    """A text in UTF-8, with or without a byte order mark, its lines ending in "\\n" alone.

    Raises FileNotFoundError, of which each caller knows what is to be done, and `error` for what
    else keeps it from being read.
    """
    return decoded(read_bytes(path, error), path, error)


def read_bytes(path: Path, error: type[ConclvdError] = DatasetError) -> bytes:
    """What a file holds. Raises as `read_text` does."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as found:
        raise error(f"cannot read {path}: {found.strerror or found}; check the file") from found


def decoded(content: bytes, path: Path, error: type[ConclvdError] = DatasetError) -> str:
    """The text in what a file holds; `error` when it is in GBK, UTF-16 or another encoding."""
    try:
        text = content.decode("utf-8-sig")
        if "\0" in text:
            raise ValueError("it has zeros, as UTF-16 has")
    except ValueError as found:
        raise error(f"cannot read {path}: it is not in UTF-8; save it as UTF-8") from found
    return text.replace("\r\n", "\n").replace("\r", "\n")
