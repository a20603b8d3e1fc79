"""The comparison itself: every method, every prompt, every seed, and what became of each."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from conclvd.errors import ConclvdError, InvalidRequest, MediaError
from conclvd.evaluate.compare.external import compare_external
from conclvd.evaluate.compare.method_folder import Asked, MethodFailed, MethodFolder, failures
from conclvd.evaluate.compare.methods import METHODS, Method, slug_of
from conclvd.evaluate.compare.records import MethodRow, Status, read_methods, write_methods
from conclvd.evaluate.compare.sampler import Sampler
from conclvd.generate.device import choose_device
from conclvd.generate.request import Request
from conclvd.models.diffusers_folder import HUB_FILES
from conclvd.models.source import HUB_ID, resolve

# Called as report(method, videos done, videos in all, what is going on).
Report = Callable[[str, int, int, str], None]


@dataclass(frozen=True)
class Comparison:
    """What is compared: `methods` and the `external` folders by name, on `prompts` and `seeds`.

    `request` holds what all methods share; its prompt and seed stand for nothing. `weights` are
    folders, files or Hub ids by the slug of the method that they are for. Raises InvalidRequest
    for weights of a method that is not compared, two methods of one name, and what is not there.
    """

    methods: Sequence[Method]
    prompts: Sequence[str]
    seeds: Sequence[int]
    request: Request
    weights: dict[str, str] = field(default_factory=dict)
    external: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
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
        """Every video that a method is to make, by its file's name."""
        return {
            f"{index:04d}-s{seed}.mp4": Asked(prompt, seed)
            for index, prompt in enumerate(self.prompts)
            for seed in self.seeds
        }


def compare(comparison: Comparison, out: Path, report: Report) -> list[MethodRow]:
    """Make every video that is not there yet, in a folder a method; returns the methods' rows.

    A method that cannot be had or fails is a row that says why, and the others go on. What raises
    is what would stop all of them: a wrong base or device, a folder that cannot be written.
    """
    if comparison.methods:
        choose_device(comparison.request.device)
        resolve(comparison.request.model, hub_files=HUB_FILES)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"cannot make the folder {out}: {error.strerror}; name another") from error
    rows = {row.slug: row for row in read_methods(out)}
    places = [method.slug for method in METHODS]
    made: list[MethodRow] = []
    for found in _rows(comparison, out, report):
        row = _beside_twin(found, made)
        rows[row.slug] = row
        made.append(row)
        known = sorted(rows.keys() & set(places), key=places.index)
        others = [slug for slug in rows if slug not in known]
        write_methods(out, (rows[slug] for slug in [*known, *others]))
    return made


def _rows(comparison: Comparison, out: Path, report: Report) -> Iterator[MethodRow]:
    for method in comparison.methods:
        yield _row(method, comparison, MethodFolder(out / method.slug, method.name), report)
        gc.collect()  # before the models of the next are loaded
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    for name, folder in comparison.external.items():
        target = MethodFolder(out / slug_of(name), name)
        report(name, 0, len(comparison.prompts), "copying")
        yield compare_external(name, folder, comparison.prompts, target)


def _beside_twin(row: MethodRow, others: Sequence[MethodRow]) -> MethodRow:
    """A row that says so when its method is, by weights and settings, another of them."""
    twins = [other.name for other in others if row.sampler and other.sampler == row.sampler]
    if row.status != "done" or not twins:
        return row
    return row.model_copy(update={"reason": f"weights and settings are those of {twins[0]}"})


def _row(method: Method, comparison: Comparison, folder: MethodFolder, report: Report) -> MethodRow:
    """Load a method, make its videos, and say what became of it."""

    def row(status: Status, reason: str | None = None, **more: str) -> MethodRow:
        return MethodRow(
            name=method.name,
            slug=method.slug,
            status=status,
            videos=len(folder.rows),
            reason=reason,
            sampler=sampler.settings if sampler else None,
            **more,
        )

    sampler: Sampler | None = None
    fetch = method.how_to_fetch(comparison.request.model)
    given = comparison.weights.get(method.slug)
    base = resolve(comparison.request.model, hub_files=HUB_FILES).path
    if given is None and method.lacks_weights(base):
        return row("not available", "its weights were not given", fetch=fetch)
    try:
        weights = None if given is None else method.find(given)
    except ConclvdError as error:
        return row("not available", str(error), fetch=fetch)
    asked = comparison.asked

    def tell(done: int, doing: str) -> None:
        report(method.name, done, len(asked), doing)

    tell(0, "loading")
    try:
        with failures():
            sampler = method.load(comparison.request, weights)
        folder.make(sampler, asked, tell)
    except MethodFailed as failure:
        return row("failed", str(failure))
    return row("done")
