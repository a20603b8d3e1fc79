"""The folder of one method: its videos, and `metadata.jsonl` with a row for each."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import JsonValue

from conclvd.errors import ConclvdError, MediaError
from conclvd.evaluate.compare.memory import forget_peak, peak_gib
from conclvd.evaluate.compare.records import VideoRow, read_videos, write_videos
from conclvd.evaluate.compare.sampler import Sampler
from conclvd.generate.generator import Progress
from conclvd.generate.request import KEYFRAME_RATE
from conclvd.models.hashes import files_hash
from conclvd.video.write import write_video

FORMAT: Final = "conclvd-compare/1"


class MethodFailed(Exception):
    """A method cannot go on; the message is the reason for its row. Caught in this package."""


@dataclass(frozen=True)
class Asked:
    """A video that is to be made."""

    prompt: str
    seed: int


class MethodFolder:
    """A method's folder, made on first use. `rows` are its videos by file name, as on disk."""

    def __init__(self, path: Path, method: str) -> None:
        self.path, self.method = path, method
        self.rows = {row.file_name: row for row in read_videos(path)}

    def make(
        self,
        sampler: Sampler,
        asked: Mapping[str, Asked],
        report: Callable[[int, str], None],
    ) -> None:
        """Make the videos of `asked`, by file name, that are not there whole and of these settings.

        Every video is listed as soon as its file is whole. Raises MethodFailed when the method
        fails, MediaError when a file cannot be written.
        """
        settings = {**sampler.settings, "method": self.method, "device": sampler.device.type}
        made_by = hashed(settings)
        self.keep(asked, dict.fromkeys(asked, made_by), made_by)
        for name, video in asked.items():
            done = sum(name in self.rows for name in asked)
            report(done, "")
            if name in self.rows:
                continue

            def progress(stage: str, step: int, steps: int, done: int = done) -> None:
                report(done, f"{stage} {step}/{steps}")

            self._make_one(name, video, sampler, settings, progress)
        report(len(asked), "")

    def _make_one(
        self,
        name: str,
        video: Asked,
        sampler: Sampler,
        settings: dict[str, JsonValue],
        progress: Progress,
    ) -> None:
        forget_peak(sampler.device)
        started = time.perf_counter()
        with failures():
            sample = sampler.sample(video.prompt, video.seed, progress)
        seconds = time.perf_counter() - started
        peak = peak_gib(sampler.device)
        recipe = sample.recipe or json.dumps(
            {"format": FORMAT, "prompt": video.prompt, "seed": video.seed, **settings},
            ensure_ascii=False,
        )
        write_video(self.path / name, sample.frames, KEYFRAME_RATE, metadata=recipe)
        self.add(
            name,
            video,
            hashed(settings),
            seconds=round(seconds, 3),
            peak_gib=None if peak is None else round(peak, 3),
            device=device_name(sampler.device),
        )

    def keep(self, asked: Mapping[str, Asked], made_by: Mapping[str, str], others_by: str) -> None:
        """Forget the rows of videos that are not whole, or not what they would be made as now.

        `made_by` are the settings of what is asked for, `others_by` those of what else is there.
        Files stay until their successor is whole.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MediaError(
                f"cannot make the folder {self.path}: {error.strerror}; name another with -o"
            ) from error
        self.rows = {
            name: row
            for name, row in self.rows.items()
            if row.settings == made_by.get(name, others_by)
            and (name not in asked or Asked(row.caption, row.seed) == asked[name])
            and (self.path / name).is_file()
            and files_hash([self.path / name]) == row.sha256
        }
        write_videos(self.path, self.rows.values())

    def add(self, name: str, video: Asked, made_by: str, **measured: Any) -> None:
        """List the file `name`, which is there."""
        self.rows[name] = VideoRow(
            file_name=name,
            caption=video.prompt,
            seed=video.seed,
            method=self.method,
            settings=made_by,
            sha256=files_hash([self.path / name]),
            **measured,
        )
        write_videos(self.path, (self.rows[name] for name in sorted(self.rows)))


@contextmanager
def failures() -> Iterator[None]:
    """Turn what goes wrong in a method, running out of memory too, into MethodFailed."""
    try:
        yield
    except (ConclvdError, RuntimeError, MemoryError) as error:
        said = str(error).strip().splitlines()
        raise MethodFailed(said[0] if said else type(error).__name__) from error


def hashed(settings: Mapping[str, Any]) -> str:
    """The sha256 of settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def device_name(device: torch.device) -> str:
    """A device as people call it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
