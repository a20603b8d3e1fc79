"""What a training run leaves in its last checkpoint."""

from __future__ import annotations

import torch
from torch import Tensor

from conclvd.train.checkpoint import checkpoints, load_checkpoint
from conclvd.train.settings import TrainSettings


def last_state(settings: TrainSettings) -> dict[str, Tensor]:
    return load_checkpoint(checkpoints(settings.output_dir)[-1])[0]


def close_gradients(left: dict[str, Tensor], right: dict[str, Tensor]) -> None:
    """Compare the first moments after one step: a tenth of the gradient."""
    names = [name for name in left if name.endswith("/exp_avg")]
    assert len(names) > 50
    for name in names:
        torch.testing.assert_close(left[name], right[name], rtol=1e-3, atol=1e-7)
