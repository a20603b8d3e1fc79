"""Load a base by the name its user gives: embedded, a folder, a checkpoint file or a Hub id.

What is returned does not tell which of them it was.
"""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL, DDIMScheduler

from conclvd.models.base import Base, check_fit
from conclvd.models.diffusers_folder import (
    HUB_FILES,
    check_folder,
    from_folder,
    load_autoencoder,
    load_scheduler,
)
from conclvd.models.single_file import from_checkpoint
from conclvd.models.source import resolve


def load_base(name: str, *, dtype: torch.dtype = torch.float32) -> Base:
    """Load the base called `name` with weights of `dtype`.

    The autoencoder's are float32 where that is bfloat16, in which a decoded sky shows bands.
    Raises ModelError when it is not found, a part of it is missing, or the parts do not fit.
    """
    path = resolve(name, hub_files=HUB_FILES)
    load = from_folder if path.is_dir() else from_checkpoint
    base = load(name, path, dtype, torch.float32 if dtype == torch.bfloat16 else dtype)
    check_fit(base)
    return base


def load_decoder(name: str) -> tuple[AutoencoderKL, DDIMScheduler]:
    """The autoencoder, in float32, and the noise schedule of the base called `name`.

    Of a folder nothing else is read. Raises ModelError as `load_base` does.
    """
    path = resolve(name, hub_files=HUB_FILES)
    if not path.is_dir():
        base = from_checkpoint(name, path, torch.float32, torch.float32)
        return base.vae, base.scheduler
    check_folder(path)
    return load_autoencoder(path), load_scheduler(path)
