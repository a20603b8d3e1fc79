"""`conclvd dataset cut`: sources → scenes → plan → clips, each stage resumable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from conclvd.curate.clip_file import Span, write_clip
from conclvd.curate.facts import BrokenVideo
from conclvd.curate.plan import PLAN, CutSettings, Planned, make_plan
from conclvd.curate.scene_file import SCENES, SceneFile, read_scenes, write_scenes
from conclvd.curate.shots import find_scenes
from conclvd.curate.source_file import SOURCES, SourceRecord, read_sources
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.files import make_folder, read_text, sha256_of, write_text
from conclvd.lines import Record, append_line, parse, read_lines, write_lines
from conclvd.lock import writing
from conclvd.manifest import MANIFEST, ClipRecord, append_record, read_manifest, write_manifest
from conclvd.workers import each

CUTS: Final = "cuts.jsonl"
SETTINGS: Final = "cut.json"

Report = Callable[[str, int, int], None]
_Spread = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]  # `each`, ready to use


class CutRecord(Record):
    """One line of `cuts.jsonl`: what a clip file was made of."""

    file_name: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class CutResult:
    """What a run did: clips made now and there before, scenes dropped by reason, broken files."""

    made: int
    there: int
    dropped: Counter[str]
    broken: tuple[str, ...]


def cut_sources(
    folder: Path,
    settings: CutSettings,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    report: Report | None = None,
) -> CutResult:
    """Cut all sources of the folder into clips, and list these in `metadata.jsonl`.

    What earlier runs did is kept: the same call goes on where an interrupted one stopped, and cuts
    what was added since. A clip that a person rejected, split or merged is not made again. A broken
    source is reported and left out. `workers` and `cluster` say who works, as in `workers.each`;
    sources and folder must be there on every machine of a cluster. `report` gets the stage, what is
    done and how much there is: in "scenes" seconds of video, in "clips" clips. Raises DatasetError
    for a folder without sources, in use, or cut with other settings, MediaError when a clip cannot
    be written.
    """
    if settings.max_seconds < settings.min_seconds:
        raise InvalidRequest(
            f"scenes are to be at least {settings.min_seconds:g} s and at most "
            f"{settings.max_seconds:g}; choose a larger maximum"
        )
    say = report or (lambda *_: None)
    sources = read_sources(folder)
    if not sources:
        raise DatasetError(
            f"{folder} has no sources; add some with `conclvd dataset add VIDEOS… {folder}`"
        )
    with writing(folder, "conclvd dataset cut"):
        _keep_settings(folder, settings)
        spread = partial(each, workers=workers, cluster=cluster)
        scenes = _find_all(folder, sources, spread, say)
        plan = make_plan(sources, scenes, settings)
        write_lines(folder / PLAN, plan)
        broken = {name: found.error for name, found in scenes.items() if found.error}
        made, there, failed = _cut_all(folder, sources, plan, spread, say)
        return CutResult(
            made,
            there,
            Counter(planned.reason for planned in plan if planned.reason),
            (*broken.values(), *failed),
        )


def read_cuts(folder: Path) -> dict[str, tuple[Span, ...]]:
    """What each clip file was made of, by its name."""
    return {record.file_name: record.spans for record in read_lines(folder / CUTS, CutRecord)}


# --- scenes --------------------------------------------------------------------------------------


def _find_all(
    folder: Path, sources: Sequence[SourceRecord], spread: _Spread, report: Report
) -> dict[str, SceneFile]:
    """The scenes of every source, those that are not known yet found now."""
    found = {}
    for source in sources:
        known = read_scenes(folder, source.sha256)
        if known is not None and known.error is None:
            found[source.sha256] = known
    seconds = {source.sha256: round(source.facts.seconds) for source in sources}
    total, done = sum(seconds.values()), sum(seconds[name] for name in found)
    missing = [source for source in sources if source.sha256 not in found]
    if missing:
        report("scenes", done, total)
    for scenes in spread(partial(find_one, folder.absolute()), missing):
        found[scenes.source_sha256] = scenes
        done += seconds[scenes.source_sha256]
        report("scenes", done, total)
    return found


def find_one(folder: Path, source: SourceRecord) -> SceneFile:
    """Find the scenes of one source and keep them in its file, or the reason why not."""
    path = Path(source.path)
    try:
        if path.is_file() and path.stat().st_size != source.bytes:
            raise BrokenVideo(
                f"{path} has {path.stat().st_size} bytes and had {source.bytes} when it was added; "
                "bring the old file back or add the new one"
            )
        scenes = tuple(find_scenes(path, source.facts))
        found = SceneFile(source_sha256=source.sha256, scenes=scenes)
    except BrokenVideo as error:
        found = SceneFile(source_sha256=source.sha256, error=str(error))
    write_scenes(folder, found)
    return found


# --- clips ---------------------------------------------------------------------------------------


def _cut_all(
    folder: Path,
    sources: Sequence[SourceRecord],
    plan: Sequence[Planned],
    spread: _Spread,
    report: Report,
) -> tuple[int, int, list[str]]:
    """Make the clips that were never made; returns how many, how many there were, what failed."""
    by_sum = {source.sha256: source for source in sources}
    kept = [planned for planned in plan if planned.reason is None]
    ever = read_cuts(folder)
    jobs = [(by_sum[p.source_sha256], p) for p in kept if p.file_name not in ever]
    there = len(kept) - len(jobs)
    if not (folder / MANIFEST).exists():
        write_manifest(folder, [])
    listed = {record.file_name for record in read_manifest(folder)}
    make_folder(folder / "clips", DatasetError)
    failed: list[str] = []
    if jobs:
        report("clips", there, len(kept))
    work = partial(make_clip, folder.absolute())
    for done, (record, made) in enumerate(spread(work, jobs), 1):
        if isinstance(record, str):
            failed.append(record)
        else:
            if record.file_name not in listed:
                append_record(folder, record)
            append_line(folder / CUTS, made)
        report("clips", there + done, len(kept))
    if jobs:
        write_manifest(folder, sorted(read_manifest(folder), key=lambda found: found.file_name))
    return len(jobs) - len(failed), there, sorted(set(failed))


def make_clip(
    folder: Path, job: tuple[SourceRecord, Planned]
) -> tuple[ClipRecord | str, CutRecord]:
    """Cut one clip; its record, or why there is none, and what it is made of."""
    source, planned = job
    span = Span(
        path=source.path,
        facts=source.facts,
        start=planned.start,
        stop=planned.stop,
        crop=planned.crop,
    )
    made = CutRecord(file_name=planned.file_name, spans=(span,))
    path = folder / planned.file_name
    try:
        width, height = write_clip(path, made.spans)
    except BrokenVideo as error:
        return str(error), made
    fps = source.facts.fps
    record = ClipRecord(
        file_name=planned.file_name,
        caption="",
        source=source.name,
        source_sha256=source.sha256,
        start=round(float(planned.start / fps), 6),
        end=round(float(planned.stop / fps), 6),
        license=source.license,
        flags=planned.flags,
        fps=fps,
        frames=planned.stop - planned.start,
        width=width,
        height=height,
        sha256=sha256_of(path),
    )
    return record, made


def _keep_settings(folder: Path, settings: CutSettings) -> None:
    """Note the settings; DatasetError when clips were cut with others."""
    path = folder / SETTINGS
    if not path.exists() or not read_cuts(folder):
        write_text(path, settings.model_dump_json(indent=1) + "\n")
        return
    earlier = parse(read_text(path), CutSettings, str(path))
    for name, value in settings:
        found = getattr(earlier, name)
        if found != value:
            raise DatasetError(
                f"{folder} was cut with {name} {found:g}, and {value:g} is asked for; choose the "
                f"same, or a new folder ({SOURCES} and {SCENES}/ copied into it save the search)"
            )
