"""Names, links and devices as targets: what cannot be written is refused before the work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conclvd.errors import MediaError, TrainingError
from conclvd.files import (
    check_writable,
    leftovers,
    sweep,
    whole,
    whole_folder,
    write_text,
)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def partial_of(path: Path) -> Path:
    """The name that is written to meanwhile."""
    with whole(path) as partial:
        return partial


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
