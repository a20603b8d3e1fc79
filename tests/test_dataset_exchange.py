"""Datasets to other layouts and back: nothing is lost that the layout can hold."""

import csv
import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

import films
from clip_folders import dataset
from conclvd.curate.check import check_dataset
from conclvd.curate.export import export_dataset
from conclvd.curate.intake import import_dataset
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.manifest import MANIFEST, ClipRecord, read_manifest
from naming import named


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def about(number: int) -> dict[str, Any]:
        return {
            "caption": f'{number + 2} "boats", <b>one</b> lake',
            "caption_zh": "一叶\u2028扁舟",
            "tags": ("season:autumn",),
            "split": "test" if number == 3 else "train",
        }

    return dataset(tmp_path_factory.mktemp("data") / "set", 4, name="-{} 片.mp4", about=about)


def out(folder: Path, target: Path, layout: str, **more: Any) -> Path:
    assert export_dataset(folder, target, layout, report=lambda *_: None, **more) == 4
    return target


def back(source: Path, target: Path, **more: Any) -> list[ClipRecord]:
    count, left, _ = import_dataset(source, target, report=lambda _: None, **more)
    assert left == []
    records = read_manifest(target)
    assert count == len(records)
    assert check_dataset(target, workers=1).findings == ()
    assert sorted(p.name for p in target.iterdir()) == ["clips", MANIFEST]
    return records


def without_names(records: list[ClipRecord]) -> list[ClipRecord]:
    named = [record.model_copy(update={"file_name": ""}) for record in records]
    return sorted(named, key=lambda record: record.caption)


def test_videofolder_there_and_back(folder: Path, tmp_path: Path) -> None:
    target = out(folder, tmp_path / "out", "videofolder")
    assert [r.split for r in read_manifest(target / "train")] == ["train"] * 3
    assert [r.split for r in read_manifest(target / "test")] == ["test"]
    again = back(target, tmp_path / "back")
    assert without_names(again) == without_names(read_manifest(folder))


def test_the_hub_finds_the_same_columns_of_the_same_types_in_every_split(tmp_path: Path) -> None:
    # `datasets.load_dataset` refuses splits whose columns differ
    uneven: list[dict[str, Any]] = [
        {"split": "train", "attributes": {"wind": None, "water": True}, "start": 0, "end": 1},
        {"split": "train", "reviewed_by": "Li", "license": "CC0-1.0", "flags": ("subtitles",)},
        {"split": "test", "caption_zh": "舟", "tags": ("season:autumn",), "seed": 5},
        {"split": "test", "attributes": {"elements": [{"kind": "boat", "side": None}]}},
    ]
    folder = dataset(tmp_path / "set", 4, about=uneven.__getitem__)
    target = out(folder, tmp_path / "out", "videofolder")
    columns = []
    for split in ("train", "test"):
        lines = (target / split / MANIFEST).read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        assert {tuple(row) for row in rows} == {tuple(rows[0])}
        types = {name: {type(row[name]) for row in rows} for name in rows[0]}
        assert all(len(found) == 1 for found in types.values())  # no null, either
        assert all(row["tags"] and row["flags"] for row in rows)  # of an empty list none knows
        columns.append(types)
    assert columns[0] == columns[1]
    assert {"start", "end", "seed"}.isdisjoint(columns[0])  # one of the splits has none of them
    card = (target / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlanguage:\n- en\n- zh\n")
    assert "  - split: test\n    path: test/**\n---\n" in card
    lost = {"start": None, "end": None, "seed": None}
    expected = [record.model_copy(update=lost) for record in read_manifest(folder)]
    assert without_names(back(target, tmp_path / "back")) == without_names(expected)


def test_what_others_write_beside_captions_is_told_and_left_out(tmp_path: Path) -> None:
    source = dataset(tmp_path / "theirs", 3)
    lines = [
        {"file_name": "clips/0.mp4", "text": "a boat", "url": "http://a", "views": 3},
        {"file_name": "clips/0.mp4", "text": "again"},
        {"file_name": "../../passwd", "text": "outside"},
        {"file_name": "clips/1.mp4", "caption": "a crane", "duration": 2.5},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines) + "[1]\n{\n"
    (source / MANIFEST).write_text(text)
    done = import_dataset(source, tmp_path / "set", report=lambda _: None)
    assert (done.clips, done.columns) == (2, ["duration", "url", "views"])
    for message, told in zip(
        ("listed twice", "file_name does not fit", "is no record", "is not JSON"),
        done.left,
        strict=True,
    ):
        assert message in told
    assert [r.caption for r in read_manifest(tmp_path / "set")] == ["a boat", "a crane"]


def test_webdataset_there_and_back(folder: Path, tmp_path: Path) -> None:
    most = 2 * max(path.stat().st_size for path in (folder / "clips").iterdir())
    target = out(folder, tmp_path / "out", "webdataset", shard_bytes=most)
    assert sorted(path.name for path in target.iterdir()) == [
        "test-00000.tar",
        "train-00000.tar",
        "train-00001.tar",
    ]
    with tarfile.open(target / "train-00000.tar") as shard:
        assert shard.getnames()[:3] == ["00000000.json", "00000000.txt", "00000000.mp4"]
    again = back(target, tmp_path / "back")
    assert without_names(again) == without_names(read_manifest(folder))


def test_animatediff_there_and_back(folder: Path, tmp_path: Path) -> None:
    target = out(folder, tmp_path / "out", "animatediff")
    with (target / "captions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "videoid": "00000000",
        "name": '2 "boats", <b>one</b> lake',
        "page_dir": "train",
    }
    again = back(target / "captions.csv", tmp_path / "back")
    before = read_manifest(folder)
    assert [r.caption for r in again] == [r.caption for r in before]
    assert [r.sha256 for r in again] == [r.sha256 for r in before]


def test_videos_with_their_captions_beside_them(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    films.write(raw / "a.mp4", films.shot(1, 3, 64, 48))
    films.write(raw / "b.mp4", films.shot(2, 3, 64, 48))
    (raw / "a.txt").write_text("\ufeffa boat\n", encoding="utf-8")  # as some editors save it
    count, left, _ = import_dataset(raw, tmp_path / "set", report=lambda _: None)
    assert count == 1
    assert read_manifest(tmp_path / "set")[0].caption == "a boat"
    assert len(left) == 1
    assert "b.mp4 has no caption; write it into b.txt" in left[0]


def test_what_cannot_be_used_is_told_and_the_rest_goes_on(folder: Path, tmp_path: Path) -> None:
    target = out(folder, tmp_path / "out", "animatediff")
    (target / "videos" / "00000001.mp4").write_bytes(b"half")
    with (target / "captions.csv").open("a") as file:
        file.write("../../set/clips/-0 片,outside,x\nnone,missing,x\n")
    count, left, _ = import_dataset(
        target / "captions.csv", tmp_path / "set", report=lambda _: None
    )
    assert count == 3
    assert "00000001.mp4" in left[0]
    assert "line 6" in left[1]
    assert "line 7" in left[2]
    assert "the file is missing" in left[2]


def test_paths_that_leave_the_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    target = out(folder, tmp_path / "out", "animatediff")
    outside = tmp_path / "secret.mp4"
    outside.write_bytes((target / "videos" / "00000000.mp4").read_bytes())
    (target / "captions.csv").write_text("videoid,name\n../../secret,x\n")
    with pytest.raises(DatasetError, match="secret"):
        import_dataset(target / "captions.csv", tmp_path / "set", report=lambda _: None)
    shards = tmp_path / "shards"
    shards.mkdir()
    with tarfile.open(shards / "a.tar", "w") as file:
        for name, content in {
            "../../evil.mp4": outside.read_bytes(),
            "../../evil.json": json.dumps({"caption": "x", "file_name": "../evil.mp4"}).encode(),
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    records = back(shards, tmp_path / "tarred")
    assert [record.file_name for record in records] == ["clips/000000.mp4"]
    assert not (tmp_path.parent / "evil.mp4").exists()


def test_a_broken_shard_is_told(folder: Path, tmp_path: Path) -> None:
    target = out(folder, tmp_path / "out", "webdataset")
    shard = target / "train-00000.tar"
    whole = shard.read_bytes()
    with tarfile.open(shard) as file:
        starts = {member.name: member.offset for member in file.getmembers()}
        data = {member.name: member.offset_data for member in file.getmembers()}
    second = {name.split(".")[1]: name for name in starts if name.startswith("00000001")}
    for place, (end, lines) in enumerate(
        {
            "between two samples": (starts[second["json"]], 1),
            "within a name": (starts[second["json"]] + 100, 1),
            "without its video": (starts[second["mp4"]], 2),
            "within a video": (data[second["mp4"]] + 700, 1),
        }.values()
    ):
        shard.write_bytes(whole[:end])
        count, left, _ = import_dataset(target, tmp_path / f"{place}", report=lambda _: None)
        assert count == 2  # the first, and the one of the split test
        assert len(left) == lines
        assert all("train-00000.tar" in line for line in left)


def test_what_is_no_text_is_told(folder: Path, tmp_path: Path) -> None:
    clip = (folder / read_manifest(folder)[0].file_name).read_bytes()
    chinese = "一叶扁舟".encode("gbk")
    (tmp_path / "a.csv").write_bytes(b"videoid,name\na," + chinese)
    with pytest.raises(DatasetError, match=named("a.csv UTF-8")):
        import_dataset(tmp_path / "a.csv", tmp_path / "out", report=lambda _: None)
    pairs, shards = tmp_path / "pairs", tmp_path / "shards"
    pairs.mkdir()
    shards.mkdir()
    for name, caption in {"a": chinese, "b": b"a boat"}.items():
        (pairs / f"{name}.mp4").write_bytes(clip)
        (pairs / f"{name}.txt").write_bytes(caption)
    members = {
        "0.json": b"{",
        "0.mp4": clip,
        "1.json": b"[1]",
        "1.mp4": clip,
        "2.txt": chinese,
        "2.mp4": clip,
        "3.txt": b"a boat",
        "3.mp4": clip,
        "3.jpg": b"its cover",
    }
    with tarfile.open(shards / "a.tar", "w") as shard:
        for name, content in members.items():
            information = tarfile.TarInfo(name)
            information.size = len(content)
            shard.addfile(information, io.BytesIO(content))
    for source, names in {pairs: ["a.txt"], shards: ["0.json", "1.json", "2.txt"]}.items():
        target = tmp_path / f"set {source.name}"
        count, left, _ = import_dataset(source, target, report=lambda _: None)
        assert count == 1
        assert all(name in told for name, told in zip(names, left, strict=True))
        assert read_manifest(target)[0].caption == "a boat"


def test_wrong_use_is_refused_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"zip.*videofolder"):
        export_dataset(folder, tmp_path / "out", "zip", report=lambda *_: None)
    with pytest.raises(DatasetError, match=re.escape(str(folder))):
        export_dataset(folder, folder, "webdataset", report=lambda *_: None)
    with pytest.raises(DatasetError, match="none"):
        import_dataset(tmp_path / "none", tmp_path / "out", report=lambda _: None)
    with pytest.raises(DatasetError, match="CSV"):
        import_dataset(tmp_path, tmp_path / "out", report=lambda _: None)
    (tmp_path / "a.csv").write_text("id,caption\n1,x\n")
    with pytest.raises(DatasetError, match=r"videoid.*name"):
        import_dataset(tmp_path / "a.csv", tmp_path / "out", report=lambda _: None)

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_dataset(folder, tmp_path / "out", "videofolder", report=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
