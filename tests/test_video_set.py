"""Which videos are measured, and which prompt each has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conclvd.errors import DatasetError, InvalidRequest
from conclvd.evaluate.entry import Entry
from conclvd.evaluate.folder_videos import natural
from conclvd.evaluate.records import MethodRow, write_methods
from conclvd.evaluate.video_set import NOT_LISTED, find_videos
from video_files import prompts, video


def names(entries: list[Entry]) -> list[tuple[str | None, str | None]]:
    return [(entry.name, entry.prompt) for entry in entries]


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for name in ("2.mp4", "10.gif", "1.mp4"):
        video(tmp_path / "ours" / name)
    return tmp_path / "ours"


def test_videos_take_prompts_in_natural_order(three: Path, tmp_path: Path) -> None:
    found = find_videos(three, prompts(tmp_path / "p.txt", "a", "", "b", "山水"), None)
    assert names(found) == [("1.mp4", "a"), ("2.mp4", "b"), ("10.gif", "山水")]
    assert {entry.method for entry in found} == {"ours"}
    assert find_videos(three, None, "mine")[0].method == "mine"
    assert sorted(["b10", "b9", "a"], key=natural) == ["a", "b9", "b10"]


def test_prompts_and_videos_must_be_as_many(three: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"3 videos .*2 prompts"):
        find_videos(three, prompts(tmp_path / "p.txt", "a", "b"), None)


def test_numbered_videos_find_their_line_and_seed(tmp_path: Path) -> None:
    for name in ("0000-s7.mp4", "0000-s8.mp4", "0002.mp4", "0009.mp4"):
        video(tmp_path / "v" / name)
    found = find_videos(tmp_path / "v", prompts(tmp_path / "p.txt", "a", "b", "c"), None)
    assert names(found) == [
        ("0000-s7.mp4", "a"),
        ("0000-s8.mp4", "a"),
        ("0002.mp4", "c"),
        ("0009.mp4", None),
        (None, "b"),
    ]
    assert [entry.seed for entry in found] == [7, 8, None, None, None]


def test_metadata_names_captions_and_columns_of_others_do_not_matter(three: Path) -> None:
    records = [
        {"file_name": "10.gif", "caption": "a", "seed": 3, "method": "theirs", "seconds": 9.5},
        {"file_name": "gone.mp4", "caption": "b"},
        {"file_name": "1.mp4", "text": "c", "peak_gib": 1.0, "device": "cpu"},
    ]
    (three / "metadata.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    found = find_videos(three, None, None)
    assert names(found) == [("10.gif", "a"), (None, "b"), ("1.mp4", "c"), ("2.mp4", None)]
    assert [entry.method for entry in found] == ["theirs", "ours", "ours", "ours"]
    assert found[0].seed == 3
    assert {entry.method for entry in find_videos(three, None, "mine")} == {"mine"}


def test_a_folder_of_methods_is_all_of_them(tmp_path: Path) -> None:
    for method in ("b", "a10", "a9"):
        video(tmp_path / "all" / method / "0000-s1.mp4")
        record = {"file_name": "0000-s1.mp4", "caption": "x", "seed": 1, "method": "other"}
        (tmp_path / "all" / method / "metadata.jsonl").write_text(json.dumps(record) + "\n")
    (tmp_path / "all" / "notes").mkdir()
    (tmp_path / "all" / "notes" / "why.txt").touch()
    found = find_videos(tmp_path / "all", None, None)
    assert [(one.method, one.name) for one in found] == [
        ("a9", "a9/0000-s1.mp4"),
        ("a10", "a10/0000-s1.mp4"),
        ("b", "b/0000-s1.mp4"),
    ]
    with pytest.raises(InvalidRequest, match="3 methods"):
        find_videos(tmp_path / "all", None, "mine")


def test_an_empty_folder_of_a_method_is_named(tmp_path: Path) -> None:
    for method in ("a", "c"):
        video(tmp_path / "all" / method / "0000.mp4")
    (tmp_path / "all" / "b").mkdir()
    found = find_videos(tmp_path / "all", prompts(tmp_path / "p.txt", "x"), None)
    assert [(one.method, one.name, one.absent) for one in found] == [
        ("a", "a/0000.mp4", None),
        ("c", "c/0000.mp4", None),
        ("b", None, "not available: its folder is empty"),
    ]
    (tmp_path / "ours" / "later").mkdir(parents=True)
    video(tmp_path / "ours" / "0000.mp4")
    assert names(find_videos(tmp_path / "ours", None, None)) == [("0000.mp4", None)]


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("slug", ["ours", "other"])  # one that was put beside lists its own as well
def test_a_comparison_measures_what_it_lists_alone(tmp_path: Path, inside: bool, slug: str) -> None:
    folder = tmp_path / "all" / "ours"
    video(folder / "0000-s0.mp4")
    video(folder / "0000-s0.gif")  # of another format, earlier
    record = {"file_name": "0000-s0.mp4", "caption": "a", "seed": 0}
    (folder / "metadata.jsonl").write_text(json.dumps(record) + "\n")
    write_methods(tmp_path / "all", [MethodRow(name=slug, slug=slug, status="done", videos=1)])
    for given in (None, prompts(tmp_path / "p.txt", "a")):
        found = find_videos(folder if inside else tmp_path / "all", given, None)
        found = [entry for entry in found if entry.method == "ours"]
        assert {entry.path: entry.absent for entry in found} == {
            folder / "0000-s0.mp4": None,
            None: NOT_LISTED,
        }
        assert len(found) == 2


def test_a_stray_file_in_a_comparison_is_no_method(tmp_path: Path) -> None:
    video(tmp_path / "ours" / "0000-s0.mp4")
    video(tmp_path / "sheet.gif")
    write_methods(tmp_path, [MethodRow(name="Ours", slug="ours", status="done", videos=1)])
    (found,) = find_videos(tmp_path, None, None)
    assert (found.method, found.name) == ("Ours", "ours/0000-s0.mp4")
    (tmp_path / "ours" / "0000-s0.mp4").unlink()
    with pytest.raises(InvalidRequest, match="no videos"):
        find_videos(tmp_path, None, None)


def test_folders_of_pictures_are_videos(tmp_path: Path) -> None:
    video(tmp_path / "v" / "0000")
    video(tmp_path / "v" / "0001.gif")
    found = find_videos(tmp_path / "v", None, None)
    assert [entry.name for entry in found] == ["0000", "0001.gif"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["{"], "line 1 is not JSON"),
        (['{"file_name": "a.mp4"}'], "line 1: caption"),
        (['{"file_name": "../a.mp4", "caption": "x"}'], "inside the folder"),
        (['{"file_name": "a.mp4", "caption": "x"}'] * 2, "lists a.mp4 twice"),
    ],
)
def test_captions_that_do_not_fit_are_refused(
    three: Path, tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        find_videos(three, prompts(tmp_path / "p.jsonl", *lines), None)
