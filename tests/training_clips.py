"""Tiny videos to train on: a square that moves across a plain ground."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from conclvd.train.settings import TrainSettings, check_settings
from conclvd.video.write import write_video

SIDE = 64


def square_video(path: Path, *, frames: int = 16, speed: int = 2, shade: int = 200) -> Path:
    """A square of 16 pixels that moves right by `speed` pixels a frame."""
    pictures = np.full((frames, SIDE, SIDE, 3), 40, np.uint8)
    for index, picture in enumerate(pictures):
        left = (index * speed) % (SIDE - 16)
        picture[24:40, left : left + 16] = shade
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(path, pictures, Fraction(24))


def square_dataset(folder: Path, count: int = 4, **video: int) -> Path:
    """A videofolder of squares of different shades."""
    rows = []
    for number in range(count):
        square_video(folder / f"{number}.mp4", shade=80 + 40 * number, **video)
        rows.append({"file_name": f"{number}.mp4", "text": f"boat {number}"})
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "metadata.jsonl").write_text(lines)
    return folder


def tiny_settings(model: Path, data: Path, out: Path, **given: Any) -> TrainSettings:
    """Settings for a tiny model that take a second or two."""
    values = {
        "pretrained_model_name_or_path": str(model),
        "train_data_dir": data,
        "output_dir": out,
        "cache_dir": data / "cache",
        "resolution": SIDE,
        "num_frames": 6,
        "sample_stride": 2,
        "motion_num_attention_heads": 2,
        "motion_max_seq_length": 16,
        "adapter_hidden_size": 16,
        "adapter_embedding_size": 8,
        "learning_rate": 1e-3,
        "max_train_steps": 3,
        "checkpointing_steps": 1000,
        "validation_steps": 1000,
        "logging_steps": 1,
        "report_to": "none",
    }
    return check_settings({**values, **given}, "test")
