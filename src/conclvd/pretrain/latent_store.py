"""Latents of painted clips and their captions on the training device."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from jaxtyping import Bool, Float, Int
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

    `tokens` are int [b l]; `interest`, where small things are, 0 to 1, [b h w] or [b n h w], None
    if the clips do not tell; `directions` what goes left or right, int [b k] (pretrain.directions).
    """

    latents: Tensor
    tokens: Int[Tensor, "b l"]
    directions: Int[Tensor, "b k"]
    interest: Tensor | None


class LatentStore:
    """The last `capacity` painted clips of `frames` frames, encoded by a frozen autoencoder.

    Each comes with its mirror image, which counts as a clip: of two pictures that are alike in all
    else the captions say left and right, and a batch that has many such learns the difference.
    A refresh takes in `intake` clips at most; those of another length (`PaintOrder.long_every`) go
    to the store `others`.
    Mean and deviation of the autoencoder's Gaussian collapse at this little noise, so the mean is
    kept.
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
        intake: int = AT_ONCE,
        others: LatentStore | None = None,
    ) -> None:
        self._pool, self._autoencoder, self._tokenizer = pool, autoencoder, tokenizer
        self._frames, self._capacity, self._device = frames, capacity, device
        self._intake, self._others = intake, others
        self._kept: dict[str, Tensor] = {}
        self.painted = 0

    def __len__(self) -> int:
        return min(self.painted, self._capacity)

    def refresh(self, *, at_least: int = 0) -> None:
        """Encode what has been painted; wait until `at_least` clips are there."""
        fresh, others = list[PaintedSample](), list[PaintedSample]()
        while self.painted + len(fresh) < at_least:
            sample = self._pool.take(wait=True)
            assert sample is not None
            self._sort(sample, fresh, others)
        for sample in islice(self._pool.ready(), self._intake):
            self._sort(sample, fresh, others)
        self.put(fresh)
        if self._others is not None:
            self._others.put(others)

    def _sort(
        self, sample: PaintedSample, fresh: list[PaintedSample], others: list[PaintedSample]
    ) -> None:
        place = fresh if len(sample.frames) == self._frames else others
        place += [sample, mirror_image(sample)]

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
            spots = [torch.from_numpy(s.interest) for s in part if s.interest is not None]
            if len(spots) == len(part):
                kept["interest"] = torch.stack(spots)
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
        tokens, interest = self._kept["tokens"], self._kept.get("interest")
        return LatentBatch(
            latents=self._kept["latents"][places].float(),
            tokens=tokens[clips, self._some(len(clips), tokens.shape[1])],
            directions=self._kept["directions"][clips],
            interest=None if interest is None else interest[places].float() / 255,
        )


def emphasised(
    interest: Tensor | None, emphasis: float, dropped: Bool[Tensor, "b 1"]
) -> Tensor | None:
    """How much each place weighs in the loss, [b … 1 h w]; None if all weigh the same.

    1 + `emphasis` where something small is, but 1 where the caption was `dropped`: it was not told.
    """
    if not emphasis or interest is None:
        return None
    told = (~dropped).view(-1, *[1] * (interest.ndim - 1))
    return (1 + emphasis * interest * told).unsqueeze(-3)


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
