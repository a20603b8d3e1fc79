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
    leftovers,
    remove_folder,
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
