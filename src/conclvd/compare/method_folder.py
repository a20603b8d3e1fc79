"""The folder of one method: its videos, and `metadata.jsonl` with a row for each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from conclvd.compare.crew import Crew
from conclvd.compare.maker import hashed
from conclvd.compare.making import Asked, Loaded, Lost, Made, Order
from conclvd.errors import MediaError
from conclvd.evaluate.records import VideoRow, read_videos, write_videos
from conclvd.files import make_folder, sha256_of

WRITE_EVERY: Final = 1  # seconds; a GPU makes ten videos in one


# Prompt and seed of a video; one that was not made here may tell no seed.
Listed: TypeAlias = tuple[str, int | None]


class MethodFolder:
    """A method's folder, made on first use. `rows` are its videos by file name, as on disk."""

    def __init__(self, path: Path, method: str) -> None:
        self.path, self.method = path, method
        self.rows = {row.file_name: row for row in read_videos(path)}
        self._written = -math.inf

    def make(
        self,
        crew: Crew,
        loaded: Loaded,
        asked: Mapping[str, Asked],
        order: Order,
        report: Callable[[int, str], None],
    ) -> dict[str, str]:
        """Make the videos of `asked`, by file name, that are not there whole and of these settings.

        Every video is listed soon after its file is whole. Returns the reasons of those that could
        not be made; those for which there was no time are in neither. Raises MethodFailed when the
        method fails, MediaError when a file cannot be written.
        """
        made_by = hashed({**loaded.settings, "format": order.format})
        self.keep(asked, dict.fromkeys(asked, made_by), made_by)
        done = sum(name in self.rows for name in asked)
        report(done, "")
        lost: dict[str, str] = {}

        def tell(event: Made | Lost | str) -> None:
            nonlocal done
            if isinstance(event, str):
                report(done, event)
                return
            done += 1
            if isinstance(event, Lost):
                lost[event.name] = event.reason
                return
            cost = {name: value for name, value in vars(event).items() if name != "name"}
            self.add(event.name, asked[event.name], made_by, **cost)
            report(done, "")

        share = [(name, video) for name, video in asked.items() if name not in self.rows]
        try:
            crew.make(share, order, tell)
        finally:
            self.write()
        return lost

    def keep(self, asked: Mapping[str, Listed], made_by: Mapping[str, str], others_by: str) -> None:
        """Forget the rows of videos that are not whole, or not what they would be made as now.

        `made_by` are the settings of what is asked for, `others_by` those of what else is there.
        Files stay until their successor is whole.
        """
        make_folder(self.path, MediaError)
        self.rows = {
            name: row
            for name, row in self.rows.items()
            if row.settings == made_by.get(name, others_by)
            and (name not in asked or (row.caption, row.seed) == asked[name])
            and (self.path / name).exists()
            and _hash(self.path / name) == row.sha256
        }
        write_videos(self.path, self.rows.values())

    def add(self, name: str, video: Listed, made_by: str, **measured: Any) -> None:
        """List the file `name`, which is there; in `metadata.jsonl` at the end, or in a second."""
        self.rows[name] = VideoRow(
            file_name=name,
            caption=video[0],
            seed=video[1],
            method=self.method,
            settings=made_by,
            sha256=_hash(self.path / name),
            **measured,
        )
        if time.monotonic() > self._written + WRITE_EVERY:
            self.write()

    def write(self) -> None:
        """List in `metadata.jsonl` what is in `rows`."""
        write_videos(self.path, (self.rows[name] for name in sorted(self.rows)))
        self._written = time.monotonic()


def _hash(path: Path) -> str:
    return sha256_of(*sorted(path.iterdir()) if path.is_dir() else [path])
