"""Who makes the videos: this process on one device, or one process for each of several."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import torch
from pydantic import JsonValue

from conclvd.compare.making import (
    Doing,
    Lost,
    Made,
    MethodFailed,
    Order,
    Share,
    Tell,
    failures,
    make_share,
    settings_of,
)
from conclvd.compare.methods import methods_called
from conclvd.compare.sampler import Sampler
from conclvd.errors import InvalidRequest, MediaError
from conclvd.generate.cpu import keep_freed_memory
from conclvd.generate.device import choose_device
from conclvd.generate.request import Request
from conclvd.workers import cores

STOPPING = 10  # seconds that a process has to end by itself


@dataclass(frozen=True)
class Loaded:
    """What the videos of a loaded method are made with: the method's own `sampler` settings, and
    `settings` with its name and the kind of device, on which the pixels depend as well."""

    sampler: dict[str, JsonValue]
    settings: dict[str, JsonValue]


class Crew(Protocol):
    """Loads one method after the other and makes its videos; a context that ends what it began."""

    def load(self, slug: str, request: Request, weights: Path | None) -> Loaded:
        """Load a method, in place of the one before. Raises MethodFailed."""
        ...

    def make(self, share: Share, order: Order, tell: Tell) -> None:
        """Make videos by the method that is loaded; see `make_share`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def choose_devices(name: str) -> list[str]:
    """The devices of a comparison: "auto" is every CUDA GPU, "cuda:0,cuda:2" are those two.

    Raises InvalidRequest for one that is not there.
    """
    count = torch.cuda.device_count() if name == "auto" and torch.cuda.is_available() else 0
    chosen = [f"cuda:{i}" for i in range(count)] if count > 1 else name.split(",")
    for device in chosen:
        choose_device(device.strip())
    return [device.strip() for device in chosen]


def crew(devices: Sequence[str]) -> Crew:
    """A process for each of several devices; this process for one."""
    return Alone(devices[0]) if len(devices) == 1 else Several(devices)


class Alone:
    """One device, in this process."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._sampler: Sampler | None = None

    def load(self, slug: str, request: Request, weights: Path | None) -> Loaded:
        """Load a method; see `Crew`."""
        self._sampler = None
        gc.collect()  # before the models of the next are loaded
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        (method,) = methods_called([slug])
        with failures():
            sampler = method.load(_on(request, self._device), weights)
            loaded = Loaded(sampler.settings, settings_of(sampler, method.name))
        self._sampler = sampler
        return loaded

    def make(self, share: Share, order: Order, tell: Tell) -> None:
        """Make videos; see `Crew`."""
        assert self._sampler is not None
        make_share(self._sampler, share, order, tell)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sampler = None


class Several:
    """A process a device, each with a share of the videos. They end when this one does.

    Making it waits until all of them have started. One that ended is started anew for the next
    method.
    """

    def __init__(self, devices: Sequence[str]) -> None:
        self._devices = devices
        self._hands: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for device in devices:
            hand, process = _start(device, len(devices))
            self._hands.append(hand)
            self._processes.append(process)
        self._await({}, [], lambda _: None)  # one that is gone by now fails with its first call

    def load(self, slug: str, request: Request, weights: Path | None) -> Loaded:
        """Load a method on every device; see `Crew`."""
        self._revive()
        found = self._all([("load", slug, request, weights)] * len(self._hands), lambda _: None)
        loaded: Loaded = found[0]
        return loaded

    def make(self, share: Share, order: Order, tell: Tell) -> None:
        """Make videos, every device its share; see `Crew`."""
        count = len(self._hands)
        self._all([("make", list(share[i::count]), order) for i in range(count)], tell)

    def _revive(self) -> None:
        """Start the processes that ended anew."""
        alive: dict[Connection, Any] = {}
        for place, device in enumerate(self._devices):
            hand, process = self._hands[place], self._processes[place]
            if process.is_alive() and not hand.closed:
                alive[hand] = None
                continue
            hand.close()
            process.kill()  # its pipe may end before it does
            process.join()
            self._hands[place], self._processes[place] = _start(device, len(self._devices))
        self._await(alive, [], lambda _: None)

    def _all(self, calls: Sequence[Any], tell: Tell) -> list[Any]:
        """Have every process do its call; raises, when all are done, what the first one raised."""
        answers: dict[Connection, Any] = {}
        errors: list[Exception] = []
        for hand, call in zip(self._hands, calls, strict=True):
            try:
                hand.send(call)
            except OSError:
                errors.append(_gone())
                answers[hand] = None
        self._await(answers, errors, tell)
        if errors:
            raise errors[0]
        return [answers[hand] for hand in self._hands]

    def _await(self, answers: dict[Connection, Any], errors: list[Exception], tell: Tell) -> None:
        """Wait for the answers that are not there yet."""
        while len(answers) < len(self._hands):
            for hand in self._talking(answers):
                try:
                    kind, content = hand.recv()
                except (EOFError, OSError):
                    hand.close()
                    kind, content = "error", _gone()
                if kind == "told":
                    tell(content)
                    continue
                answers[hand] = content
                if kind == "error":
                    errors.append(content)

    def _talking(self, answered: Container[Connection]) -> list[Connection]:
        """Those of the others that have something to say, once there is one."""
        ready = wait([hand for hand in self._hands if hand not in answered])
        return [hand for hand in self._hands if hand in ready]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for hand, process in zip(self._hands, self._processes, strict=True):
            hand.close()
            process.terminate()  # they have nothing left to do, or nothing that is still wanted
        for process in self._processes:
            process.join(STOPPING)
            process.kill()


def _start(device: str, devices: int) -> tuple[Connection, BaseProcess]:
    """A process for one of so many devices, and the pipe to it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, device, devices), daemon=True)
    process.start()
    there.close()  # so that the end of the process is the end of the pipe
    return here, process


def _serve(hand: Connection, device: str, devices: int) -> None:
    """What a process does: one call after the other, until there is nobody to call."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # what is being written is finished
    place = choose_device(device)
    if place.type == "cuda":
        torch.cuda.set_device(place)
    else:
        torch.set_num_threads(max(1, cores() // devices))
        keep_freed_memory()
    one = Alone(device)

    def tell(event: Made | Lost | Doing) -> None:
        with suppress(OSError):  # there may be nobody left to be told
            hand.send(("told", event))

    with suppress(OSError):  # there may be nobody left to be told
        hand.send(("done", None))  # the libraries are loaded
    while True:
        try:
            kind, *arguments = hand.recv()
        except EOFError:
            return
        try:
            if kind == "load":
                hand.send(("done", one.load(*arguments)))
            else:
                share, order = arguments
                one.make(share, order, tell)
                hand.send(("done", None))
        except (MethodFailed, MediaError, InvalidRequest) as error:
            hand.send(("error", error))


def _gone() -> MethodFailed:
    return MethodFailed("a process that made its videos ended, perhaps for want of memory")


def _on(request: Request, device: str) -> Request:
    return replace(request, device=device)
