"""Latents of painted clips and their captions on the training device."""

from __future__ import annotations

from itertools import islice

import torch
from diffusers import AutoencoderKL
from jaxtyping import Float, Int
from torch import Tensor
from transformers import CLIPTokenizer

from conclvd.train.clip_folder import ClipSource
from conclvd.train.frame_store import AT_ONCE, to_model_range
from conclvd.train.painting import PaintedSample
from conclvd.train.text import encode_captions

ENCODED_AT_ONCE = 128  # frames


class LatentStore:
    """The last `capacity` painted clips of `frames` frames, encoded by a frozen autoencoder.

    Mean and deviation of the autoencoder's Gaussian collapse at this little noise, so the mean is
    kept. Clips of another length (`PaintOrder.long_every`) are left in `others`.
    """

    def __init__(
        self,
        pool: ClipSource,
        autoencoder: AutoencoderKL,
        tokenizer: CLIPTokenizer,
        *,
        frames: int,
        capacity: int,
        device: torch.device,
    ) -> None:
        self._pool, self._autoencoder, self._tokenizer = pool, autoencoder, tokenizer
        self._frames, self._capacity, self._device = frames, capacity, device
        self._latents: Tensor | None = None
        self._tokens: Tensor | None = None
        self._interest: Tensor | None = None
        self.painted = 0
        self.others: list[PaintedSample] = []

    def __len__(self) -> int:
        return min(self.painted, self._capacity)

    def refresh(self, *, at_least: int = 0) -> None:
        """Encode what has been painted; wait until `at_least` clips are there."""
        fresh: list[PaintedSample] = []
        while self.painted + len(fresh) < at_least:
            sample = self._pool.take(wait=True)
            assert sample is not None
            self._sort(sample, fresh)
        for sample in islice(self._pool.ready(), AT_ONCE):
            self._sort(sample, fresh)
        self.put(fresh)

    def _sort(self, sample: PaintedSample, fresh: list[PaintedSample]) -> None:
        (fresh if len(sample.frames) == self._frames else self.others).append(sample)

    def put(self, samples: list[PaintedSample]) -> None:
        """Encode these clips into the store."""
        size, length = max(1, ENCODED_AT_ONCE // self._frames), self._tokenizer.model_max_length
        for start in range(0, len(samples), size):
            part = samples[start : start + size]
            # first what the processor does: a GPU that is still at its steps is not kept waiting
            captions = [caption for sample in part for caption in sample.captions]
            tokens = encode_captions(self._tokenizer, captions).view(len(part), -1, length)
            frames = self._move(torch.stack([torch.from_numpy(s.frames) for s in part]))
            latents = encode_frames(self._autoencoder, frames)
            if self._latents is None or self._tokens is None:
                shape = (self._capacity, *latents.shape[1:])
                self._latents = torch.empty(shape, dtype=torch.bfloat16, device=self._device)
                shape = (self._capacity, *tokens.shape[1:])
                self._tokens = torch.empty(shape, dtype=torch.int32, device=self._device)
            places = torch.arange(self.painted, self.painted + len(part), device=self._device)
            slots = places % self._capacity
            self._latents[slots] = latents.bfloat16()
            self._tokens[slots] = self._move(tokens)
            self._put_interest(part, slots)
            self.painted += len(part)

    def _move(self, values: Tensor) -> Tensor:
        """`values` on the device; a GPU copies them when it comes to it, nobody waits."""
        if self._device.type == "cuda":
            values = values.pin_memory()
        return values.to(self._device, non_blocking=True)

    def _put_interest(self, part: list[PaintedSample], slots: Tensor) -> None:
        """Keep where small things are, of clips of their first and last frame alone."""
        known = [s.interest for s in part if s.interest is not None]
        if self._frames != 2 or len(known) < len(part):
            return
        spots = torch.stack([torch.from_numpy(each) for each in known])
        if self._interest is None:
            shape = (self._capacity, *spots.shape[1:])
            self._interest = torch.zeros(shape, dtype=torch.uint8, device=self._device)
        self._interest[slots] = self._move(spots)

    def pictures(
        self, size: int
    ) -> tuple[Float[Tensor, "b c h w"], Int[Tensor, "b l"], Float[Tensor, "b h w"] | None]:
        """Latents of `size` random frames, with a random caption each, and where small things are.

        That is 0 to 1 for each latent position, None where the clips do not tell.
        """
        assert self._latents is not None
        clips, tokens = self._draw(size)
        moments = torch.randint(self._latents.shape[1], (size,), device=self._device)
        spots = None if self._interest is None else self._interest[clips, moments].float() / 255
        return self._latents[clips, moments].float(), tokens, spots

    def clips(self, size: int) -> tuple[Float[Tensor, "b n c h w"], Int[Tensor, "b l"]]:
        """Latents of `size` random clips, with a random caption each."""
        assert self._latents is not None
        clips, tokens = self._draw(size)
        return self._latents[clips].float(), tokens

    def _draw(self, size: int) -> tuple[Int[Tensor, b], Int[Tensor, "b l"]]:
        """The places of `size` random clips, and a random caption of each."""
        assert self._tokens is not None
        clips = torch.randint(len(self), (size,), device=self._device)
        captions = torch.randint(self._tokens.shape[1], (size,), device=self._device)
        return clips, self._tokens[clips, captions]


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
