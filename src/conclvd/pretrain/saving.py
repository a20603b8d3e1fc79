"""Writing trained parts: fp16 safetensors in shards, in a diffusers folder, whole or not at all."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from conclvd.errors import TrainingError
from conclvd.files import leftovers, sweep, whole_folder
from conclvd.models.weights import forget_origin

SHARD_SIZE = "14MB"


def save_part(part: Any, folder: Path) -> None:
    """Write one part (a diffusers or transformers model, a tokenizer, a scheduler) to `folder`.

    Models are written as a half-precision copy; what stood there before is replaced at the end.
    """
    sweep(leftovers(folder))
    with whole_folder(folder, TrainingError) as fresh:
        if hasattr(part, "parameters"):
            half = copy.deepcopy(part).to("cpu").half()
            half.save_pretrained(fresh, max_shard_size=SHARD_SIZE, safe_serialization=True)
        else:
            part.save_pretrained(fresh)
        forget_origin(fresh / "config.json")
