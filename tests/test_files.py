"""Files and folders are whole or not there, whatever ends the writing; leftovers go."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conclvd import files
from conclvd.errors import ConclvdError, DatasetError, MediaError, TrainingError
from conclvd.files import (
    check_writable,
    leftovers,
    read_text,
    remove_folder,
    sha256_of,
    sweep,
    whole,
    whole_folder,
    write_text,
)

WRITER = """
import sys, time
from pathlib import Path
from conclvd import files

kind, path, text = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
with getattr(files, kind)(path) as partial:
    (partial if kind == "whole" else partial / "a").write_text(text[: len(text) // 2])
    print("ready", flush=True)
    input()
    (partial if kind == "whole" else partial / "a").write_text(text)
"""


@contextmanager
def writer(kind: str, path: Path, text: str) -> Iterator[Callable[[], int]]:
    """A process that is in the middle of writing; calling what is yielded lets it end."""
    command = [sys.executable, "-c", WRITER, kind, str(path), text]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"

        def end() -> int:
            process.communicate(b"\n")
            return process.returncode

        end.process = process  # type: ignore[attr-defined]
        yield end


def kill(end: Callable[[], int]) -> None:
    process = end.process  # type: ignore[attr-defined]
    process.send_signal(signal.SIGKILL)
    process.wait()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def partial_of(path: Path) -> Path:
    """The name that is written to meanwhile."""
    with whole(path) as partial:
        return partial


# --- files ---------------------------------------------------------------------------------------


def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with whole(path) as partial:
        partial.write_text("new")
        assert (path.read_text(), partial.parent, partial.suffix) == ("old", tmp_path, ".txt")
    assert (path.read_text(), names(tmp_path)) == ("new", {"a.txt"})
    with whole(path, durable=True) as partial:
        partial.write_text("newer")
    assert path.read_text() == "newer"


@pytest.mark.parametrize(
    ("name", "partial"),
    [
        ("a.mp4", ".a.{}.part.mp4"),
        ("a v1.5.mp4", ".a v1.5.{}.part.mp4"),
        ("folder", ".folder.{}.part"),
        ("山水.gif", ".山水.{}.part.gif"),
        ("e\u0301.webp", ".e\u0301.{}.part.webp"),  # as it is: no other form of the same letters
        (".hidden", "..hidden.{}.part"),
        ("1. a boat on the lake at dawn", ".1. a boat on the lake at dawn.{}.part"),
    ],
)
def test_the_one_pattern_of_names(tmp_path: Path, name: str, partial: str, killed: int) -> None:
    made = partial_of(tmp_path / name)
    assert made.name == partial.format(os.getpid())
    left = tmp_path / partial.format(killed)
    left.touch()
    sweep(tmp_path.iterdir())
    assert names(tmp_path) == {name}


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_fails_leaves_the_older_one_alone(tmp_path: Path, raised: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(half: Path) -> None:
        half.write_text("half")
        raise raised

    with pytest.raises(raised), whole(path) as partial:
        fail(partial)
    with pytest.raises(raised), whole_folder(tmp_path / "b") as folder:
        fail(folder / "a")
    assert (path.read_text(), names(tmp_path)) == ("old", {"a.txt"})


@pytest.mark.parametrize("kind", ["whole", "whole_folder"])
def test_a_killed_writer_leaves_the_older_one_and_the_next_run_sweeps(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "a.x"
    if kind == "whole":
        path.write_text("old")
    else:
        path.mkdir()
        (path / "a").write_text("old")
    with writer(kind, path, "new") as end:
        sweep(leftovers(path))
        assert len(names(tmp_path)) == 2  # what a living process writes stays
        kill(end)
    content = path if kind == "whole" else path / "a"
    assert content.read_text() == "old"
    assert len(names(tmp_path)) == 2
    sweep(leftovers(path))
    assert names(tmp_path) == {"a.x"}
    assert content.read_text() == "old"


@pytest.mark.parametrize("kind", ["whole", "whole_folder"])
def test_two_processes_write_one_target(tmp_path: Path, kind: str) -> None:
    """The last one wins, and neither finds anything of the other's."""
    path = tmp_path / "a.x"
    content = path if kind == "whole" else path / "a"
    with writer(kind, path, "one" * 9) as one, writer(kind, path, "other" * 9) as other:
        assert len(names(tmp_path)) == 2
        assert one() == 0
        assert content.read_text() == "one" * 9
        assert other() == 0
    assert (content.read_text(), names(tmp_path)) == ("other" * 9, {"a.x"})


def test_threads_that_write_one_target_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    meeting = threading.Barrier(8)

    def write(number: int) -> None:
        with whole(path) as partial:
            partial.write_text(str(number) * 1000)
            meeting.wait()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(path.read_text())) == 1
    assert names(tmp_path) == {"a.txt"}


@pytest.mark.parametrize("raises", [MediaError, TrainingError, DatasetError])
def test_a_full_disk_is_one_line_and_leaves_nothing(
    tmp_path: Path, raises: type[ConclvdError]
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(raises, match=rf"{path}: File too large") as refusal:
            write_text(path, "x" * 2000, raises)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(refusal.value)
    assert (path.read_text(), names(tmp_path)) == ("old", {"a.txt"})


# --- names and places ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a" * 251 + ".mp4", "山" * 83 + "ab.mp4", "b" * 255, "x." + "y" * 253]
)
def test_names_as_long_as_there_may_be(tmp_path: Path, name: str, killed: int) -> None:
    path = tmp_path / name
    assert len(os.fsencode(name)) >= 250
    write_text(path, "whole")
    assert (path.read_text(), names(tmp_path)) == ("whole", {name})
    with whole_folder(tmp_path / "in" / name) as folder:
        (folder / "a").touch()
    assert names(tmp_path / "in" / name) == {"a"}
    left = partial_of(path).name.replace(f".{os.getpid()}.", f".{killed}.")
    (tmp_path / left).touch()
    sweep(leftovers(path))
    assert names(tmp_path) == {name, "in"}


def test_long_names_that_begin_alike_do_not_meet(tmp_path: Path) -> None:
    one, other = (tmp_path / ("a" * 250 + end) for end in ("1.txt", "2.txt"))
    with whole(one) as first, whole(other) as second:
        first.write_text("1")
        second.write_text("2")
    assert (one.read_text(), other.read_text()) == ("1", "2")


@pytest.mark.parametrize("name", ["a" * 256, "山" * 86, "no/folder/a.txt", "file/a.txt"])
def test_what_cannot_be_is_refused_before_the_work(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MediaError, match="cannot write"), whole(tmp_path / name):
        pytest.fail("the work has begun")
    with pytest.raises(TrainingError, match="cannot write"):
        check_writable(tmp_path / name, TrainingError)
    assert names(tmp_path) == {"file"}


def test_a_folder_is_not_replaced_by_a_file_nor_a_file_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(MediaError, match="folder: Is a directory"), whole(tmp_path / "folder"):
        pytest.fail("the work has begun")
    with pytest.raises(MediaError, match="file: Not a dir"), whole_folder(tmp_path / "file"):
        pytest.fail("the work has begun")


def test_a_link_stays_and_what_it_names_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link, target = tmp_path / "link.txt", tmp_path / "far" / "target.txt"
    link.symlink_to(target)
    write_text(link, "made")  # a link to nothing, yet
    write_text(link, "new")
    assert (link.is_symlink(), target.read_text()) == (True, "new")
    with whole(link) as partial:
        assert partial.parent == target.parent
    folder = tmp_path / "link"
    folder.symlink_to(tmp_path / "far")
    with whole_folder(folder) as partial:
        (partial / "a").touch()
    assert (folder.is_symlink(), names(tmp_path / "far")) == (True, {"a"})
    (tmp_path / "round").symlink_to(tmp_path / "round")
    with pytest.raises(MediaError, match="round: Too many levels"), whole(tmp_path / "round"):
        pytest.fail("the work has begun")


@pytest.mark.parametrize("name", ["pipe", "device", "link"])
def test_devices_and_pipes_are_refused_and_stay(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/null")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for refuse in (whole, whole_folder):
        with pytest.raises(MediaError, match=f"{name}: it is a device"), refuse(tmp_path / name):
            pytest.fail("the work has begun")
    assert names(tmp_path) == {"pipe", "device", "link"}
    assert Path("/dev/null").is_char_device()


def test_a_place_is_tried_before_the_work(tmp_path: Path, killed: int) -> None:
    (tmp_path / f".a.{killed}.part.mp4").touch()
    check_writable(tmp_path / "a.mp4", MediaError)
    assert names(tmp_path) == set()
    with pytest.raises(MediaError, match=r"/proc/self/a\.mp4"):
        check_writable(Path("/proc/self/a.mp4"), MediaError)


# --- folders -------------------------------------------------------------------------------------


def test_a_folder_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "set"
    with whole_folder(path, durable=True) as partial:
        (partial / "clips").mkdir()
        (partial / "clips" / "a").write_text("1")
        assert not path.exists()
    assert names(path.parent) == {"set"}
    with whole_folder(path) as partial:
        (partial / "b").touch()
        assert names(path) == {"clips"}
    assert (names(path), names(path.parent)) == ({"b"}, {"set"})


def test_a_folder_that_was_killed_between_two_names_gets_the_older_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: int
) -> None:
    path = tmp_path / "set"
    path.mkdir()
    (path / "a").touch()
    rename = os.replace

    def end_here(source: Path, target: Path) -> None:
        if target == path and source.name != ".set":
            if path.exists():
                rename(source, target)  # refused: it is not empty
            raise KeyboardInterrupt  # the older one is away, the newer one not there yet
        rename(source, target)

    monkeypatch.setattr(os, "replace", end_here)
    monkeypatch.setattr(os, "getpid", lambda: killed)
    monkeypatch.setattr(files, "remove", lambda path: None)
    with pytest.raises(KeyboardInterrupt), whole_folder(path) as partial:
        (partial / "b").touch()
    monkeypatch.undo()
    assert not path.exists()
    sweep(leftovers(path))
    assert (names(path), names(tmp_path)) == ({"a"}, {"set"})


def test_what_is_half_removed_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "set"
    path.mkdir()
    remove_folder(path)
    remove_folder(path)  # nothing there: nothing to do
    assert names(tmp_path) == set()


# --- sweeping ------------------------------------------------------------------------------------


def test_only_what_the_pattern_names_is_swept(tmp_path: Path, killed: int) -> None:
    ours = {f".a.{killed}.part", f".a.b.{killed}.part.mp4", f".a.2.{killed}.part.mp4"}
    theirs = {
        f"a.{killed}.part", ".a.part", f".a.{killed}.part.b.c", f".{killed}.part",
        f".a.{os.getpid()}.part", f".a.{killed}.parts", ".a.12345678.part", ".DS_Store",
    }  # fmt: skip
    for name in ours | theirs:
        (tmp_path / name).touch()
    (tmp_path / f".d.{killed}.part").mkdir()
    (tmp_path / f".d.{killed}.part" / "inside").touch()
    sweep(tmp_path.iterdir())
    assert names(tmp_path) == theirs


def test_where_other_machines_write_only_what_is_idle_goes(tmp_path: Path, killed: int) -> None:
    new, old = tmp_path / f".new.{killed}.part", tmp_path / f".old.{killed}.part"
    for path in (new, old):
        path.touch()
    os.utime(old, (0, 0))
    sweep(tmp_path.iterdir(), idle=3600)
    assert names(tmp_path) == {new.name}


# --- contents ------------------------------------------------------------------------------------


def test_hashes_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").write_bytes(b"x" * 3_000_000)
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "a") == known
    assert sha256_of() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "both").write_bytes(b"abc" + b"x" * 3_000_000)
    assert sha256_of(tmp_path / "a", tmp_path / "b") == sha256_of(tmp_path / "both")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_texts_are_utf_8_with_or_without_a_mark(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(f"一叶扁舟{end}a\u2028b{end}".encode(encoding))
    assert read_text(path) == "一叶扁舟\na\u2028b\n"


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_told(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("一叶扁舟在湖上".encode(encoding))
    with pytest.raises(TrainingError, match=r"a\.txt: .*UTF-8"):
        read_text(path, TrainingError)
    if encoding.startswith("utf"):
        path.write_bytes("a boat".encode(encoding))  # UTF-8 as well, but for its zeros
        with pytest.raises(DatasetError, match=r"a\.txt: .*UTF-8"):
            read_text(path)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "none")
    with pytest.raises(DatasetError, match=str(tmp_path)):
        read_text(tmp_path)
