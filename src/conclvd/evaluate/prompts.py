"""The prompts of a comparison: read from a file, or the captions of held-out painted scenes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from conclvd.errors import DatasetError, InvalidRequest
from conclvd.generate.request import SEEDS
from conclvd.video.beside import beside

MOST_PROMPTS: Final = 10_000  # file names have room for four digits


def read_prompts(path: Path) -> list[str]:
    """The prompts of a text file, one a line, or the captions of a JSONL file.

    Blank lines are passed over; of JSONL only `caption` is read, so that the metadata of a dataset
    folder does. Raises InvalidRequest when there is no such file, DatasetError for what it holds.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise InvalidRequest(f"there is no file of prompts at {path}; check the name") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read the prompts in {path}: {error}") from error
    told = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if path.suffix == ".jsonl":
        prompts = [_caption(line, f"{path} line {number}") for number, line in told]
    else:
        prompts = [line for _, line in told]
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


def _caption(line: str, where: str) -> str:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where} is not JSON: {error}") from error
    caption = found.get("caption") if isinstance(found, dict) else None
    if not isinstance(caption, str) or not caption.strip():
        raise DatasetError(f'{where} has no caption; write {{"caption": "a sentence"}}')
    return caption.strip()


def write_prompts(path: Path, prompts: Sequence[str]) -> None:
    """Write prompts as `read_prompts` reads them; the file takes its place when it is whole."""
    as_json = path.suffix == ".jsonl"
    lines = [json.dumps({"caption": p}, ensure_ascii=False) if as_json else p for p in prompts]
    with beside(path) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
