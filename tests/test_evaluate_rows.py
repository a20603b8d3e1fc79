"""The rows between measuring and tables: they come back as written, and nothing counts twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conclvd.errors import DatasetError
from conclvd.evaluate.rows import read_rows, write_rows
from made_rows import row, some_rows


def test_rows_come_back_as_written(tmp_path: Path) -> None:
    rows = some_rows()
    write_rows(tmp_path / "rows.jsonl", rows)
    assert read_rows([tmp_path / "rows.jsonl"]) == rows
    first = json.loads((tmp_path / "rows.jsonl").read_text().splitlines()[0])
    keys = """schema_version method video prompt seed metric value n skipped clip reference flow
        flow_size device interval"""
    assert list(first) == keys.split()
    assert first["schema_version"] == 1


def test_zipped_rows_come_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    write_rows(path, some_rows())
    assert read_rows([path]) == some_rows()
    before = path.read_bytes()
    write_rows(path, some_rows())
    assert path.read_bytes() == before  # no date inside
    path.write_bytes(before[:-9])
    with pytest.raises(DatasetError, match=r"rows\.jsonl\.gz"):
        read_rows([path])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2"),
        ('{"method": "a"}', "video does not fit"),
        (row("a", "b", "flicker", 1.0).model_dump_json()[:-1] + ', "colour": 1}', "colour"),
        (row("a", "b", "flicker", 1.0).model_dump_json().replace("1.0", "null"), "either a value"),
        (row("a", "b", "flicker", 1.0).model_dump_json().replace("1.0", "NaN"), "value"),
        (row("a", "0.mp4", "flicker", 9.0).model_dump_json(), "again, after"),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_their_line(
    tmp_path: Path, line: str, message: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(row("a", "0.mp4", "flicker", 1.0).model_dump_json() + "\n" + line + "\n")
    with pytest.raises(DatasetError, match=message) as error:
        read_rows([path])
    assert "line 2" in str(error.value)


def test_measuring_with_a_second_clip_adds_to_the_first(tmp_path: Path) -> None:
    first = [row("a", "0.mp4", "clip-temp", 0.9), row("a", "0.mp4", "dynamic-degree", 0.5)]
    first.append(row("a", None, "dynamic-degree", None, prompt="lost"))
    second = [row("a", "0.mp4", "clip-temp", 0.8, clip="other 1"), *first[1:]]
    paths = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    for path, rows in zip(paths, (first, second), strict=True):
        write_rows(path, rows)
    assert read_rows(paths) == [*first, second[0]]
    other = second[1].model_copy(update={"value": 0.6})
    write_rows(paths[1], [other])
    with pytest.raises(DatasetError, match="again, after"):
        read_rows(paths)


def test_two_prompts_alike_without_videos_are_two_rows(tmp_path: Path) -> None:
    missing = row("a", None, "flicker", None, prompt="same")
    write_rows(tmp_path / "rows.jsonl", [missing, missing])
    assert len(read_rows([tmp_path / "rows.jsonl"])) == 2
