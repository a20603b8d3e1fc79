"""Frames as files hold them, and as models see them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from conclvd.tensors import Frames


def to_model_range(frames: Tensor) -> Tensor:
    """uint8 frames [..., h w 3] to float frames [..., 3 h w] in [-1, 1]."""
    return frames.movedim(-1, -3).float() / 127.5 - 1


def to_frames(pixels: Tensor) -> Frames:
    """uint8 frames [t h w 3] of a float video [3 t h w] from -1 to 1."""
    scaled = ((pixels.float() + 1) * 127.5).round().clamp(0, 255).to("cpu", torch.uint8)
    return np.ascontiguousarray(scaled.permute(1, 2, 3, 0).numpy())
