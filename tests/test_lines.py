"""JSON lines: what was acknowledged is there, what was never finished is not, wherever it is."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from conclvd.curate.bars import Crop
from conclvd.curate.clip_file import Span
from conclvd.curate.cut import CUTS, CutRecord, read_cuts
from conclvd.curate.facts import VideoFacts
from conclvd.curate.history import HISTORY, Edit
from conclvd.curate.source_file import SOURCES, SourceRecord, read_sources
from conclvd.errors import DatasetError, TrainingError
from conclvd.evaluate.captioned import Told, read_captions
from conclvd.evaluate.prompts import read_prompts, write_prompts
from conclvd.evaluate.records import (
    ASKED_FILE,
    METHODS_FILE,
    AskedRow,
    MethodRow,
    VideoRow,
    read_asked,
    read_methods,
    read_videos,
    write_asked,
    write_methods,
    write_videos,
)
from conclvd.evaluate.rows import read_rows, write_rows
from conclvd.lines import append_line, numbered, parse, parse_object, read_lines, write_lines
from conclvd.manifest import MANIFEST, ClipRecord, append_record, read_manifest, write_manifest
from conclvd.study.answers import ANSWERS, Answer, read_answers
from conclvd.train.clips import read_entries
from conclvd.train.journal import LOG, read_log
from made_rows import some_rows


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


# --- every file of lines that there is ---------------------------------------------------------

FACTS = VideoFacts(width=8, height=8, fps=Fraction(24), frames=24, seconds=1, time_base=1)
SPAN = Span(path="a.mp4", facts=FACTS, start=0, stop=24, crop=Crop(0, 0, 8, 8))


def clip(number: int) -> ClipRecord:
    return ClipRecord(file_name=f"clips/{number}.mp4", caption="a boat", caption_zh="一叶扁舟")


def appended(name: str, record: Callable[[int], Any]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for number in range(3):
            append_line(folder / name, record(number))

    return write


def source(number: int) -> SourceRecord:
    return SourceRecord(
        path=f"/{number}.mp4", name="山水", license="CC0", sha256="0" * 64, bytes=1, facts=FACTS
    )


def answer(number: int) -> Answer:
    return Answer(code="李", question=number, left="a", right="b", criterion="c", value="left")


def edit(number: int) -> Edit:
    return Edit(
        number=number, at="", by="李", action="save", place=0, before=(clip(0),), after=(clip(1),)
    )


def video(number: int) -> VideoRow:
    return VideoRow(file_name=f"{number}.mp4", caption="舟", method="a", settings="s", sha256="0")


def method(number: int) -> MethodRow:
    return MethodRow(name="舟", slug=str(number), status="done", videos=1)


def asked(number: int) -> AskedRow:
    return AskedRow(name=str(number), caption="舟", seed=number)


# The name of each file, what writes three lines of it, and what reads them.
KINDS: dict[str, tuple[str, Callable[[Path], None], Callable[[Path], Any]]] = {
    "manifest": (
        MANIFEST,
        lambda folder: write_manifest(folder, map(clip, range(3))),
        read_manifest,
    ),
    "manifest, appended": (
        MANIFEST,
        lambda folder: [append_record(folder, clip(n)) for n in range(3)] and None,
        read_manifest,
    ),
    "manifest, trained on": (
        MANIFEST,
        lambda folder: write_manifest(folder, map(clip, range(3))),
        lambda folder: list(read_entries(folder, ["caption"])),
    ),
    "manifest, told": (
        MANIFEST,
        lambda folder: write_manifest(folder, map(clip, range(3))),
        lambda folder: read_captions(folder / MANIFEST, Told),
    ),
    "sources": (SOURCES, appended(SOURCES, source), read_sources),
    "cuts": (
        CUTS,
        appended(CUTS, lambda n: CutRecord(file_name=f"{n}.mp4", spans=(SPAN,))),
        lambda folder: list(read_cuts(folder)),
    ),
    "history": (
        HISTORY,
        appended(HISTORY, edit),
        lambda folder: read_lines(folder / HISTORY, Edit),
    ),
    "answers": (ANSWERS, appended(ANSWERS, answer), read_answers),
    "log": (LOG, appended(LOG, lambda n: {"step": n, "clips": ["舟"]}), read_log),
    "videos": (
        MANIFEST,
        lambda folder: write_videos(folder, map(video, range(3))),
        read_videos,
    ),
    "methods": (
        METHODS_FILE,
        lambda folder: write_methods(folder, map(method, range(3))),
        read_methods,
    ),
    "asked": (ASKED_FILE, lambda folder: write_asked(folder, map(asked, range(3))), read_asked),
    "rows": (
        "rows.jsonl",
        lambda folder: write_rows(folder / "rows.jsonl", some_rows()[:3]),
        lambda folder: read_rows([folder / "rows.jsonl"]),
    ),
    "prompts": (
        "prompts.jsonl",
        lambda folder: write_prompts(folder / "prompts.jsonl", ["舟", "a boat", "鹤"]),
        lambda folder: read_prompts(folder / "prompts.jsonl"),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_one_policy_for_every_file_of_lines(tmp_path: Path, kind: str) -> None:
    name, write, read = KINDS[kind]
    path = tmp_path / name
    write(tmp_path)
    content, found = path.read_bytes(), read(tmp_path)
    assert len(found) == 3
    assert {other.name for other in tmp_path.iterdir()} == {name}
    same = {
        "with a mark": b"\xef\xbb\xbf" + content,
        "as Windows ends lines": content.replace(b"\n", b"\r\n"),
        "with blank lines": b"\n" + content.replace(b"\n", b"\n \n"),
        "without the last end": content.removesuffix(b"\n"),
        "with a torn line behind": content + b'{"name": "\xe4\xb8',
    }
    for how, changed in same.items():
        path.write_bytes(changed)
        assert read(tmp_path) == found, how
    path.write_bytes(content[:-3])  # the last one is torn
    assert read(tmp_path) == found[:2]
    path.write_bytes(content + b"{boat}\n")
    with pytest.raises((DatasetError, TrainingError), match=rf"{name} line 4 is not JSON"):
        read(tmp_path)
    path.write_bytes(content + '{"name": "一叶扁舟"}\n'.encode("gbk"))
    with pytest.raises((DatasetError, TrainingError), match=rf"{name}: .*UTF-8"):
        read(tmp_path)
