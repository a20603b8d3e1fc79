"""What each step sees: latents, noise, diffusion step and caption of every sample.

A sample is a function of the run's seed and of its own number alone: each has a random generator
of its own. So a run does not depend on how samples are spread over batches, accumulation and
processes, and the number of steps made is all there is to restore when it goes on.
"""

from __future__ import annotations

import atexit
import hashlib
import multiprocessing
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from conclvd.train.interrupt import SIGNALS
from conclvd.train.settings import TrainSettings


class Batch(NamedTuple):
    """Clean latents, the noise of every frame, one diffusion step a clip (from 0), text states."""

    latents: Float[Tensor, "b n c h w"]
    noise: Float[Tensor, "b n c h w"]
    steps: Int[Tensor, b]
    states: Float[Tensor, "b l d"]

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        return Batch(*(part.to(device, non_blocking=True) for part in self))


@dataclass(frozen=True)
class Window:
    """One window of a clip: mean and deviation of its latents, and its captions' embeddings."""

    latents: Float[np.ndarray, "2 n c h w"]
    states: tuple[Float[np.ndarray, "l d"], ...]


def generator_of(seed: int, *what: object) -> torch.Generator:
    """A random generator that depends on the run's seed and on `what` alone."""
    digest = hashlib.sha256(repr((seed, *what)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


class Samples(Dataset[Batch]):
    """Samples 0, 1, 2, … of a run. Every window comes once an epoch, in an order of the epoch's.

    `diffusion_steps` are the T of Eq. (2), `scaling_factor` the autoencoder's.
    """

    def __init__(
        self,
        windows: Sequence[Window],
        empty: Float[np.ndarray, "l d"],
        settings: TrainSettings,
        *,
        diffusion_steps: int,
        scaling_factor: float,
    ) -> None:
        self.windows, self.empty, self.settings = windows, empty, settings
        self.diffusion_steps, self.scaling_factor = diffusion_steps, scaling_factor

    def __getitem__(self, number: int) -> Batch:
        settings = self.settings
        epoch, place = divmod(number, len(self.windows))
        window = self.windows[epoch_order(settings.seed, epoch, len(self.windows))[place]]
        generator = generator_of(settings.seed, "sample", number)
        captions = len(window.states)
        chosen = int(torch.randint(captions, (), generator=generator))
        dropped = float(torch.rand((), generator=generator)) < settings.proportion_empty_prompts
        states = self.empty if dropped else window.states[chosen]
        step = torch.randint(self.diffusion_steps, (1,), generator=generator)
        latents = draw_latents(window, generator) * self.scaling_factor
        noise = torch.randn(latents.shape, generator=generator)
        return Batch(latents[None], noise[None], step, as_tensor(states)[None])


@lru_cache(maxsize=4)
def epoch_order(seed: int, epoch: int, count: int) -> list[int]:
    """The order in which an epoch goes through `count` windows."""
    order: list[int] = torch.randperm(count, generator=generator_of(seed, "epoch", epoch)).tolist()
    return order


def as_tensor(array: np.ndarray) -> Tensor:
    """A copy in float32; the file stays mapped, and is not written to."""
    tensor: Tensor = torch.from_numpy(array.astype(np.float32))
    return tensor


def draw_latents(window: Window, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """A sample of the autoencoder's Gaussian, not scaled yet."""
    mean, deviation = (as_tensor(part) for part in window.latents)
    return mean + deviation * torch.randn(mean.shape, generator=generator)


def join(batches: Sequence[Batch]) -> Batch:
    """Several batches as one."""
    return Batch(*map(torch.cat, zip(*batches, strict=True)))


def sample_numbers(
    settings: TrainSettings, first_step: int, *, rank: int, ranks: int
) -> Iterator[list[int]]:
    """The numbers of the samples in each batch of one process, from `first_step` on.

    A step takes batch size x accumulation x processes samples in a row.
    """
    size = settings.train_batch_size
    batches = settings.gradient_accumulation_steps * ranks  # in a step
    for step in range(first_step, settings.max_train_steps):
        for turn in range(settings.gradient_accumulation_steps):
            start = (step * batches + turn * ranks + rank) * size
            yield list(range(start, start + size))


def batches(
    samples: Samples, first_step: int, *, rank: int, ranks: int, pin_memory: bool
) -> Iterator[Batch]:
    """All batches of one process, prepared in the background where the settings say so."""
    numbers = sample_numbers(samples.settings, first_step, rank=rank, ranks=ranks)
    workers = samples.settings.dataloader_num_workers
    loader = DataLoader(
        samples,
        batch_sampler=numbers,
        num_workers=workers,
        collate_fn=join,
        pin_memory=pin_memory,
        persistent_workers=workers > 0,
        worker_init_fn=ignore_signals,
    )
    if workers:
        atexit.unregister(end_workers)
        atexit.register(end_workers)  # the last registered is the first to run
    return iter(loader)


def ignore_signals(worker: int) -> None:
    """Let a worker outlive Ctrl-C and SIGTERM, which go to every process of a run at once.

    The step that the run ends still needs its batches. A worker ends with its loader or its parent.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def end_workers() -> None:
    """Kill the workers of loaders that are still open when Python exits, after an error as a rule.

    multiprocessing ends them by SIGTERM, which they ignore, and would wait for them for ever.
    """
    if threading.current_thread() is threading.main_thread():
        # torch's handler raises here for a worker that was killed: the others would live on
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for child in multiprocessing.active_children():
        if child.daemon:
            child.kill()
