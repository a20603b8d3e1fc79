"""`study.json`: what a study asks, and which video is of which method. It is never served."""

from __future__ import annotations

import json
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from conclvd.errors import DatasetError
from conclvd.files import read_text
from conclvd.lines import parse

PLAN: Final = "study.json"
VERSION: Final = 1

Mode = Literal["pairs", "ratings"]

# The four criteria of the paper's user study (section 4.3, Fig. 8).
CRITERIA: Final = {
    "text_alignment": "Text alignment",
    "temporal_consistency": "Temporal consistency",
    "painting_style": "Landscape painting style",
    "overall_quality": "Overall quality",
}
_CHOICES: Final[dict[Mode, tuple[str, ...]]] = {
    "pairs": ("left", "equal", "right"),
    "ratings": ("1", "2", "3", "4", "5"),
}


class Item(BaseModel):
    """One prompt and its videos: the random id of each, by method.

    `by_prompt_alone` are the methods whose video has not the seed of the others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str
    prompt_zh: str | None = None
    videos: dict[str, str]
    by_prompt_alone: tuple[str, ...] = ()


class Plan(BaseModel):
    """A study, fixed when it is made.

    In `pairs` two videos of a prompt are compared, in `ratings` one video at a time gets 1 (bad) to
    5 (excellent). `questions` and `checks` are for one participant. `seed` and the participant's
    code decide the order. Videos are `width` x `height` pixels. `left_out` says in words which
    videos could not be used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = VERSION
    mode: Mode
    questions: int = Field(ge=1)
    checks: int = Field(ge=0)
    seed: int
    width: int
    height: int
    methods: tuple[str, ...] = Field(min_length=2)
    items: tuple[Item, ...] = Field(min_length=1)
    left_out: tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be answered."""
        return _CHOICES[self.mode]

    @property
    def matched(self) -> str:
        """How videos were found to belong together, in words."""
        loose = [item.by_prompt_alone for item in self.items if item.by_prompt_alone]
        told = f"{len(self.items) - len(loose)} of {len(self.items)} by prompt and seed, or name"
        if not loose:
            return told
        counts = Counter(method for methods in loose for method in methods)
        whose = ", ".join(f"{method} {count}" for method, count in counts.items())
        return f"{told}; {len(loose)} by prompt alone, for the seed is another or not told: {whose}"

    @cached_property
    def of_video(self) -> dict[str, tuple[int, str]]:
        """Item number and method of each video id."""
        return {
            video: (number, method)
            for number, item in enumerate(self.items)
            for method, video in item.videos.items()
        }


def read_plan(folder: Path) -> Plan:
    """The plan of a study folder. Raises DatasetError."""
    path = folder / PLAN
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise DatasetError(
            f"there is no {PLAN} in {folder}; make a study with `conclvd evaluate study serve "
            "FOLDER --videos …`"
        ) from None
    found = _version(text)
    if found not in (None, VERSION):
        raise DatasetError(
            f"{path} is of version {found}, and this conclvd reads version {VERSION}; use the "
            "conclvd that made it"
        )
    return parse(text, Plan, str(path))


def _version(text: str) -> object:
    try:
        plain = json.loads(text)
    except ValueError:
        return None  # parse says what is wrong with it
    return plain.get("schema_version") if isinstance(plain, dict) else None
