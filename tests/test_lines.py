"""JSON lines: what was acknowledged is there, what was never finished is not, wherever it is."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from conclvd.errors import DatasetError, TrainingError
from conclvd.lines import append_line, numbered, parse, parse_object, read_lines, write_lines


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    count: int = 0
    note: str | None = None


BOAT, CRANE, HILL = Said(name="一叶扁舟", count=1), Said(name="鹤"), Said(name="a\u2028hill")


def test_lines_are_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert read_lines(path, Said) == []
    write_lines(path, [BOAT, CRANE, HILL])
    assert read_lines(path, Said) == [BOAT, CRANE, HILL]
    assert path.read_text("utf-8").split("\n")[0] == '{"name":"一叶扁舟","count":1}'
    write_lines(path, [{"name": "舟", "note": None}, '{"name": "as it is"}\n'])
    assert path.read_text("utf-8") == '{"name": "舟", "note": null}\n{"name": "as it is"}\n'
    write_lines(path, [])
    append_line(path, BOAT)
    append_line(path, {"name": "鹤"})
    assert read_lines(path, Said) == [BOAT, CRANE]


def test_each_line_has_its_number_and_blank_ones_count_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('\n{"name": "a"}\r\n  \n{"name": "b"}', encoding="utf-8-sig")
    found = numbered(path)
    assert [where.rsplit(" ", 1)[1] for where, _ in found] == ["2", "4"]
    assert [parse(line, Said, where).name for where, line in found] == ["a", "b"]


@pytest.mark.parametrize("kept", [BOAT.model_dump_json(), json.dumps({"name": '\U0001f600 \\ "'})])
def test_wherever_a_line_is_torn_it_is_left_out_and_replaced(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "a.jsonl"
    line = kept.encode()
    for size in range(len(line) + 1):
        for zeros in (b"", b"\0" * 5):  # as some file systems fill up what was not written
            path.write_bytes(b'{"name":"first"}\n' + line[:size] + zeros)
            there = ["first"]
            if size == len(line):  # it lacks its end alone
                there.append(json.loads(kept)["name"])
            assert [said.name for said in read_lines(path, Said)] == there, size
            append_line(path, CRANE)
            assert [said.name for said in read_lines(path, Said)] == [*there, "鹤"], size
            assert path.read_bytes().endswith(b'\n{"name":"\xe9\xb9\xa4","count":0}\n')


def test_a_last_line_that_an_editor_left_without_its_end_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"name": "a"}\n{"name": "b"}')
    assert len(read_lines(path, Said)) == 2
    append_line(path, CRANE)
    assert [said.name for said in read_lines(path, Said)] == ["a", "b", "鹤"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"name": "a"}\n{"name": "b"\n{"name": "c"}\n', "line 2 is not JSON"),  # torn, and ended
        ('{"name": "a"}\n{name: "b"', "line 2 is not JSON"),  # not torn: somebody's mistake
        ('{"name": "a"}\n{"name": "b"} x', "line 2 is not JSON"),
        ("a boat", "line 1 is not JSON"),
        ('{"name": 1}', "line 1: name does not fit"),
        ('{"name": "a", "nam": 1}', "line 1: unknown key 'nam'"),
        ("[]", "line 1: the record does not fit"),
        ('{"name": "\\ud800"}', "line 1 is not JSON"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    with pytest.raises(TrainingError, match=message) as refusal:
        read_lines(path, Said, TrainingError)
    assert "\n" not in str(refusal.value)
    append_line(path, CRANE)  # nothing of it is lost by going on
    assert path.read_text().startswith(text.removesuffix("\n") + "\n")


@pytest.mark.parametrize("text", ["[1]", "1", '"a"', "{", "", "[" * 100_000])
def test_plain_objects_are_objects(text: str) -> None:
    with pytest.raises(DatasetError, match=r"^here is (no record|not JSON)"):
        parse_object(text, "here")
    assert parse_object('{"a": 1}', "here") == {"a": 1}


def test_other_encodings_are_told_and_a_torn_character_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for encoding in ("gbk", "utf-16"):
        path.write_text('{"name": "一叶扁舟"}\n', encoding=encoding)
        with pytest.raises(DatasetError, match=r"a\.jsonl: .*UTF-8"):
            read_lines(path, Said)


def test_a_full_disk_adds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_lines(path, [BOAT])
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))  # room for half a line
    try:
        with pytest.raises(TrainingError, match=f"cannot write {path}"):
            append_line(path, Said(name="x" * 100), TrainingError)
        with pytest.raises(DatasetError, match=f"cannot write {path}"):
            write_lines(path, [Said(name="x" * 100)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


APPENDER = """
import sys
from pathlib import Path
from conclvd.lines import append_line

for number in range(1_000_000):
    append_line(Path(sys.argv[1]), {"name": "鹤" * 200, "count": number})
    print(number, flush=True)
"""


def test_a_killed_process_has_kept_what_it_said_it_had(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    told = -1
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(20):
                told = int(process.stdout.readline())
            process.kill()
            told = max([told, *map(int, process.stdout.read().split())])
        found = [said.count for said in read_lines(path, Said)]
        assert found[-1] >= told
        path.write_bytes(path.read_bytes()[:-7])
        assert [said.count for said in read_lines(path, Said)] == found[:-1]
