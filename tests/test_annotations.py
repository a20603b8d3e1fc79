"""Edits of captions: versions, history, undo, splitting and merging, several people."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import films
from clip_folders import dataset
from conclvd.curate.add import add_sources
from conclvd.curate.annotations import Annotations, Conflict, version_of
from conclvd.curate.check import check_dataset
from conclvd.curate.cut import cut_sources
from conclvd.curate.history import HISTORY
from conclvd.curate.plan import CutSettings
from conclvd.curate.split import split_dataset
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.manifest import MANIFEST, ClipRecord, read_manifest, write_manifest
from conclvd.video.read import read_frames


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return dataset(tmp_path / "set")


def at(notes: Annotations, place: int) -> tuple[str, str]:
    """Name and version of a record."""
    record = notes.records()[place]
    return record.file_name, version_of(record)


def save(notes: Annotations, place: int, by: str, caption: str, confirm: bool = True) -> ClipRecord:
    return notes.save(
        *at(notes, place),
        by,
        caption=caption,
        caption_zh=" ",
        tags=("season:autumn",),
        confirm=confirm,
    )


def names(folder: Path) -> list[str]:
    return [record.file_name for record in read_manifest(folder)]


def test_a_saved_caption_is_on_the_disk_with_its_author(folder: Path) -> None:
    notes = Annotations(folder)
    save(notes, 1, "Li", "  a boat ")
    record = read_manifest(folder)[1]
    assert (record.caption, record.caption_zh, record.reviewed_by) == ("a boat", None, "Li")
    assert record.tags == ("season:autumn",)
    entry = json.loads((folder / HISTORY).read_text())
    assert (entry["number"], entry["by"], entry["action"]) == (1, "Li", "save")
    assert entry["before"][0]["caption"] == "clip 1"
    save(notes, 1, "Li", "a boat", confirm=False)
    assert read_manifest(folder)[1].reviewed_by is None


def test_nobody_overwrites_what_another_wrote(folder: Path) -> None:
    notes = Annotations(folder)
    name, version = at(notes, 0)
    save(notes, 0, "Li", "hers")
    for attempt in (
        lambda: notes.save(
            name, version, "Wu", caption="his", caption_zh=None, tags=(), confirm=True
        ),
        lambda: notes.reject(name, version, "Wu"),
        lambda: notes.split(name, version, "Wu", 3),
        lambda: notes.merge(name, version, "Wu", at(notes, 1)[1]),
    ):
        with pytest.raises(Conflict, match=r"clips/0\.mp4 was changed by Li since you opened it"):
            attempt()
    assert read_manifest(folder)[0].caption == "hers"
    notes.reject(*at(notes, 0), "Li")
    with pytest.raises(Conflict, match="was removed by Li"):
        notes.reject(name, version, "Wu")


def test_only_the_captions_can_be_confirmed_that_are_there(folder: Path) -> None:
    notes = Annotations(folder)
    with pytest.raises(InvalidRequest, match="the English caption is empty"):
        save(notes, 0, "Li", "  ")
    save(notes, 0, "Li", "", confirm=False)
    assert read_manifest(folder)[0].caption == ""


def test_undo_takes_back_ones_own_edits_newest_first(folder: Path) -> None:
    before = (folder / MANIFEST).read_bytes()
    notes = Annotations(folder)
    save(notes, 0, "Li", "one")
    notes.reject(*at(notes, 1), "Li")
    notes.split(*at(notes, 1), "Li", 2)
    notes.merge(*at(notes, 0), "Wu", at(notes, 1)[1])
    assert len(names(folder)) == 2
    with pytest.raises(Conflict, match="was changed after your edit"):
        notes.undo("Li")
    assert notes.undo("Wu").action == "merge"
    assert [notes.undo("Li").action for _ in range(3)] == ["split", "reject", "save"]
    assert (folder / MANIFEST).read_bytes() == before
    with pytest.raises(InvalidRequest, match="nothing of yours"):
        notes.undo("Li")
    actions = [json.loads(line)["action"] for line in (folder / HISTORY).read_text().splitlines()]
    assert actions == ["save", "reject", "split", "merge", *["undo"] * 4]
    assert check_dataset(folder, workers=1).errors == 0


def test_undo_keeps_what_came_back_in_between(folder: Path) -> None:
    before = (folder / MANIFEST).read_bytes()
    notes = Annotations(folder)
    notes.reject(*at(notes, 1), "Wu")
    notes.split(*at(notes, 0), "Li", 2)
    notes.undo("Wu")  # to its old place, between the two parts
    notes.undo("Li")
    assert (folder / MANIFEST).read_bytes() == before
    assert Annotations(folder).records() == notes.records()


def test_undo_leaves_what_was_said_of_the_source_since(folder: Path) -> None:
    notes = Annotations(folder)
    save(notes, 0, "Li", "one")
    notes.reject(*at(notes, 1), "Li")
    split_dataset(folder, {"test": 1})
    again = Annotations(folder)
    assert [again.undo("Li").action for _ in range(2)] == ["reject", "save"]
    records = read_manifest(folder)
    assert [record.caption for record in records] == ["clip 0", "clip 1", "clip 2"]
    assert {record.split for record in records} == {"test"}


def test_undo_holds_after_a_restart(folder: Path) -> None:
    before = (folder / MANIFEST).read_bytes()
    Annotations(folder).reject(*at(Annotations(folder), 2), "Li")
    again = Annotations(folder)
    assert again.revision == 1
    again.undo("Li")
    assert (folder / MANIFEST).read_bytes() == before


@pytest.mark.parametrize(
    "edit",
    [
        lambda notes: save(notes, 0, "Li", "new"),
        lambda notes: notes.reject(*at(notes, 0), "Li"),
        lambda notes: notes.split(*at(notes, 0), "Li", 2),
        lambda notes: notes.merge(*at(notes, 0), "Li", at(notes, 1)[1]),
    ],
    ids=["save", "reject", "split", "merge"],
)
def test_what_the_history_has_and_the_manifest_lacks_is_done_at_the_next_start(
    folder: Path, edit: Callable[[Annotations], object]
) -> None:
    before = (folder / MANIFEST).read_bytes()
    edit(Annotations(folder))
    after = (folder / MANIFEST).read_bytes()
    (folder / MANIFEST).write_bytes(before)  # the machine went down in between
    Annotations(folder)
    assert (folder / MANIFEST).read_bytes() == after
    Annotations(folder).undo("Li")
    assert (folder / MANIFEST).read_bytes() == before
    (folder / MANIFEST).write_bytes(after)
    Annotations(folder)
    assert (folder / MANIFEST).read_bytes() == before


def test_a_split_cuts_before_the_frame(folder: Path) -> None:
    whole = list(read_frames(folder / "clips" / "0.mp4"))
    notes = Annotations(folder)
    save(notes, 0, "Li", "a boat")
    parts = notes.split(*at(notes, 0), "Li", 2)
    assert [part.frames for part in parts] == [2, 4]
    assert [record.file_name for record in parts] == names(folder)[:2]
    assert {part.caption for part in parts} == {"a boat"}
    assert {part.reviewed_by for part in parts} == {None}
    frames = [frame for part in parts for frame in read_frames(folder / part.file_name)]
    for one, other in zip(whole, frames, strict=True):
        assert np.abs(one.astype(int) - other).mean() < 3
    for frame in (0, 6, -1):
        with pytest.raises(InvalidRequest, match="frames 0 to 1 and was to be split at"):
            notes.split(*at(notes, 0), "Li", frame)


def test_a_merge_joins_neighbours_of_one_source_alone(folder: Path) -> None:
    notes = Annotations(folder)
    merged = notes.merge(*at(notes, 0), "Li", at(notes, 1)[1])
    assert (merged.frames, merged.caption) == (12, "clip 0 clip 1")
    assert names(folder) == [merged.file_name, "clips/2.mp4"]
    assert check_dataset(folder, workers=1).errors == 0
    with pytest.raises(InvalidRequest, match="is the last clip"):
        notes.merge(*at(notes, 1), "Li", "x")
    with pytest.raises(Conflict):
        notes.merge(*at(notes, 0), "Li", "x")
    records = read_manifest(folder)
    write_manifest(folder, [records[0], records[1].model_copy(update={"source": "other"})])
    notes = Annotations(folder)
    with pytest.raises(InvalidRequest, match="differ in source, rate or size"):
        notes.merge(*at(notes, 0), "Li", at(notes, 1)[1])


def test_cut_clips_are_split_and_merged_out_of_their_source(tmp_path: Path) -> None:
    film = films.letterbox(films.shot(1, 60, 160, 90), 20)
    path = films.write(tmp_path / "film.mkv", film, options={"crf": "8"})
    folder = tmp_path / "set"
    settings = CutSettings(min_lines=90, min_seconds=1)
    add_sources(folder, [path], workers=1)
    cut_sources(folder, settings, workers=1)
    notes = Annotations(folder)
    one, two = notes.split(*at(notes, 0), "Li", 20)
    assert (one.start, one.end, two.end) == (0, pytest.approx(20 / 24, abs=1e-6), 2.5)
    first = next(read_frames(folder / two.file_name))
    assert first.shape == (90, 160, 3)
    assert np.abs(first.astype(int) - film[20][20:-20]).mean() < 4
    merged = notes.merge(*at(notes, 0), "Li", at(notes, 1)[1])
    assert (merged.frames, merged.start, merged.end) == (60, 0, 2.5)
    notes.split(*at(notes, 0), "Li", 30)
    # a run of `cut` neither makes the clip again nor forgets the parts
    before = (folder / MANIFEST).read_bytes()
    assert cut_sources(folder, settings, workers=1).made == 0
    assert (folder / MANIFEST).read_bytes() == before
    path.unlink()  # without the source the clip itself is divided
    parts = notes.split(*at(notes, 1), "Li", 10)
    assert [(part.frames, part.start, part.end) for part in parts] == [
        (10, 1.25, pytest.approx(40 / 24, abs=1e-6)),
        (20, pytest.approx(40 / 24, abs=1e-6), 2.5),
    ]
    again = notes.merge(*at(notes, 1), "Li", at(notes, 2)[1])
    assert (again.frames, again.start, again.end) == (30, 1.25, 2.5)


def test_a_folder_that_is_full_is_told_and_nothing_is_lost(folder: Path) -> None:
    notes = Annotations(folder)
    (folder / HISTORY).mkdir()
    with pytest.raises(DatasetError, match=r"cannot write .*history\.jsonl"):
        save(notes, 0, "Li", "new")
    (folder / HISTORY).rmdir()
    assert notes.records()[0].caption == "clip 0"
    save(notes, 0, "Li", "new")
    assert read_manifest(folder)[0].caption == "new"
