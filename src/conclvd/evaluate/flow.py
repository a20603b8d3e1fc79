"""The optical flow that metrics measure motion by, and its name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch

from conclvd.files import sha256_of
from conclvd.interpolation.estimators import DEFAULT, load_estimator, shipped_raft
from conclvd.interpolation.flow import FlowEstimator

HASH: Final = 8


def load_flow(name: str = DEFAULT, device: torch.device | str = "cpu") -> tuple[FlowEstimator, str]:
    """The estimator of `--flow`, and what rows call it.

    That is DIS, which has no weights, or the file of the weights and the first digits of their
    SHA-256. Raises InvalidRequest for an unknown name, ModelError when weights cannot be loaded.
    """
    estimator = load_estimator(name, device)
    if name == DEFAULT:
        return estimator, "DIS"
    path = shipped_raft() if name == "raft" else Path(name)
    return estimator, f"{path.stem} {sha256_of(path)[:HASH]}"
