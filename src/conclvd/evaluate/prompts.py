"""The prompts of a comparison: read from a file, or the captions of held-out painted scenes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from conclvd.errors import DatasetError, InvalidRequest, MediaError
from conclvd.evaluate.captioned import Prompted, told_lines
from conclvd.files import write_text
from conclvd.generate.request import SEEDS
from conclvd.lines import parse

MOST_PROMPTS: Final = 10_000  # file names have room for four digits


def read_prompts(path: Path) -> list[str]:
    """The prompts of a text file, one a line, or the captions of a JSONL file.

    Blank lines are passed over; of JSONL only `caption` (or `text`, or `prompt`) is read, so that
    the metadata of a dataset folder does. Raises InvalidRequest when there is no such file,
    DatasetError for what it holds.
    """
    prompts = [
        parse(line, Prompted, where).caption if path.suffix == ".jsonl" else line
        for where, line in told_lines(path)
    ]
    if not 1 <= len(prompts) <= MOST_PROMPTS:
        raise DatasetError(f"{path} holds {len(prompts)} prompts; write 1 to {MOST_PROMPTS}")
    return prompts


def read_seeds(text: str) -> list[int]:
    """ "0,1,2" as seeds; InvalidRequest for anything else."""
    try:
        seeds = [int(part) for part in text.split(",")]
    except ValueError:
        seeds = []
    if not seeds or len(set(seeds)) < len(seeds) or not all(0 <= s < SEEDS for s in seeds):
        raise InvalidRequest(f"seeds are different numbers such as 0,1,2, found {text!r}")
    return seeds


def write_prompts(path: Path, prompts: Sequence[str]) -> None:
    """Write prompts as `read_prompts` reads them; the file takes its place when it is whole."""
    as_json = path.suffix == ".jsonl"
    lines = [json.dumps({"caption": p}, ensure_ascii=False) if as_json else p for p in prompts]
    write_text(path, "\n".join(lines) + "\n", MediaError)
