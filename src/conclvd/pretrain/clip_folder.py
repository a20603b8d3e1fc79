"""Painted clips as files, so that several stages train on the same scenes, painted once."""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np
import torch

from conclvd.errors import TrainingError
from conclvd.files import sweep, whole
from conclvd.pretrain.painting import (
    FIRST_TRAINING_SEED,
    PaintedSample,
    PaintingPool,
    PaintOrder,
)
from conclvd.tensor_file import read_header, read_tensors, write_tensors
from conclvd.train.log import Log

SUFFIX = ".clip"
TEXTS = ("captions", "mirrored", "attributes")  # of a clip's header
SCAN_SECONDS = 1.0
STARVED_SECONDS = 120.0


def write_clip(folder: Path, sample: PaintedSample) -> None:
    """Write a clip as `<seed>.clip`, whole or not at all."""
    texts = {name: getattr(sample, name) for name in TEXTS}
    header = {key: json.dumps(value, ensure_ascii=False) for key, value in texts.items()}
    with whole(folder / f"{sample.seed}{SUFFIX}", TrainingError) as unfinished:
        write_tensors(unfinished, {"frames": torch.tensor(sample.frames)}, header)


def read_clip(file: Path) -> PaintedSample:
    """Read a clip that `write_clip` wrote."""
    header, frames = read_header(file), read_tensors(file)["frames"].numpy()
    captions, mirrored, attributes = (json.loads(header[name]) for name in TEXTS)
    return PaintedSample(int(file.stem), frames, tuple(captions), tuple(mirrored), attributes)


def paint_clips(
    out: Path, seconds: float, workers: int, order: PaintOrder, *, keep: int | None = None
) -> dict[str, float]:
    """Paint into `out`, from where an earlier run stopped, until the time is spent.

    The newest `keep` clips stay, None all. Returns the number of clips painted.
    """
    log = Log(out / "clips.jsonl", shown_as="clips")
    sweep(out.glob(".*"))
    written = deque(sorted(out.glob(f"*{SUFFIX}")))
    first_seed = int(written[-1].stem) + 1 if written else FIRST_TRAINING_SEED
    started, reported = time.monotonic(), 0.0
    with PaintingPool(order, workers, first_seed=first_seed) as pool:
        while (passed := time.monotonic() - started) < seconds:
            sample = pool.take(wait=True)
            assert sample is not None
            write_clip(out, sample)
            written.append(out / f"{sample.seed}{SUFFIX}")
            if keep is not None and len(written) > keep:
                written.popleft().unlink(missing_ok=True)
            if passed - reported > 10:
                reported = passed
                log.write(clips=pool.painted, failed=len(pool.failures))
        log.write(clips=pool.painted, failed=len(pool.failures), failures=pool.failures[:5])
        return {"clips": float(pool.painted)}


class ClipFolder:
    """The clips of a folder, in the place of a PaintingPool, while another process paints there.

    Clips of other sizes than `order.sizes` are passed over. Of the others `order.frames` frames
    are taken, evenly over the length; with `order.long_every` they are left as they are. Several
    readers (one a GPU) share the clips: reader `rank` of `ranks`.
    """

    def __init__(self, folder: Path, order: PaintOrder, *, rank: int = 0, ranks: int = 1) -> None:
        self._folder, self._order, self._rank, self._ranks = folder, order, rank, ranks
        self._arrived: queue.Queue[PaintedSample] = queue.Queue(maxsize=256)
        self._closed = threading.Event()
        self.painted = 0

    def __enter__(self) -> ClipFolder:
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()

    def _read(self) -> None:
        """Read what is there and what is added, each clip once."""
        read = set[str]()
        while not self._closed.is_set():
            names = {entry.name for entry in os.scandir(self._folder)} - read
            # a hidden one is still being written
            for name in sorted(n for n in names if n.endswith(SUFFIX) and n[0] != "."):
                read.add(name)
                if int(name.removesuffix(SUFFIX)) % self._ranks != self._rank:
                    continue
                with suppress(FileNotFoundError):  # the oldest are removed, see paint_clips
                    sample = read_clip(self._folder / name)
                    if sample.size in self._order.sizes:
                        self._give(sample)
            self._closed.wait(SCAN_SECONDS)

    def _give(self, sample: PaintedSample) -> None:
        if self._order.long_every == 0:
            moments = np.linspace(0, len(sample.frames) - 1, self._order.frames).round().astype(int)
            sample = replace(sample, frames=sample.frames[moments])
        while not self._closed.is_set():
            try:
                self._arrived.put(sample, timeout=SCAN_SECONDS)
                break
            except queue.Full:
                continue

    def take(self, *, wait: bool) -> PaintedSample | None:
        """The next clip; None when none is ready and `wait` is false.

        Raises TrainingError when no new clip appears for two minutes.
        """
        try:
            sample = self._arrived.get(wait, STARVED_SECONDS)
        except queue.Empty:
            if not wait:
                return None
            raise TrainingError(
                f"no new clip appeared in {self._folder} for two minutes, {self.painted} were "
                "read; paint them with python -m conclvd.pretrain clips"
            ) from None
        self.painted += 1
        return sample

    def ready(self) -> Iterator[PaintedSample]:
        """All clips that are read by now, without waiting."""
        while (sample := self.take(wait=False)) is not None:
            yield sample


ClipSource = PaintingPool | ClipFolder


def clip_source(
    order: PaintOrder, workers: int, clips: Path | None, *, rank: int, ranks: int
) -> ClipSource:
    """Painted clips for a stage: from the folder `clips`, or painted by `workers` processes."""
    if clips is not None:
        return ClipFolder(clips, order, rank=rank, ranks=ranks)
    return PaintingPool(order, workers, rank=rank, ranks=ranks)
