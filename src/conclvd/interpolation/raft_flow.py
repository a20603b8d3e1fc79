"""RAFT as a flow estimator: any frame size, weights from a local file."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from conclvd.errors import ModelError
from conclvd.interpolation.correlation import pairs_bytes, room_for_pairs
from conclvd.interpolation.raft import LARGE, SMALL, SMALLEST_SIDE, UPDATES, Raft, quick_layout
from conclvd.interpolation.raft_encoder import DOWNSAMPLING
from conclvd.tensor_file import read_tensors

_IN_LARGE_ALONE = "mask_predictor.conv.weight"
_IN_BOTH = "feature_encoder.convnormrelu.0.weight"


class RaftFlow:
    """Flows by RAFT, for frames of any size; `updates` steps of its recurrence."""

    def __init__(self, network: Raft, *, updates: int = UPDATES) -> None:
        self._network = network.eval().requires_grad_(False)
        quick_layout(self._network)
        self._updates = updates

    def flows(
        self, sources: Float[Tensor, "b 3 h w"], targets: Float[Tensor, "b 3 h w"]
    ) -> Float[Tensor, "b 2 h w"]:
        """One flow a pair, in a batch; the network must be on the pictures' device."""
        height, width = sources.shape[-2:]
        pad = [*_padding(width), *_padding(height)]
        first, second = (
            functional.pad(pictures * 2 - 1, pad, mode="replicate")
            for pictures in (sources, targets)
        )
        # Fewer pairs at a time where that lets their correlations fit: looked up on demand they
        # take many times as long.
        rows, columns = (side // DOWNSAMPLING for side in first.shape[-2:])
        fitting = max(1, room_for_pairs(sources.device) // pairs_bytes(rows, columns))
        with torch.no_grad():
            found = [
                self._network.last(
                    first[start : start + fitting], second[start : start + fitting], self._updates
                )
                for start in range(0, len(sources), fitting)
            ]
        flow = torch.cat(found)
        return flow[..., pad[2] : pad[2] + height, pad[0] : pad[0] + width].contiguous()


def _padding(side: int) -> tuple[int, int]:
    """Pixels before and after a side that make it long enough and a multiple of 8."""
    full = max(SMALLEST_SIDE, -(-side // DOWNSAMPLING) * DOWNSAMPLING)
    before = (full - side) // 2
    return before, full - side - before


def load_raft(path: Path) -> Raft:
    """RAFT, small or large as the file has it, from safetensors or a checkpoint of tensors.

    Raises ModelError when the file is not there, broken, holds more than tensors, or they are not
    those of torchvision's `raft_small` or `raft_large`.
    """
    if not path.is_file():
        raise ModelError(f"there is no file {path}; name a file with RAFT weights, or use dis")
    tensors = {name.removeprefix("module."): value for name, value in read_tensors(path).items()}
    if _IN_BOTH not in tensors:
        raise ModelError(
            f"{path} is no RAFT with torchvision's names: it has no {_IN_BOTH}; take the file of "
            "torchvision's raft_small or raft_large"
        )
    network = Raft(LARGE if _IN_LARGE_ALONE in tensors else SMALL)
    try:
        network.load_state_dict({name: value.float() for name, value in tensors.items()})
    except RuntimeError as error:
        reason = " ".join(str(error).split()[:24])
        raise ModelError(f"{path} does not fit RAFT: {reason}; take the unchanged file") from error
    return network.eval().requires_grad_(False)
