"""The comparison itself: every method, every prompt, every seed, and what became of each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conclvd.compare.crew import Crew, choose_devices
from conclvd.compare.external import compare_external
from conclvd.compare.ledger import Ledger
from conclvd.compare.making import Asked, Loaded, MethodFailed, Order
from conclvd.compare.method_folder import MethodFolder
from conclvd.compare.methods import Method, slug_of
from conclvd.errors import ConclvdError, InvalidRequest
from conclvd.evaluate.records import AskedRow, MethodRow, Status
from conclvd.generate.request import Request
from conclvd.lock import writing
from conclvd.models.diffusers_folder import HUB_FILES
from conclvd.models.source import HUB_ID, resolve

# The end of a video's name by its format; a folder of PNG files has none.
FORMATS = {"mp4": ".mp4", "webp": ".webp", "png": ""}

# Called as report(method, videos done, videos in all, what is going on).
Report = Callable[[str, int, int, str], None]


@dataclass(frozen=True)
class Comparison:
    """What is compared: `methods` and the `external` folders by name, on `prompts` and `seeds`.

    `request` holds what all methods share; its prompt and seed stand for nothing, and its device
    may name several. `cluster` is the address of the Ray cluster that works instead of this
    machine; files have the same names on all of its machines. `weights` are folders, files or Hub
    ids by the slug of the method that they are for. `format` is one of FORMATS. `batch` videos are
    made together, as many as suit the device when it is None. After `seconds` nothing new is begun;
    every method has its part of them. Raises InvalidRequest for weights of a method that is not
    compared, two methods of one name, and what is not there.
    """

    methods: Sequence[Method]
    prompts: Sequence[str]
    seeds: Sequence[int]
    request: Request
    weights: dict[str, str] = field(default_factory=dict)
    external: dict[str, Path] = field(default_factory=dict)
    format: str = "mp4"
    batch: int | None = None
    seconds: float | None = None
    cluster: str | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            known_formats = ", ".join(FORMATS)
            raise InvalidRequest(f"--format must be {known_formats}, found {self.format!r}")
        if self.batch is not None and self.batch < 1:
            raise InvalidRequest(f"--batch must be 1 or more, found {self.batch}")
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise InvalidRequest(f"--seconds must be more than 0, found {self.seconds:g}")
        known = {method.slug for method in self.methods}
        if not known and not self.external:
            raise InvalidRequest("there is nothing to compare; give --methods or --external")
        for slug, name in self.weights.items():
            if slug not in known:
                raise InvalidRequest(
                    f"--motion names {slug!r}, which is not compared here; compared are "
                    f"{', '.join(sorted(known)) or 'no methods'}"
                )
            if not Path(name).expanduser().exists() and not HUB_ID.fullmatch(name):
                raise InvalidRequest(f"--motion {slug} names {name!r}, which is not there")
        for name, folder in self.external.items():
            if not folder.is_dir():
                raise InvalidRequest(f"--external {name} names {folder}, which is no folder")
        names = [slug_of(name) for name in self.external]
        if "" in names or len({*names, *known}) < len(names) + len(known):
            raise InvalidRequest(
                f"--external names {', '.join(self.external)}; each method needs a name of its own"
            )

    @property
    def asked(self) -> dict[str, Asked]:
        """Every video that a method is to make, by its file's name.

        All prompts with one seed come before the next seed: where time runs out, every prompt has
        had its turn.
        """
        return {
            f"{index:04d}-s{seed}{FORMATS[self.format]}": Asked(prompt, seed)
            for seed in self.seeds
            for index, prompt in enumerate(self.prompts)
        }

    def can_load(self, method: Method) -> bool:
        """Whether a method needs no weights, or they were given or come with the base."""
        base = resolve(self.request.model, hub_files=HUB_FILES)
        return method.slug in self.weights or not method.lacks_weights(base)


def compare(comparison: Comparison, out: Path, report: Report) -> list[MethodRow]:
    """Make every video that is not there yet, in a folder a method; returns the methods' rows.

    A method that cannot be had or fails is a row that says why, and the others go on. What raises
    is what would stop all of them: a wrong base or device, a folder that cannot be written or into
    which another comparison writes.
    """
    devices: list[str] = []
    if comparison.methods:
        devices = choose_devices(comparison.request.device, comparison.cluster)
        resolve(comparison.request.model, hub_files=HUB_FILES)
    asked = [
        AskedRow(name=Path(name).stem, caption=video.prompt, seed=video.seed)
        for name, video in comparison.asked.items()
    ]
    methods = {method.slug: method.name for method in comparison.methods}
    made: list[MethodRow] = []
    with writing(out, "conclvd evaluate compare"):
        ledger = Ledger(out)
        ledger.begin(methods, {slug_of(name): name for name in comparison.external}, asked)
        for found in _rows(comparison, devices, out, ledger, report):
            row = _beside_twin(found, made)
            made.append(row)
            ledger.end(row)
    return made


def _rows(
    comparison: Comparison, devices: Sequence[str], out: Path, ledger: Ledger, report: Report
) -> Iterator[MethodRow]:
    if comparison.methods:
        with closing(Crew(devices, comparison.cluster)) as hands:
            hands.revive()  # their start is not of the time
            end = None if comparison.seconds is None else time.monotonic() + comparison.seconds
            ready = sum(map(comparison.can_load, comparison.methods))
            for method in comparison.methods:
                folder = MethodFolder(out / method.slug, method.name)
                yield _row(method, comparison, hands, folder, ledger, _turn(end, ready), report)
                ready -= comparison.can_load(method)
    for name, source in comparison.external.items():
        target = MethodFolder(out / slug_of(name), name)
        report(name, 0, len(comparison.prompts), "copying")
        yield compare_external(name, source, comparison.prompts, target)


def _turn(end: float | None, methods: int) -> float | None:
    """When the next of `methods` has to stop, for all of them to have their part of the time."""
    if end is None:
        return None
    now = time.monotonic()
    return now + max(0.0, end - now) / max(1, methods)


def _beside_twin(row: MethodRow, others: Sequence[MethodRow]) -> MethodRow:
    """A row that says so when its method is, by weights and settings, another of them."""
    twins = [other.name for other in others if row.sampler and other.sampler == row.sampler]
    if row.status != "done" or not twins:
        return row
    return row.model_copy(update={"reason": f"weights and settings are those of {twins[0]}"})


def _row(
    method: Method,
    comparison: Comparison,
    hands: Crew,
    folder: MethodFolder,
    ledger: Ledger,
    until: float | None,
    report: Report,
) -> MethodRow:
    asked = comparison.asked
    loaded: Loaded | None = None

    def row(status: Status, reason: str | None = None, **more: Any) -> MethodRow:
        return MethodRow(
            name=method.name,
            slug=method.slug,
            status=status,
            videos=len(folder.rows),
            reason=reason,
            sampler=loaded.sampler if loaded else None,
            **more,
        )

    def tell(done: int, doing: str) -> None:
        report(method.name, done, len(asked), doing)

    fetch = method.how_to_fetch(comparison.request.model)
    given = comparison.weights.get(method.slug)
    if not comparison.can_load(method):
        return row("not available", "its weights were not given", fetch=fetch)
    try:
        weights = None if given is None else method.find(given)
    except ConclvdError as error:
        return row("not available", str(error), fetch=fetch)
    tell(0, "loading")
    order = Order(folder.path, method.name, comparison.format, comparison.batch, until)
    try:
        loaded = hands.load(method.slug, comparison.request, weights)
        ledger.loaded(method.slug, loaded.sampler)
        lost = folder.make(hands, loaded, asked, order, tell)
    except MethodFailed as failure:
        return row("failed", str(failure))
    waiting = len(asked.keys() - folder.rows.keys() - lost.keys())
    rest = f"no time was left for {waiting} of {len(asked)} videos" if waiting else None
    earlier = ledger.left_over(method.slug, folder.rows.values())
    reasons = [rest] if rest else []
    if lost:
        first, why = next(iter(lost.items()))
        reasons.insert(0, f"{len(lost)} of {len(asked)} videos, {first}: {why}")
    if earlier:
        reasons.append(f"{len(earlier)} more, asked for earlier, are missing; ask for them again")
    if not reasons:
        return row("done")
    stems = earlier | {Path(name).stem: why for name, why in lost.items()}
    status: Status = "failed" if lost else "unfinished"
    return row(status, "; ".join(reasons), lost=stems or None, rest=rest)
