"""`conclvd dataset export`: videofolder, WebDataset shards, AnimateDiff's CSV."""

from __future__ import annotations

import csv
import io
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from conclvd.curate.check import outside
from conclvd.curate.hub import README, hub_card, hub_lines
from conclvd.curate.new_folder import new_folder
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.files import write_text
from conclvd.manifest import MANIFEST, ClipRecord, read_manifest, record_line

FORMATS: Final = ("videofolder", "webdataset", "animatediff")
CSV: Final = "captions.csv"
SHARD_BYTES: Final = 500_000_000

Report = Callable[[int, int], None]


def export_dataset(
    folder: Path, out: Path, layout: str, *, shard_bytes: int = SHARD_BYTES, report: Report
) -> int:
    """Write the dataset to the new folder `out`; returns the number of clips.

    "videofolder" is what `datasets.load_dataset` and the Hub read, a folder a split and a README;
    "webdataset" are tar shards of at most `shard_bytes`; "animatediff" is a CSV file (videoid,
    name, page_dir) and its folder of videos. `out` takes its place when it is whole. Raises
    DatasetError, InvalidRequest.
    """
    if layout not in FORMATS:
        raise InvalidRequest(f"there is no layout {layout!r}; choose one of {', '.join(FORMATS)}")
    records = read_manifest(folder)
    for record in records:
        problem = outside(folder, record.file_name)
        if problem:
            raise DatasetError(f"{folder / record.file_name}: {problem}")
    writer = {"videofolder": _videofolder, "webdataset": _shards, "animatediff": _csv}[layout]
    with new_folder(out) as partial:
        report(0, len(records))
        for done, _ in enumerate(writer(folder, partial, records, shard_bytes), 1):
            report(done, len(records))
    return len(records)


def _videofolder(
    folder: Path, out: Path, records: Sequence[ClipRecord], _: int
) -> Iterator[ClipRecord]:
    for record in records:
        target = out / (record.split or "train") / record.file_name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / record.file_name, target)
        yield record
    for name, lines in hub_lines(records).items():
        write_text(out / name / MANIFEST, lines)
    write_text(out / README, hub_card(folder.resolve().name, records))


def _shards(
    folder: Path, out: Path, records: Iterable[ClipRecord], shard_bytes: int
) -> Iterator[ClipRecord]:
    shards: dict[str, tuple[int, int]] = {}  # of each split: number and bytes of the last shard
    files: dict[str, tarfile.TarFile] = {}
    try:
        for number, record in enumerate(records):
            split = record.split or "train"
            clip = folder / record.file_name
            shard, used = shards.get(split, (-1, shard_bytes))
            if used + clip.stat().st_size > shard_bytes:
                shard, used = shard + 1, 0
                if split in files:
                    files.pop(split).close()
                files[split] = tarfile.open(out / f"{split}-{shard:05d}.tar", "w")  # noqa: SIM115 - closed below
            shards[split] = shard, used + clip.stat().st_size
            key = f"{number:08d}"
            _add(files[split], f"{key}.json", record_line(record).encode())
            _add(files[split], f"{key}.txt", record.caption.encode())
            information = tarfile.TarInfo(f"{key}{clip.suffix.lower() or '.mp4'}")
            information.size = clip.stat().st_size
            with clip.open("rb") as content:
                files[split].addfile(information, content)
            yield record
    finally:
        for file in files.values():
            file.close()


def _add(file: tarfile.TarFile, name: str, content: bytes) -> None:
    information = tarfile.TarInfo(name)
    information.size = len(content)
    file.addfile(information, io.BytesIO(content))


def _csv(folder: Path, out: Path, records: Iterable[ClipRecord], _: int) -> Iterator[ClipRecord]:
    (out / "videos").mkdir()
    with (out / CSV).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("videoid", "name", "page_dir"))
        for number, record in enumerate(records):
            shutil.copyfile(folder / record.file_name, out / "videos" / f"{number:08d}.mp4")
            rows.writerow((f"{number:08d}", record.caption, record.split or "train"))
            yield record
