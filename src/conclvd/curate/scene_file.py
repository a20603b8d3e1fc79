"""`scenes/NAME.json`: what one pass over a source found, for the next stage and for people."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from conclvd.curate.bars import Crop
from conclvd.files import read_text, write_text
from conclvd.lines import Record, parse

SCENES: Final = "scenes"


class Measures(Record):
    """What the filters judge by.

    `lines` is the height of the picture in pixels, as shown, without bars. `brightness` is the
    mean luma and `contrast` its standard deviation, of 255. `motion` is how far, of 255, the
    picture is from itself half a second before (the median). `jumps` is the part of all change that
    happens in a twentieth of the frames, `text` the part of the time with subtitles.
    """

    lines: int
    brightness: float
    contrast: float
    motion: float
    jumps: float
    text: float


class Scene(Record):
    """Frames `start` to `stop` - 1 of a source, its picture within the bars, and the measures."""

    start: int = Field(ge=0)
    stop: int = Field(gt=0)
    crop: Crop
    measures: Measures
    logo: tuple[float, float, float, float] | None = None
    hashes: tuple[int, ...] = ()


class SceneFile(Record):
    """All scenes of one source, or the `error` that kept them from being found."""

    schema_version: Literal[1] = 1
    source_sha256: str
    scenes: tuple[Scene, ...] = ()
    error: str | None = None


def scene_path(folder: Path, sha256: str) -> Path:
    """Where the scenes of a source are kept."""
    return folder / SCENES / f"{sha256[:12]}.json"


def read_scenes(folder: Path, sha256: str) -> SceneFile | None:
    """The scenes of a source; None when they were not found yet, or not without an error."""
    path = scene_path(folder, sha256)
    try:
        return parse(read_text(path), SceneFile, str(path))
    except FileNotFoundError:
        return None


def write_scenes(folder: Path, scenes: SceneFile) -> None:
    """Keep the scenes of a source."""
    path = scene_path(folder, scenes.source_sha256)
    path.parent.mkdir(exist_ok=True)
    write_text(path, scenes.model_dump_json(indent=1, exclude_none=True) + "\n")
