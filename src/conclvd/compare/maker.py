"""A method on one device: loaded, it makes one batch after the other and writes meanwhile."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import torch
from pydantic import JsonValue

from conclvd.compare.making import (
    Asked,
    Batch,
    Loaded,
    Made,
    MethodFailed,
    Order,
    Sample,
    Sampler,
    Share,
    Tell,
)
from conclvd.compare.memory import forget_peak, peak_gib
from conclvd.compare.methods import methods_called
from conclvd.compare.shift import batch_size
from conclvd.errors import InvalidRequest
from conclvd.generate.cpu import keep_freed_memory
from conclvd.generate.device import choose_device
from conclvd.generate.request import KEYFRAME_RATE, Request
from conclvd.video.write import write_video
from conclvd.workers import cores

Given = ParamSpec("Given")
Result = TypeVar("Result")
FORMAT: Final = "conclvd-compare/1"
WRITERS: Final = 4  # threads; encoders leave the lock of Python to the others


class Maker:
    """Loads one method after the other and makes its videos."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._sampler: Sampler | None = None
        self._threads = ThreadPoolExecutor(WRITERS)
        self._writing: list[tuple[Future[Path], Made]] = []

    def load(self, slug: str, request: Request, weights: Path | None) -> Loaded:
        """Load a method, in place of the one before. Raises MethodFailed."""
        self._forget()  # before the models of the next are loaded
        (method,) = methods_called([slug])
        with failures():
            sampler = method.load(replace(request, device=self._device), weights)
            settings = settings_of(sampler, method.name)
            loaded = Loaded(sampler.settings, settings, batch_size(sampler.device, sampler.request))
        self._sampler = sampler
        return loaded

    def sample(self, part: Share, order: Order, tell: Tell) -> Batch:
        """Make `part` as one batch and begin to write it.

        Raises MediaError when a file of this or the batch before cannot be written.
        """
        sampler = self._sampler
        assert sampler is not None

        def progress(stage: str, step: int, steps: int) -> None:
            tell(f"{stage} {step}/{steps}")

        forgot = forget_peak(sampler.device)
        started = time.perf_counter()
        try:
            with failures():
                samples = sampler.sample([asked for _, asked in part], progress)
        except MethodFailed as failure:
            full = isinstance(failure.__cause__, torch.OutOfMemoryError)
            return Batch([], failed=str(failure), full=full)
        seconds = (time.perf_counter() - started) / len(part)
        peak = peak_gib(sampler.device) if forgot else None
        whole = self._written()
        for (name, asked), sample in zip(part, samples, strict=True):
            made = Made(
                name=name,
                seconds=round(seconds, 3),
                peak_gib=None if peak is None else round(peak, 3),
                device=device_name(sampler.device),
                batch=len(part),
            )
            writing = self._threads.submit(_write, sampler, order, name, asked, sample)
            self._writing.append((writing, made))
        if sampler.device.type == "cpu":  # nothing else is to run beside the next one
            whole += self._written()
        return Batch(whole)

    def _written(self) -> list[Made]:
        """Wait for what is being written. Raises MediaError."""
        whole = []
        while self._writing:
            writing, made = self._writing.pop(0)
            writing.result()
            whole.append(made)
        return whole

    def finish(self) -> Batch:
        """Wait for the last files. Raises MediaError."""
        return Batch(self._written())

    def _forget(self) -> None:
        self._sampler = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def close(self) -> None:
        """End the threads; what they write is finished."""
        self._forget()
        self._threads.shutdown()


_maker: Maker | None = None  # of this process


def begin(device: str, processes: int | None, folder: Path) -> None:
    """Be a maker on a device from now on, in `folder`, which a cluster's machines share.

    `processes` share the cores; None leaves the process as it is. Raises InvalidRequest when there
    is no such device or folder here.
    """
    global _maker
    try:
        os.chdir(folder)
    except OSError as error:
        raise InvalidRequest(
            f"{platform.node()} has no {folder}; start in a folder that all machines share"
        ) from error
    place = choose_device(device)
    if place.type == "cuda" and place.index is not None:
        torch.cuda.set_device(place)
    if place.type == "cpu" and processes is not None:
        torch.set_num_threads(max(1, cores() // processes))
        keep_freed_memory()
    _maker = Maker(device)


def do(
    step: Callable[Concatenate[Maker, Given], Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    """Have this process's maker do a step."""
    assert _maker is not None
    return step(_maker, *given, **named)


def leave() -> None:
    """Be a maker no longer."""
    global _maker
    if _maker is not None:
        _maker.close()
    _maker = None


def _write(sampler: Sampler, order: Order, name: str, asked: Asked, sample: Sample) -> Path:
    settings = settings_of(sampler, order.method)
    recipe = sample.recipe or json.dumps(
        {"format": FORMAT, "prompt": asked.prompt, "seed": asked.seed, **settings},
        ensure_ascii=False,
    )
    return write_video(order.folder / name, sample.frames, KEYFRAME_RATE, metadata=recipe)


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
