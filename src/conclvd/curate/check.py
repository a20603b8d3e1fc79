"""`conclvd dataset check`: everything that would spoil a training run, found before it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from conclvd.curate.captions import CaptionLimit
from conclvd.curate.facts import measure, pictures
from conclvd.curate.source_file import UNKNOWN
from conclvd.errors import DatasetError, MediaError
from conclvd.files import sha256_of
from conclvd.lines import parse
from conclvd.manifest import ClipRecord, manifest_lines
from conclvd.workers import each

_SHOWN: int = 40  # characters of a caption in a finding


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with `clip` (None: with the folder). A warning does not fail it."""

    clip: str | None
    message: str
    warning: bool = False


@dataclass(frozen=True)
class Checked:
    """What was found, and the records that could be read."""

    records: tuple[ClipRecord, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many findings are no warnings."""
        return sum(not finding.warning for finding in self.findings)


def check_dataset(
    folder: Path,
    *,
    limit: CaptionLimit | None = None,
    decode: bool = True,
    workers: int | None = None,
    cluster: str | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Checked:
    """Check records, files, captions and splits of a dataset folder.

    `limit` knows how long a caption may be (None: any length); `decode` reads every frame of every
    clip, which takes its time, instead of the files' heads alone; `workers` and `cluster` say who
    does, as in `workers.each`. `report` gets clips done and in all. Raises DatasetError only when
    there is no dataset to check.
    """
    findings: list[Finding] = []
    records = _read(folder, findings)
    if not records and not findings:
        findings.append(Finding(None, "there are no clips in the dataset"))
    readable: list[ClipRecord] = []
    for record in records:
        problem = outside(folder, record.file_name)
        if problem:
            findings.append(Finding(record.file_name, problem))
        else:
            readable.append(record)
    look = partial(check_clip, folder.absolute(), decode=decode)
    if readable:
        report(0, len(readable))
    for done, found in enumerate(each(look, readable, workers, cluster), 1):
        findings += found
        report(done, len(readable))
    findings += _captions(records, limit)
    findings += _splits(records)
    findings += _unlisted(folder, records)
    order = {record.file_name: place for place, record in enumerate(records)}
    findings.sort(key=lambda finding: (order.get(finding.clip or "", -1), finding.warning))
    return Checked(tuple(records), tuple(findings))


def outside(folder: Path, name: str) -> str | None:
    """Why a clip's path is not that of a file inside the folder, None when it is one."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        return "leaves the dataset folder by a link; copy the file into the folder"
    if not path.is_file():
        return "the file is missing; bring it back or remove the line"
    return None


def check_clip(folder: Path, record: ClipRecord, *, decode: bool = True) -> list[Finding]:
    """Check one clip's file against its record."""
    name, path = record.file_name, folder / record.file_name
    if record.sha256 is not None and sha256_of(path) != record.sha256:
        return [Finding(name, "the file has changed since its record was written (sha256)")]
    try:
        facts = measure(path)
        frames = sum(1 for _ in pictures(path, facts)) if decode else facts.frames
    except MediaError as error:
        return [Finding(name, f"cannot be read: {error}")]
    width, height = facts.shown
    found = {"width": width, "height": height, "frames": frames, "fps": facts.fps}
    return [
        Finding(name, f"{key} is {value} in the file and {getattr(record, key)} in the record")
        for key, value in found.items()
        if getattr(record, key) not in (None, value)
    ]


def _read(folder: Path, findings: list[Finding]) -> list[ClipRecord]:
    """All records that fit, and a finding for every line that does not."""
    records: dict[str, ClipRecord] = {}
    for where, line in manifest_lines(folder):
        try:
            record = parse(line, ClipRecord, where)
        except DatasetError as error:
            findings.append(Finding(None, str(error)))
            continue
        if record.file_name in records:
            findings.append(Finding(record.file_name, f"is listed twice ({where})"))
        records.setdefault(record.file_name, record)
    return list(records.values())


def _captions(records: Sequence[ClipRecord], limit: CaptionLimit | None) -> Iterator[Finding]:
    copies = defaultdict(list)
    for record in records:
        if not record.caption.strip():
            yield Finding(record.file_name, "the caption is empty; write one")
        else:
            copies[record.caption.strip()].append(record.file_name)
        for caption in filter(None, (record.caption, record.caption_zh)):
            length = limit.length(caption) if limit else 0
            if limit and length > limit.most:
                yield Finding(
                    record.file_name,
                    f"a caption has {length} tokens and the encoder reads {limit.most}; shorten "
                    f"{_short(caption)!r}",
                )
        if record.suggested_by is not None and record.reviewed_by is None:
            yield Finding(record.file_name, "nobody has confirmed the suggested caption", True)
        if record.license == UNKNOWN:
            yield Finding(record.file_name, "its licence is unknown", True)
    for caption, names in copies.items():
        for name in names[1:]:
            yield Finding(name, f"the caption is that of {names[0]}: {_short(caption)!r}", True)


def _short(caption: str) -> str:
    return caption if len(caption) <= _SHOWN else f"{caption[:_SHOWN]}…"


def _splits(records: Sequence[ClipRecord]) -> Iterator[Finding]:
    """Scenes of one source in two splits: a test that was trained on."""
    splits: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        if record.split is not None:
            splits[record.origin][record.split] += 1
    split = sum(record.split is not None for record in records)
    if 0 < split < len(records):
        yield Finding(None, f"{len(records) - split} of {len(records)} clips are in no split")
    for record in records:
        found = splits[record.origin]
        home = found.most_common(1)[0][0] if found else None
        if record.split not in (None, home):
            told = " and ".join(f"{count} in {name}" for name, count in sorted(found.items()))
            yield Finding(
                record.file_name,
                f"its source, {record.source or record.origin}, is in several splits ({told}); "
                "run `conclvd dataset split`",
            )


def _unlisted(folder: Path, records: Sequence[ClipRecord]) -> Iterator[Finding]:
    listed = {record.file_name for record in records}
    clips = folder / "clips"
    others = [p for p in clips.glob("*.mp4") if f"clips/{p.name}" not in listed]
    if others:
        yield Finding(
            None, f"{len(others)} files in clips/ are not listed (rejected, split or merged)", True
        )
