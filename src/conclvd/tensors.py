"""Axis letters and array aliases used in signatures.

b clips in a batch · n or t frames · c channels · h, w height and width, of pixels or of latents.
Pixels are RGB. uint8 frames run from 0 to 255, float frames inside models from -1 to 1.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Float32, UInt8

Frame: TypeAlias = UInt8[np.ndarray, "h w 3"]
Frames: TypeAlias = UInt8[np.ndarray, "t h w 3"]
Flow: TypeAlias = Float32[np.ndarray, "h w 2"]
