"""Files of captions: `metadata.jsonl` and JSONL files of prompts, one record a video."""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from conclvd.errors import DatasetError, InvalidRequest
from conclvd.evaluate.entry import Making
from conclvd.lines import numbered, parse

Record = TypeVar("Record", bound="Told")
# What a record calls its prompt: ours, the videofolder convention's, that of other programs.
_CAPTION_KEYS: Final = ("caption", "text", "prompt")


class Prompted(BaseModel):
    """A record of a prompt, under whichever of caption, text and prompt it stands first.

    The videofolder convention lets tools add columns of their own: what is not asked for is passed
    over.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    caption: str

    @model_validator(mode="before")
    @classmethod
    def _named_otherwise(cls, found: object) -> object:
        if not isinstance(found, dict):
            return found
        told = (found.get(key) for key in _CAPTION_KEYS)
        texts = (text.strip() for text in told if isinstance(text, str))
        return found | {"caption": next(filter(None, texts), None)}

    @field_validator("caption", mode="before")
    @classmethod
    def _there(cls, caption: str | None) -> str:
        if caption is None:
            raise ValueError(f"there is none; write it as {' or '.join(_CAPTION_KEYS)}")
        return caption


class Told(Prompted):
    """Of which prompt a video is, and of which seed."""

    file_name: str = Field(min_length=1)
    caption_zh: str | None = None
    seed: int | None = None

    @field_validator("file_name")
    @classmethod
    def _inside(cls, name: str) -> str:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("name a file inside the folder of videos")
        return path.as_posix()


class Captioned(Told):
    """A line of `metadata.jsonl` or of a JSONL file of prompts, with what the video cost."""

    method: str | None = None
    seconds: float | None = None
    peak_gib: float | None = None
    device: str | None = None
    batch: int | None = None

    def making(self, together: int) -> Making | None:
        """What the video cost to make, None when its seconds or the device were not noted.

        `together` is how many of its method were made together at most.
        """
        if self.seconds is None or self.device is None:
            return None
        device = self.device if together == 1 else f"{self.device}, {together} at a time"
        return Making(self.seconds, self.peak_gib, device)


def read_captions(path: Path, model: type[Record]) -> list[Record]:
    """The records of a JSONL file; DatasetError, with the line, for one that does not fit."""
    records = [parse(line, model, where) for where, line in told_lines(path)]
    twice = [name for name, count in Counter(r.file_name for r in records).items() if count > 1]
    if twice:
        raise DatasetError(f"{path} lists {twice[0]} twice; remove one of the lines")
    return records


def names_files(path: Path) -> bool:
    """Whether a JSONL file says of which videos its captions are: prompts alone have an order."""
    return any('"file_name"' in line for _, line in told_lines(path))


def told_lines(path: Path) -> list[tuple[str, str]]:
    """The lines of a file of prompts, each with the words that say where it is; see `lines`.

    Raises InvalidRequest when there is no such file, DatasetError when it cannot be read.
    """
    try:
        return numbered(path)
    except FileNotFoundError as error:
        raise InvalidRequest(f"there is no file of prompts at {path}; check the name") from error
