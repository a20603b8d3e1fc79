"""Who makes the videos: this process on one device, one for each of several, or a cluster's."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

import torch

from conclvd.cluster import RayProcess, room
from conclvd.compare.maker import Maker, begin, do, leave
from conclvd.compare.making import Batch, Loaded, Lost, Made, Order, Share, Tell
from conclvd.compare.shift import Shift, gone
from conclvd.errors import InvalidRequest
from conclvd.generate.device import choose_device
from conclvd.generate.request import Request
from conclvd.workers import Here, OwnProcess

Given = ParamSpec("Given")
Result = TypeVar("Result")


def choose_devices(name: str, cluster: str | None = None) -> list[str]:
    """The devices of a comparison: "auto" is every CUDA GPU, "cuda:0,cuda:2" are those two.

    Of a `cluster` they are all GPUs, or every machine's processor: "auto" is what it has.
    Raises InvalidRequest for one that is not there.
    """
    if cluster is not None:
        gpus, machines = room(cluster)
        there = {"cuda": gpus, "cpu": machines}
        kind = next(kind for kind in there if there[kind]) if name == "auto" else name
        if not there.get(kind):
            raise InvalidRequest(
                f"on a cluster --device is auto, cpu or cuda, found {name!r}; it has {gpus} GPUs"
            )
        return [kind] * there[kind]
    count = torch.cuda.device_count() if name == "auto" and torch.cuda.is_available() else 0
    chosen = [f"cuda:{i}" for i in range(count)] if count > 1 else name.split(",")
    for device in chosen:
        choose_device(device.strip())
    return [device.strip() for device in chosen]


class Crew:
    """Loads one method after the other and makes its videos.

    It is this process for one device, a process for each of several or of a cluster's. They end
    with `close`, or with this process, by whatever means. A process that ended fails the method
    that it had loaded, and is started anew for the next.
    """

    def __init__(self, devices: Sequence[str], cluster: str | None = None) -> None:
        self._devices, self._cluster = devices, cluster
        self._alone = len(devices) == 1 and cluster is None
        self._hands: dict[int, Executor] = {}  # by the place of their device
        self._batch = 1

    def revive(self) -> None:
        """Start the processes that are not there, and wait until they have their libraries."""
        asked = {place: _call(hand, os.getpid) for place, hand in self._hands.items()}
        for place, answer in asked.items():
            if isinstance(answer.exception(), BrokenExecutor):
                self._hands.pop(place).shutdown()
        begun = []
        # how many share the cores of a machine; alone this process has them as they are
        sharing = None if self._alone else len(self._devices) if self._cluster is None else 1
        for place, device in enumerate(self._devices):
            if place not in self._hands:
                hand = self._hands[place] = self._start(device)
                begun.append(_call(hand, begin, device, sharing, Path.cwd()))
        for one in begun:
            with suppress(BrokenExecutor):  # it fails with its first call
                one.result()

    def _start(self, device: str) -> Executor:
        if self._cluster is not None:
            return RayProcess(self._cluster, gpu=device == "cuda")
        return Here() if self._alone else OwnProcess()

    def load(self, slug: str, request: Request, weights: Path | None) -> Loaded:
        """Load a method on every device, in place of the one before. Raises MethodFailed."""
        self.revive()
        loads = [
            _call(hand, do, Maker.load, slug, request, weights) for hand in self._hands.values()
        ]
        wait(loads)
        try:
            loaded, *_ = [load.result() for load in loads]
        except BrokenExecutor as error:
            raise gone() from error
        self._batch = loaded.batch
        return loaded

    def make(self, share: Share, order: Order, tell: Tell) -> None:
        """Make the videos of `share`; what becomes of each is told once its file is whole.

        A batch that fails is tried in halves, so that no video is lost but those that fail alone.
        Raises MethodFailed when the first few do or a process ends, MediaError when a file cannot
        be written; what others had begun by then is made.
        """
        shift = Shift(share, order, order.batch or self._batch, len(self._hands), tell)
        idle = list(self._hands.values())
        at_work: dict[Future[Batch], tuple[Executor, Share]] = {}
        try:
            while True:
                while idle and shift.goes_on:
                    part, watch = shift.waiting[0], tell if self._alone else _unseen
                    work = _call(idle[0], do, Maker.sample, part, order, watch)
                    at_work[work] = idle.pop(0), shift.waiting.pop(0)
                if not at_work:
                    break
                if not self._alone:
                    videos = sum(len(part) for _, part in at_work.values())
                    tell(f"{videos} in work")
                for work in wait(at_work, return_when=FIRST_COMPLETED).done:
                    hand, part = at_work.pop(work)
                    if shift.took(part, work):
                        idle.append(hand)
        finally:  # by Ctrl-C too: what was made is kept, what is in work is not waited for
            for hand in idle:
                shift.took([], _call(hand, do, Maker.finish))
        shift.close()

    def close(self) -> None:
        """End the processes; this one forgets its method."""
        leave()
        with ThreadPoolExecutor() as threads:  # none waits for the one before
            list(threads.map(lambda hand: hand.shutdown(), self._hands.values()))


def _call(
    hand: Executor, function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Future[Result]:
    """What a function will return there; a future that has failed where there is nobody."""
    try:
        return hand.submit(function, *args, **kwargs)
    except BrokenExecutor as error:
        broken: Future[Result] = Future()
        broken.set_exception(error)
        return broken


def _unseen(_: Made | Lost | str) -> None:
    """What goes on within a batch is not told from one process to another."""
