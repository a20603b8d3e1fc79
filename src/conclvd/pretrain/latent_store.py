"""Latents of painted clips and their captions on the training device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from jaxtyping import Float, Int
from torch import Tensor
from transformers import CLIPTokenizer

from conclvd.generate.pixels import to_model_range
from conclvd.pretrain.clip_folder import ClipSource
from conclvd.pretrain.directions import BOAT, NEITHER, directions
from conclvd.pretrain.frame_store import AT_ONCE
from conclvd.pretrain.painting import PaintedSample, mirror_image
from conclvd.train.text import encode_captions

ENCODED_AT_ONCE = 128  # frames


@dataclass(frozen=True)
class LatentBatch:
    """Drawn from a store: latents of frames [b c h w] or clips [b n c h w], and a caption of each.

    `tokens` are int [b l], `directions` what goes left or right, int [b k] (pretrain.directions).
    """

    latents: Tensor
    tokens: Int[Tensor, "b l"]
    directions: Int[Tensor, "b k"]


class LatentStore:
    """The last `capacity` painted clips of `frames` frames, encoded by a frozen autoencoder.

    Mean and deviation of the autoencoder's Gaussian collapse at this little noise, so the mean is
    kept.
    """

    def __init__(
        self,
        autoencoder: AutoencoderKL,
        tokenizer: CLIPTokenizer,
        *,
        frames: int,
        capacity: int,
        device: torch.device,
    ) -> None:
        self._autoencoder, self._tokenizer = autoencoder, tokenizer
        self._frames, self._capacity, self._device = frames, capacity, device
        self._kept: dict[str, Tensor] = {}
        self.painted = 0

    def __len__(self) -> int:
        return min(self.painted, self._capacity)

    def put(self, samples: list[PaintedSample]) -> None:
        """Encode these clips into the store."""
        size, length = max(1, ENCODED_AT_ONCE // self._frames), self._tokenizer.model_max_length
        for start in range(0, len(samples), size):
            part = samples[start : start + size]
            # first what the processor does: a GPU that is still at its steps is not kept waiting
            captions = [caption for sample in part for caption in sample.captions]
            tokens = encode_captions(self._tokenizer, captions).view(len(part), -1, length)
            frames = self._move(torch.stack([torch.from_numpy(s.frames) for s in part]))
            kept = {
                "latents": encode_frames(self._autoencoder, frames).bfloat16(),
                "tokens": tokens,
                "directions": torch.tensor([directions(s.attributes) for s in part]),
            }
            places = torch.arange(self.painted, self.painted + len(part), device=self._device)
            for name, values in kept.items():
                self._keep(name, places % self._capacity, self._move(values))
            self.painted += len(part)

    def _move(self, values: Tensor) -> Tensor:
        """`values` on the device; a GPU copies them when it comes to it, nobody waits."""
        if self._device.type == "cuda" and values.device.type == "cpu":
            values = values.pin_memory()
        return values.to(self._device, non_blocking=True)

    def _keep(self, name: str, slots: Tensor, values: Tensor) -> None:
        if name not in self._kept:
            shape = (self._capacity, *values.shape[1:])
            self._kept[name] = torch.zeros(shape, dtype=values.dtype, device=self._device)
        self._kept[name][slots] = values

    def pictures(self, size: int) -> LatentBatch:
        """`size` random frames, with a random caption each."""
        clips = self._some(size, len(self))
        return self._drawn(clips, (clips, self._some(size, self._frames)))

    def clips(self, size: int, *, boats: float = 1.0) -> LatentBatch:
        """`size` random clips, with a random caption each.

        One with a boat that goes left or right is drawn `boats` times as often as another.
        """
        goes = self._kept["directions"][: len(self), BOAT] != NEITHER
        clips = torch.multinomial(1 + (boats - 1) * goes.float(), size, replacement=True)
        return self._drawn(clips, (clips,))

    def _some(self, size: int, below: int) -> Int[Tensor, b]:
        return torch.randint(below, (size,), device=self._device)

    def _drawn(self, clips: Int[Tensor, b], places: tuple[Int[Tensor, b], ...]) -> LatentBatch:
        tokens = self._kept["tokens"]
        return LatentBatch(
            latents=self._kept["latents"][places].float(),
            tokens=tokens[clips, self._some(len(clips), tokens.shape[1])],
            directions=self._kept["directions"][clips],
        )


class LatentIntake:
    """Takes clips out of `pool` into the store that `store_of` names for each.

    Each comes with its mirror image, which counts as a clip: of two pictures that are alike in all
    else the captions say left and right, and a batch that has many such learns the difference.
    A refresh takes in `at_once` clips at most.
    """

    def __init__(
        self,
        pool: ClipSource,
        store_of: Callable[[PaintedSample], LatentStore],
        *,
        at_once: int = AT_ONCE,
    ) -> None:
        self._pool, self._store_of, self._at_once = pool, store_of, at_once
        self.painted = 0

    def refresh(self, *, at_least: int = 0) -> None:
        """Encode what has been painted; wait until `at_least` clips are there."""
        fresh = list[PaintedSample]()
        while self.painted + 2 * len(fresh) < at_least:
            sample = self._pool.take(wait=True)
            assert sample is not None
            fresh.append(sample)
        fresh += islice(self._pool.ready(), self._at_once)
        sorted_out = defaultdict[LatentStore, list[PaintedSample]](list)
        for sample in fresh:
            sorted_out[self._store_of(sample)] += [sample, mirror_image(sample)]
        for store, samples in sorted_out.items():
            store.put(samples)
        self.painted += 2 * len(fresh)


def frozen_autoencoder(folder: Path, device: torch.device) -> AutoencoderKL:
    """The autoencoder of a folder on a device, in half precision where that is a GPU.

    Latents are kept in bf16 anyway, and encoding in it is no less exact than autocast.
    """
    half = torch.bfloat16 if device.type == "cuda" else torch.float32
    autoencoder = AutoencoderKL.from_pretrained(folder, torch_dtype=half)
    autoencoder.requires_grad_(False).to(device, memory_format=torch.channels_last)
    return autoencoder


@torch.no_grad()
def encode_frames(autoencoder: AutoencoderKL, frames: Tensor) -> Float[Tensor, "b n c h w"]:
    """Scaled latents of uint8 clips [b n h w 3]; half precision where the device is a GPU."""
    clips, length = frames.shape[:2]
    pictures = to_model_range(frames.flatten(0, 1)).to(autoencoder.dtype)
    # weights in half precision do without autocast, which computes every norm in fp32
    fast = frames.device.type == "cuda" and autoencoder.dtype == torch.float32
    with torch.autocast(frames.device.type, torch.bfloat16, enabled=fast):
        latents = autoencoder.encode(pictures).latent_dist.mean
    scaled: Tensor = latents.float() * autoencoder.config.scaling_factor
    return scaled.view(clips, length, *scaled.shape[1:])
