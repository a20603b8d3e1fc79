"""Videos of one loaded method on one device: made in batches, written, and told one by one."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import torch
from pydantic import JsonValue

from conclvd.compare.batch import batch_size, parts
from conclvd.compare.memory import forget_peak, peak_gib
from conclvd.compare.sampler import Asked, Sample, Sampler
from conclvd.generate.request import KEYFRAME_RATE
from conclvd.video.write import write_video

FORMAT: Final = "conclvd-compare/1"
WRITERS: Final = 4  # threads; encoders leave the lock of Python to the others
LOSSES: Final = 3  # videos that fail before any is made, and the method is given up


class MethodFailed(Exception):
    """A method cannot go on; the message is the reason for its row. Caught in this package."""


@dataclass(frozen=True)
class Order:
    """How a method's videos are to be made.

    `folder` is where they go, `method` its name, `format` that of the files, which their names tell
    already. `batch` is how many are made together (None: as many as suit the device), `until` the
    moment of `time.monotonic` after which none is begun.
    """

    folder: Path
    method: str
    format: str
    batch: int | None = None
    until: float | None = None


@dataclass(frozen=True)
class Made:
    """A video whose file is whole. `batch` is how many were made together: `seconds` are its share
    of theirs, `peak_gib` is what all of them took."""

    name: str
    seconds: float
    peak_gib: float | None
    device: str
    batch: int


@dataclass(frozen=True)
class Lost:
    """A video that a method cannot make, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Doing:
    """What is going on."""

    text: str


Tell: TypeAlias = Callable[[Made | Lost | Doing], None]
Share: TypeAlias = Sequence[tuple[str, Asked]]  # videos by the name of their file


def make_share(sampler: Sampler, share: Share, order: Order, tell: Tell) -> None:
    """Make the videos of `share`; what becomes of each is told once its file is whole.

    A batch that fails is tried in halves, so that no video is lost but those that fail alone.
    Raises MethodFailed when the first few do, MediaError when a file cannot be written.
    """
    size = order.batch or batch_size(sampler.device, sampler.request)
    waiting = parts(share, size)
    made, lost = 0, 0
    with _Writers(sampler, order, tell) as writers:
        while waiting and (order.until is None or time.monotonic() < order.until):
            part = waiting.pop(0)
            try:
                writers.sample(part)
                made += len(part)
            except MethodFailed as failure:
                if len(part) > 1:
                    # where memory is full, the next ones would not fit either
                    full = isinstance(failure.__cause__, torch.OutOfMemoryError)
                    tried, waiting = ([part, *waiting], []) if full else ([part], waiting)
                    half = (len(part) + 1) // 2
                    waiting = [piece for each in tried for piece in parts(each, half)] + waiting
                    continue
                lost += 1
                tell(Lost(part[0][0], str(failure)))
                if not made and lost == min(LOSSES, len(share)):
                    raise


class _Writers:
    """Threads that write the videos of a batch while the next one is being made."""

    def __init__(self, sampler: Sampler, order: Order, tell: Tell) -> None:
        self._sampler, self._order, self._tell = sampler, order, tell
        self._threads = ThreadPoolExecutor(WRITERS)
        self._running: list[tuple[Future[Path], Made]] = []

    def sample(self, part: Share) -> None:
        """Make `part` as one batch and begin to write it. Raises MethodFailed."""
        sampler = self._sampler
        forgot = forget_peak(sampler.device)
        started = time.perf_counter()
        with failures():
            samples = sampler.sample([asked for _, asked in part], self._progress)
        seconds = (time.perf_counter() - started) / len(part)
        peak = peak_gib(sampler.device) if forgot else None
        self.tell()
        for (name, asked), sample in zip(part, samples, strict=True):
            made = Made(
                name=name,
                seconds=round(seconds, 3),
                peak_gib=None if peak is None else round(peak, 3),
                device=device_name(sampler.device),
                batch=len(part),
            )
            writing = self._threads.submit(self._write, name, asked, sample)
            self._running.append((writing, made))
        if sampler.device.type == "cpu":  # nothing else is to run beside the next one
            self.tell()

    def tell(self) -> None:
        """Wait for what is being written, and tell of it."""
        while self._running:
            writing, made = self._running[0]
            writing.result()
            del self._running[0]
            self._tell(made)

    def _progress(self, stage: str, step: int, steps: int) -> None:
        self._tell(Doing(f"{stage} {step}/{steps}"))

    def _write(self, name: str, asked: Asked, sample: Sample) -> Path:
        settings = settings_of(self._sampler, self._order.method)
        recipe = sample.recipe or json.dumps(
            {"format": FORMAT, "prompt": asked.prompt, "seed": asked.seed, **settings},
            ensure_ascii=False,
        )
        path = self._order.folder / name
        return write_video(path, sample.frames, KEYFRAME_RATE, metadata=recipe)

    def __enter__(self) -> _Writers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Whatever happens, what was made is kept."""
        try:
            self.tell()
        finally:
            self._threads.shutdown()


def settings_of(sampler: Sampler, method: str) -> dict[str, JsonValue]:
    """Everything on which a method's videos depend, but prompt and seed."""
    return {**sampler.settings, "method": method, "device": sampler.device.type}


@contextmanager
def failures() -> Iterator[None]:
    """Turn what goes wrong in a method, running out of memory too, into MethodFailed.

    Other people's libraries raise anything: one method's ValueError is not to stop the others.
    """
    try:
        yield
    except Exception as error:
        said = str(error).strip().splitlines()
        raise MethodFailed(said[0] if said else type(error).__name__) from error


def hashed(settings: Mapping[str, Any]) -> str:
    """The sha256 of settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def device_name(device: torch.device) -> str:
    """A device as people call it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
