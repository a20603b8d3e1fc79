"""Painting clips in background processes while a model trains on the earlier ones."""

from __future__ import annotations

import multiprocessing
import queue
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32

from conclvd.errors import TrainingError
from conclvd.paint.scene.attributes import Attributes
from conclvd.pretrain.sizes import Size
from conclvd.tensors import Frames
from conclvd.workers import one_thread_each

# Scenes of lower seeds are never trained on: every held-out figure is measured on them.
FIRST_TRAINING_SEED = 10_000_000

PARENT_SECONDS = 2.0  # between two looks whether the parent process still lives


@dataclass(frozen=True)
class PaintOrder:
    """What the background processes shall paint.

    `frames` a clip, `fps` pictures of the scene a second, `sizes` of the pictures, of which a clip
    has one by its seed, `captions` in each language, `long_every`: every so many clips one of twice
    the frames (0: none). `strides`: the frames of a clip are one of so many pictures apart, by its
    seed. `flow`: whether to find the exact flow between neighbouring frames.
    """

    frames: int
    fps: float
    sizes: tuple[Size, ...]
    captions: int = 3
    long_every: int = 0
    flow: bool = False
    strides: tuple[int, ...] = (1,)

    def size_of(self, seed: int) -> Size:
        """The size of the clip of a seed."""
        return self.sizes[_rng(seed, "size").integers(len(self.sizes))]


@dataclass(frozen=True)
class PaintedSample:
    """One painted clip with several captions of it, both languages, and its attributes.

    `mirrored` are captions of its mirror image, as many: drawing them takes longer than reading the
    clip, so the painting processes do it.
    `flow` [t-1 h w 2] in pixels and where it is exact, `flow_valid` [t-1 h w], when ordered.
    """

    seed: int
    frames: Frames
    captions: tuple[str, ...]
    mirrored: tuple[str, ...]
    attributes: dict[str, Any]
    flow: Float32[np.ndarray, "n h w 2"] | None = None
    flow_valid: Bool[np.ndarray, "n h w"] | None = None

    @property
    def size(self) -> Size:
        """Width and height of its frames."""
        height, width = self.frames.shape[1:3]
        return width, height


def paint_sample(seed: int, order: PaintOrder) -> PaintedSample:
    """Paint the clip of a seed; half of its captions are English, half Chinese."""
    from conclvd.paint.clip import paint_clip

    width, height = order.size_of(seed)
    is_long = order.long_every > 0 and seed % order.long_every == 0
    clip = paint_clip(
        seed,
        frames=order.frames * (2 if is_long else 1),
        width=width,
        height=height,
        fps=order.fps / order.strides[seed % len(order.strides)],
        flow=order.flow,
    )
    return PaintedSample(
        seed,
        clip.frames,
        _captions(clip.attributes, seed, "training captions", order.captions),
        _captions(clip.attributes.mirrored(), seed, "mirrored", order.captions),
        clip.attributes.to_dict(),
        clip.flow,
        clip.flow_valid,
    )


def _captions(attributes: Attributes, seed: int, purpose: str, each: int) -> tuple[str, ...]:
    """`each` captions in English and as many in Chinese, in turns."""
    from conclvd.paint.words.captions import caption

    rng = _rng(seed, purpose)
    return tuple(
        caption(attributes, rng, language) for _ in range(each) for language in ("en", "zh")
    )


def _rng(seed: int, purpose: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def mirror_image(sample: PaintedSample) -> PaintedSample:
    """The clip with left and right in each other's place, and captions that say so.

    Beside the clip itself it shows what hangs on these two words alone. It has no `flow`.
    """
    attributes = Attributes.from_dict(sample.attributes).mirrored()
    return replace(
        sample,
        frames=np.ascontiguousarray(sample.frames[:, :, ::-1]),
        captions=sample.mirrored,
        mirrored=sample.captions,
        attributes=attributes.to_dict(),
        flow=None,
        flow_valid=None,
    )


def _paint_forever(
    first_seed: int, stride: int, order: PaintOrder, samples: multiprocessing.Queue[Any]
) -> None:
    import cv2

    cv2.setNumThreads(1)  # one process a core
    parent = multiprocessing.parent_process()
    assert parent is not None
    samples.cancel_join_thread()  # nobody may be left to read what is still in the pipe
    seed = first_seed
    while parent.is_alive():  # a killed parent could not end this process
        try:
            painted: PaintedSample | str = paint_sample(seed, order)
        except KeyboardInterrupt:
            return
        except Exception as error:  # the parent decides; a worker must not die unseen
            painted = f"painting scene {seed} failed: {type(error).__name__}: {error}"
        while parent.is_alive():
            try:
                samples.put(painted, timeout=PARENT_SECONDS)
                break
            except queue.Full:
                continue
            except KeyboardInterrupt:
                return
        seed += stride


class PaintingPool:
    """Background processes that paint the training scenes `first_seed`, `first_seed + 1`, …

    A context manager: leaving it ends the processes. Several pools of one run (one a GPU) take
    turns in the seeds: pool `rank` of `ranks`.
    """

    def __init__(
        self,
        order: PaintOrder,
        workers: int,
        *,
        rank: int = 0,
        ranks: int = 1,
        first_seed: int = FIRST_TRAINING_SEED,
    ) -> None:
        if workers < 1:
            raise TrainingError(f"painting needs at least 1 worker process, found {workers}")
        context = multiprocessing.get_context("spawn")
        self._samples: multiprocessing.Queue[Any] = context.Queue(maxsize=2 * workers)
        self._arrived: queue.Queue[Any] = queue.Queue(maxsize=64 * workers)
        self.painted, self.failures = 0, list[str]()
        stride = workers * ranks
        self._processes = [
            context.Process(
                target=_paint_forever,
                args=(first_seed + rank * workers + i, stride, order, self._samples),
                daemon=True,
            )
            for i in range(workers)
        ]

    def __enter__(self) -> PaintingPool:
        with one_thread_each():
            for process in self._processes:
                process.start()
        threading.Thread(target=self._collect, daemon=True).start()
        return self

    def _collect(self) -> None:
        """Move clips out of the pipe, which holds less than one, as soon as they are painted."""
        while True:
            try:
                self._arrived.put(self._samples.get())
            except (EOFError, OSError, ValueError):  # the pool has been closed
                return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(timeout=5)
        self._samples.close()
        self._samples.cancel_join_thread()

    def take(self, *, wait: bool) -> PaintedSample | None:
        """The next painted clip; None when none is ready and `wait` is false.

        A scene that could not be painted is passed over and kept in `failures`. Raises
        TrainingError when more than one in fifty fails, or nothing came for two minutes.
        """
        try:
            sample = self._arrived.get(timeout=120) if wait else self._arrived.get_nowait()
        except queue.Empty:
            if not wait:
                return None
            raise TrainingError(
                "no painted clip arrived for two minutes; the painting processes have stopped, "
                "try again with fewer workers"
            ) from None
        if isinstance(sample, str):
            self.failures.append(sample)
            if len(self.failures) > max(5, self.painted // 50):
                raise TrainingError(f"{len(self.failures)} scenes failed, the last: {sample}")
            return self.take(wait=wait)
        assert isinstance(sample, PaintedSample)
        self.painted += 1
        return sample

    def ready(self) -> Iterator[PaintedSample]:
        """All clips that are painted by now, without waiting."""
        while (sample := self.take(wait=False)) is not None:
            yield sample
