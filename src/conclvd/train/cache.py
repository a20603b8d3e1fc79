"""Latents and text embeddings on disk, made once and shared by runs.

Latents are kept as the mean and the standard deviation of the autoencoder's Gaussian, so that
every step still draws a fresh sample. A file is named by the sha256 of the clip (or of the
caption's tokens), its folder by everything else that it depends on. Files are whole or not there,
so an interrupted run goes on where it stopped, and several runs may fill one cache.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from jaxtyping import Float, Float16
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from conclvd.errors import MediaError, TrainingError
from conclvd.files import make_folder, read_text, sweep, whole, write_text
from conclvd.generate.pixels import to_model_range
from conclvd.models.base import Base
from conclvd.tensors import Frames
from conclvd.train.clips import Clip, Skipped
from conclvd.train.settings import TrainSettings
from conclvd.train.text import encode_captions
from conclvd.train.windows import read_windows

FORMAT = "conclvd-cache/1"
FRAMES_AT_ONCE = 8  # through the autoencoder
CAPTIONS_AT_ONCE = 32
ADVICE = "free some space, or choose another cache_dir"

# Latents of the windows of a clip: mean first, then standard deviation.
CachedLatents = Float16[np.ndarray, "w 2 n c h w2"]
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Cache:
    """Where the latents of clips and the embeddings of captions are, for one base and settings."""

    latents: Path
    text: Path

    @classmethod
    def of(cls, base: Base, settings: TrainSettings) -> Cache:
        """The cache folders that belong to the parts of `base` and to `settings`."""
        facts = [FORMAT, base.hashes["vae"], settings.resolution, settings.num_frames]
        facts += [settings.sample_stride, settings.windows_per_clip]
        key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        text = hashlib.sha256(f"{FORMAT} {base.hashes['text_encoder']}".encode()).hexdigest()[:16]
        return cls(settings.cache / "latents" / key, settings.cache / "text" / text)

    def latent_file(self, clip: Clip) -> Path:
        """The latents of a clip."""
        return self.latents / f"{clip.sha256}.npy"

    def broken_file(self, clip: Clip) -> Path:
        """Why a clip has no latents."""
        return self.latents / f"{clip.sha256}.broken.txt"

    def text_file(self, tokens: Tensor) -> Path:
        """The embedding of a caption, by its token ids [l]."""
        ids = tokens.to(torch.int32).numpy().tobytes()
        return self.text / f"{hashlib.sha256(ids).hexdigest()}.npy"

    def knows(self, clips: Iterable[Clip]) -> bool:
        """Whether all of these clips are encoded."""
        return all(self.latent_file(clip).is_file() for clip in clips)

    def sort(self, clips: Iterable[Clip]) -> tuple[list[Clip], list[Skipped]]:
        """The clips that have latents or may yet have them, and those that cannot be decoded."""
        there: list[Clip] = []
        broken: list[Skipped] = []
        for clip in clips:
            note = self.broken_file(clip)
            if self.latent_file(clip).is_file() or not note.is_file():
                there.append(clip)
            else:
                broken.append(Skipped(str(clip.path), read_text(note, TrainingError)))
        return there, broken


def fill_latents(
    cache: Cache,
    clips: Sequence[Clip],
    vae: AutoencoderKL,
    settings: TrainSettings,
    report: Report,
) -> None:
    """Encode the clips that the cache does not have; those that cannot be decoded are noted."""
    missing = [
        clip
        for clip in clips
        if not cache.latent_file(clip).is_file() and not cache.broken_file(clip).is_file()
    ]
    if missing:
        _prepare(cache.latents)
    for done, clip in enumerate(missing):
        report(done, len(missing))
        try:
            windows = read_windows(clip, settings)
        except MediaError as error:
            write_text(cache.broken_file(clip), str(error), TrainingError, advice=ADVICE)
            continue
        _write_array(cache.latent_file(clip), np.stack([encode(vae, w) for w in windows]))
    if missing:
        report(len(missing), len(missing))


@torch.no_grad()
def encode(vae: AutoencoderKL, window: Frames) -> Float16[np.ndarray, "2 n c h w"]:
    """Mean and deviation of the latents of a window [n h w 3], not scaled yet."""
    parts = []
    for start in range(0, len(window), FRAMES_AT_ONCE):
        pixels = torch.from_numpy(window[start : start + FRAMES_AT_ONCE]).to(vae.device)
        found = vae.encode(to_model_range(pixels).to(vae.dtype)).latent_dist
        parts.append(torch.stack([found.mean, found.std]).float().cpu())
    joined = torch.cat(parts, dim=1)
    if not joined.isfinite().all() or joined.abs().max() > torch.finfo(torch.float16).max:
        raise TrainingError(
            "the autoencoder gives latents that are not finite; check the model's vae"
        )
    return joined.half().numpy()


@torch.no_grad()
def fill_text(
    cache: Cache,
    captions: Sequence[str],
    tokenizer: CLIPTokenizer,
    text_encoder: CLIPTextModel,
    report: Report,
) -> None:
    """Encode the captions that the cache does not have."""
    tokens = encode_captions(tokenizer, captions)
    missing = [row for row in tokens if not cache.text_file(row).is_file()]
    if missing:
        _prepare(cache.text)
    for start in range(0, len(missing), CAPTIONS_AT_ONCE):
        report(start, len(missing))
        rows = missing[start : start + CAPTIONS_AT_ONCE]
        states = text_encoder(torch.stack(rows).to(text_encoder.device)).last_hidden_state
        for row, state in zip(rows, states.half().cpu().numpy(), strict=True):
            _write_array(cache.text_file(row), state)
    if missing:
        report(len(missing), len(missing))


def open_latents(cache: Cache, clip: Clip) -> CachedLatents:
    """A clip's latents, mapped from the file rather than read."""
    return _open(cache.latent_file(clip))


def open_text(
    cache: Cache, tokenizer: CLIPTokenizer, captions: Sequence[str]
) -> list[Float[np.ndarray, "l d"]]:
    """The embeddings of captions, mapped from their files."""
    return [_open(cache.text_file(row)) for row in encode_captions(tokenizer, captions)]


def _open(path: Path) -> np.ndarray:
    """The array of a file, mapped by PyTorch.

    numpy's map keeps its file open, and a dataset has more files than a process may have open
    (1,024 as a rule).
    """
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            start, size = file.tell(), path.stat().st_size
        content = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8)
        array: np.ndarray = content.numpy()[start:].view(dtype).reshape(shape)
    except (OSError, ValueError, RuntimeError) as error:
        raise TrainingError(f"cannot read {path} of the cache: {error}; remove it") from error
    return array


def _write_array(path: Path, array: np.ndarray) -> None:
    with whole(path, TrainingError, advice=ADVICE) as partial, partial.open("wb") as file:
        np.save(file, array)


def _prepare(folder: Path) -> None:
    """Make a folder of the cache, and remove what killed runs left in it.

    Other machines may be writing there: nothing takes them as long as an hour.
    """
    make_folder(folder, TrainingError, advice=ADVICE)
    sweep(folder.glob(".*"), idle=3600)
