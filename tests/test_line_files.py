"""One policy for every file of lines that the program writes or reads."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

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
from conclvd.lines import append_line, read_lines
from conclvd.manifest import MANIFEST, ClipRecord, append_record, read_manifest, write_manifest
from conclvd.study.answers import ANSWERS, Answer, read_answers
from conclvd.train.clips import read_entries
from conclvd.train.journal import LOG, read_log
from made_rows import some_rows

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
