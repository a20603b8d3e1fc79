"""Flow estimators by name."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import torch

from conclvd.errors import InvalidRequest
from conclvd.interpolation.flow import DisFlow, FlowEstimator

DEFAULT = "dis"
NAMES = ("dis", "raft")
_SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt")


def shipped_raft() -> Path:
    """Where the weights of the shipped RAFT are."""
    return Path(str(files("conclvd"))) / "weights" / "raft" / "raft_small.safetensors"


def load_estimator(name: str, device: torch.device | str = "cpu") -> FlowEstimator:
    """The estimator called `name`: "dis", "raft" (the shipped weights) or a file of RAFT weights.

    Raises InvalidRequest for another name, ModelError when the weights cannot be loaded.
    """
    if name not in NAMES and Path(name).suffix not in _SUFFIXES:
        raise InvalidRequest(
            f"flow must be dis, raft, or a file of RAFT weights that ends in "
            f"{' or '.join(_SUFFIXES)}; found {name!r}"
        )
    if name == "dis":
        return DisFlow()
    from conclvd.interpolation.raft_flow import RaftFlow, load_raft

    path = shipped_raft() if name == "raft" else Path(name)
    return RaftFlow(load_raft(path).to(device))
