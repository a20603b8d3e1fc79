"""`benchmarks/tables.py`, which makes the paper's tables in one go."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import table_run
from conclvd.evaluate.formats import comma_separated
from conclvd.evaluate.rows import read_rows
from conclvd.evaluate.table import build_table
from methods_sheet import GAP, HEAD, SIDE, methods_sheet
from video_files import frames, video


def test_a_sheet_has_a_column_a_method_and_room_for_what_is_missing(tmp_path: Path) -> None:
    there = video(tmp_path / "0000-s0.gif", frames(count=3))
    picture = np.asarray(methods_sheet({"one": [there], "other": [tmp_path / "0001-s0"]}))
    left, right = np.split(picture, 2, axis=1)
    assert left[HEAD : HEAD + SIDE, : 3 * SIDE].std() > 10
    assert (right[HEAD:] == 255).all()


@pytest.mark.slow
def test_the_tables_are_made_and_come_from_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base_folder: Path
) -> None:
    """Two prompts by a tiny model."""
    out = tmp_path / "out"
    command = ["tables.py", "--out", out, "--videos", tmp_path / "v", "--model", base_folder]
    command += ["--prompts", 2, "--reference", 8, "--seeds", 0, "--frames", 2, "--steps", 2]
    command += ["--size", 64, "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", [*map(str, command)])
    table_run.main("The tables.")
    rows = read_rows([out / "rows.jsonl.gz"])
    assert comma_separated(build_table(rows)) == (out / "tables.csv").read_text(encoding="utf-8")
    text = (out / "tables.md").read_text(encoding="utf-8")
    assert "| ConCLVD |" in text
    assert "| painted-clips |" in text
    assert "without SC-Attn: not available: its weights were not given" in text
    assert len((out / "prompts.txt").read_text(encoding="utf-8").splitlines()) == 2
    with Image.open(out / "sheet.jpg") as sheet:
        assert (sheet.width, sheet.height) == (3 * (3 * SIDE + GAP), HEAD + 2 * (SIDE + GAP))
    assert r"\begin{table}" in (out / "tables.tex").read_text(encoding="utf-8")
