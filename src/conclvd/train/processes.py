"""The processes of a run: this one alone, or those that accelerate or torchrun launched."""

from __future__ import annotations

from typing import Any

import torch
from accelerate import Accelerator


def all_processes(mixed_precision: str, **given: Any) -> Accelerator:
    """An accelerator for all of them; `given` are further arguments of accelerate's.

    Without a GPU it is told so: it would otherwise take each of several processes for the only
    one, and all of them would write the same files.
    """
    no_gpu = not torch.accelerator.is_available()
    return Accelerator(mixed_precision=mixed_precision, cpu=no_gpu, **given)
