"""Progress bars on standard error."""

from __future__ import annotations

from typing import Any, Self

from tqdm import tqdm

WORDS = {
    "denoise": "painting",
    "decode": "developing",
    "interpolate": "in between",
    "hash": "reading clips",
    "encode": "encoding clips",
    "captions": "encoding captions",
    "train": "training",
    "validate": "validating",
    "scenes": "finding scenes",
    "clips": "cutting clips",
    "measure": "measuring videos",
    "reference": "reading the reference",
    "copies": "copying videos",
    "suggest": "captioning",
}
UNITS = {"scenes": "s", "reading": "file", "copies": "prompt"}  # all others are clips


class Bars:
    """One bar a stage on standard error, with the time left; gone when the stage is done."""

    def __init__(self) -> None:
        self._stage = ""
        self._bar: tqdm[Any] | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` are done; the signature of `generator.Progress`."""
        if stage != self._stage:
            self._close()
            self._stage = stage
            self._bar = self._new(stage, done, total)
        assert self._bar is not None
        self._bar.update(done - self._bar.n)

    def _new(self, stage: str, done: int, total: int) -> tqdm[Any]:
        return tqdm(total=total, desc=WORDS.get(stage, stage), leave=False)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()


class Stages(Bars):
    """Bars of stages that go on where an earlier run stopped, and stay when they are done."""

    def _new(self, stage: str, done: int, total: int) -> tqdm[Any]:
        # what an earlier run did, `initial`, says nothing about the speed of this one
        return tqdm(
            total=total, initial=done, unit=UNITS.get(stage, "clip"), desc=WORDS.get(stage, stage)
        )


class Methods(Bars):
    """One bar a method, of its videos, that stays, with what is going on within a video."""

    def __call__(self, stage: str, done: int, total: int, doing: str = "") -> None:
        """The signature of `compare.run.Report`; the stages are the methods."""
        super().__call__(stage, done, total)
        assert self._bar is not None
        step, _, count = doing.partition(" ")
        self._bar.set_postfix_str(f"{WORDS.get(step, step)} {count}".strip())

    def _new(self, stage: str, done: int, total: int) -> tqdm[Any]:
        # smoothing 0: the mean time a video, for steps within one are no progress of the bar
        return tqdm(total=total, initial=done, desc=stage, unit="video", smoothing=0)
