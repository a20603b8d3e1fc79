"""`plan.jsonl`: every scene with its verdict, and the number that decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from pydantic import Field

from conclvd.curate.bars import Crop
from conclvd.curate.hashes import Seen
from conclvd.curate.scene_file import Scene, SceneFile
from conclvd.curate.source_file import SourceRecord
from conclvd.lines import Record

PLAN: Final = "plan.jsonl"
_SUBTITLED: Final = 0.15  # part of the time with text that makes a scene subtitled
_BLACK: Final = 20.0  # mean luma, of 255
_FLAT: Final = 4.0  # standard deviation of luma

Reason = Literal["short", "low", "black", "still", "slide-show", "duplicate"]


class CutSettings(Record):
    """What is kept.

    Lengths are in seconds; a longer scene is cut into equal parts. `min_lines` is the height of the
    picture in pixels, without bars. `min_motion` is how far, of 255, the picture must get from
    itself within half a second; `max_jumps` the part of all change that may happen in a twentieth
    of the frames: in a slide-show it is nearly all.
    """

    min_seconds: float = Field(default=1.5, gt=0)
    max_seconds: float = Field(default=20.0, gt=0)
    min_lines: int = Field(default=720, ge=0)
    min_motion: float = Field(default=0.4, ge=0)
    max_jumps: float = Field(default=0.6, ge=0)


class Planned(Record):
    """One clip to be made of frames `start` to `stop` - 1 of a source, or left out for `reason`.

    `seconds` is from the source's beginning to `start`; `measured` the number behind the reason.
    """

    file_name: str
    source_sha256: str
    start: int
    stop: int
    seconds: float
    crop: Crop
    flags: tuple[str, ...] = ()
    reason: Reason | None = None
    measured: str | None = None


def make_plan(
    sources: Sequence[SourceRecord], scenes: dict[str, SceneFile], settings: CutSettings
) -> list[Planned]:
    """The verdict on every scene, in the sources' order: of two near-duplicates the first stays."""
    seen = Seen()
    plan: list[Planned] = []
    for source in sources:
        found = scenes.get(source.sha256)
        for scene in found.scenes if found else ():
            plan += _judged(source, scene, settings, seen)
    return plan


def clip_name(sha256: str, start: int, stop: int) -> str:
    """A clip is named by what it is cut from; names are the same in every run."""
    return f"clips/{sha256[:12]}-{start:06d}-{stop:06d}.mp4"


def _judged(
    source: SourceRecord, scene: Scene, settings: CutSettings, seen: Seen
) -> Iterator[Planned]:
    verdict = _verdict(scene, source.facts.fps, settings)
    name = clip_name(source.sha256, scene.start, scene.stop)
    if verdict is None:
        twin = seen.find(scene.hashes)
        if twin is not None:
            verdict = "duplicate", f"{twin[1]:.1f} of 64 bits from {twin[0]}"
        else:
            seen.add(name, scene.hashes)
    parts = [(scene.start, scene.stop)] if verdict else _parts(scene, source.facts.fps, settings)
    for start, stop in parts:
        yield Planned(
            file_name=clip_name(source.sha256, start, stop),
            source_sha256=source.sha256,
            start=start,
            stop=stop,
            seconds=round(float(start / source.facts.fps), 6),
            crop=scene.crop,
            flags=_flags(scene),
            reason=verdict[0] if verdict else None,
            measured=verdict[1] if verdict else None,
        )


def _verdict(scene: Scene, fps: Fraction, settings: CutSettings) -> tuple[Reason, str] | None:
    measures = scene.measures
    seconds = float((scene.stop - scene.start) / fps)
    if seconds < settings.min_seconds:
        return "short", f"{seconds:.2f} s, under {settings.min_seconds:g}"
    if measures.lines < settings.min_lines:
        return "low", f"{measures.lines} lines, under {settings.min_lines}"
    if measures.brightness < _BLACK or measures.contrast < _FLAT:
        return "black", f"luma {measures.brightness:.1f}, contrast {measures.contrast:.1f}"
    if measures.motion < settings.min_motion:
        return "still", f"motion {measures.motion:.2f}, under {settings.min_motion:g}"
    if measures.jumps > settings.max_jumps:
        return "slide-show", f"{measures.jumps:.2f} of all change in a twentieth of the frames"
    return None


def _parts(scene: Scene, fps: Fraction, settings: CutSettings) -> list[tuple[int, int]]:
    frames = scene.stop - scene.start
    most = max(1, int(settings.max_seconds * fps))
    count = -(-frames // most)
    edges = [scene.start + frames * index // count for index in range(count + 1)]
    return list(pairwise(edges))


def _flags(scene: Scene) -> tuple[str, ...]:
    flags = []
    if scene.measures.text >= _SUBTITLED:
        flags.append("subtitles")
    if scene.logo is not None:
        flags.append("logo at " + ", ".join(f"{part:.2f}" for part in scene.logo))
    return tuple(flags)
