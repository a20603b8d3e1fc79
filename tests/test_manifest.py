"""The dataset folder's manifest: there and back, and refusals with the line."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from conclvd.errors import DatasetError
from conclvd.manifest import (
    MANIFEST,
    ClipRecord,
    append_record,
    read_manifest,
    write_manifest,
)
from naming import named


def record(number: int = 0, **changes: Any) -> ClipRecord:
    fields: dict[str, Any] = {
        "file_name": f"clips/{number:06d}.mp4",
        "caption": "a boat on a misty lake",
        "caption_zh": "一叶扁舟\u2028雾里",  # a character that ends a line for str.splitlines
        "attributes": {"palette": "mist", "elements": [{"kind": "boat", "side": None}]},
        "seed": number,
        "fps": Fraction(30000, 1001),
        "frames": 48,
        "width": 1280,
        "height": 720,
        "sha256": "0" * 64,
    }
    return ClipRecord(**fields | changes)


def lines(folder: Path, *changes: dict[str, Any]) -> None:
    """A manifest by hand: one good record a line, each with some keys changed."""
    plain = [record(n).model_dump(mode="json") | change for n, change in enumerate(changes)]
    (folder / MANIFEST).write_text("".join(json.dumps(line) + "\n" for line in plain))


def test_records_come_back(tmp_path: Path) -> None:
    records = [record(0), record(1, caption_zh=None, attributes=None, seed=None, fps=24)]
    write_manifest(tmp_path, records)
    assert read_manifest(tmp_path) == records
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


def test_appending_gives_the_same_file(tmp_path: Path) -> None:
    write_manifest(tmp_path, [record(0), record(1)])
    whole = (tmp_path / MANIFEST).read_bytes()
    (tmp_path / MANIFEST).unlink()
    append_record(tmp_path, record(0))
    append_record(tmp_path, record(1))
    assert (tmp_path / MANIFEST).read_bytes() == whole


def test_file_name_is_first_and_text_readable(tmp_path: Path) -> None:
    write_manifest(tmp_path, [record()])
    line = (tmp_path / MANIFEST).read_text(encoding="utf-8")
    assert line.startswith('{"file_name": "clips/000000.mp4", "schema_version": 2, "caption": ')
    assert "一叶扁舟" in line
    assert '"fps": "30000/1001"' in line


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": "x"}, "line 2 'colour'"),
        ({"frames": 0}, "line 2 frames"),
        ({"fps": "fast"}, "line 2 fps"),
        ({"fps": "0"}, "line 2 fps"),
        ({"sha256": "abc"}, "line 2 sha256"),
        ({"schema_version": 3}, "line 2 schema_version"),
        ({"file_name": "../secret.mp4"}, "line 2 file_name"),
        ({"file_name": "..\\secret.mp4"}, "line 2 file_name"),
        ({"file_name": "a\nb.mp4"}, "line 2 file_name"),
        ({"file_name": "/etc/passwd"}, "line 2 file_name"),
        ({"file_name": "a\0.mp4"}, "line 2 file_name"),
        ({"file_name": "."}, "line 2 file_name"),
        ({"start": 2.0, "end": 1.0}, "line 2 end 1.0"),
        ({"start": float("nan")}, "line 2 start"),
        ({"tags": ["colour:red"]}, "line 2 tags.0"),
        ({"reviewed_by": 5}, "line 2 reviewed_by"),
        ({"attributes": "{palette"}, "line 2 record"),
        ({"split": "../train"}, "line 2 split"),
        ({"file_name": "clips/000000.mp4"}, "clips/000000.mp4"),
        ({"caption": None}, "line 2 caption"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    lines(tmp_path, {}, change)
    with pytest.raises(DatasetError, match=named(words)) as refusal:
        read_manifest(tmp_path)
    assert "\n" not in str(refusal.value)


def test_what_is_not_json_is_refused_with_its_line(tmp_path: Path) -> None:
    lines(tmp_path, {}, {})
    with (tmp_path / MANIFEST).open("a") as file:
        file.write("{boat}\n")
    with pytest.raises(DatasetError, match=r"line 3.*JSON"):
        read_manifest(tmp_path)


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"metadata\.jsonl"):
        read_manifest(tmp_path)


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    write_manifest(tmp_path, [record(0), record(1)])
    path = tmp_path / MANIFEST
    path.write_bytes(path.read_bytes()[:-20])
    assert read_manifest(tmp_path) == [record(0)]
    append_record(tmp_path, record(2))  # takes its place
    assert read_manifest(tmp_path) == [record(0), record(2)]


def test_a_folder_that_cannot_be_written_to_is_named() -> None:
    with pytest.raises(DatasetError, match=r"/proc/self/metadata\.jsonl"):
        write_manifest(Path("/proc/self"), [record()])
    with pytest.raises(DatasetError, match=r"/proc/self/metadata\.jsonl"):
        append_record(Path("/proc/self"), record())


def test_schema_version_1_and_hand_made_lines_are_read(tmp_path: Path) -> None:
    old = {"file_name": "a.mp4", "schema_version": 1, "text": "a boat", "text_zh": "舟", "seed": 1}
    by_hand = {"file_name": "b.mp4", "text": "a hill"}
    bare = {"file_name": "c.mp4", "caption": ""}
    rows = (json.dumps(row) for row in (old, by_hand, bare))
    # with the mark that some editors put first
    (tmp_path / MANIFEST).write_text("\ufeff" + "\n".join(rows), encoding="utf-8")
    assert read_manifest(tmp_path) == [
        ClipRecord(file_name="a.mp4", caption="a boat", caption_zh="舟", seed=1),
        ClipRecord(file_name="b.mp4", caption="a hill"),
        ClipRecord(file_name="c.mp4", caption=""),
    ]
    write_manifest(tmp_path, read_manifest(tmp_path))
    assert '"caption": "a boat"' in (tmp_path / MANIFEST).read_text()


def test_the_origin_is_what_splits_must_not_share() -> None:
    painted = record(0, source="painter", seed=3)
    assert painted.origin != record(1, source="painter", seed=4).origin
    cut = record(0, source="a.mp4", source_sha256="a" * 64)
    assert cut.origin == record(1, source="b.mp4", source_sha256="a" * 64, seed=4).origin
    assert record(0, seed=None).origin == "clips/000000.mp4"
