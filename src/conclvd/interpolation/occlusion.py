"""Which flow holds: a flow there and the flow back must return to where they started."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from conclvd.interpolation.warp import length, pixel_grid, sample

TOLERANCE = 1.0  # pixels that a flow there and back may miss by before its pixel is doubted
PER_STEP = 0.1  # and as much more for each pixel of its length


def consistency(
    there: Float[Tensor, "b 2 h w"], back: Float[Tensor, "b 2 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """How far each pixel's flow `there` can be trusted, 0 to 1.

    1 where `back` leads home again; near 0 where it does not, because the pixel is covered in
    the other frame or the flow is wrong, and 0 where it leads out of the picture.
    """
    height, width = there.shape[-2:]
    miss = length(there + sample(back, there))
    tolerance = TOLERANCE + PER_STEP * length(there)
    x, y = (pixel_grid(height, width, there.device) + there).chunk(2, 1)
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    trust: Tensor = torch.exp(-((miss / tolerance) ** 2)) * inside
    return trust
