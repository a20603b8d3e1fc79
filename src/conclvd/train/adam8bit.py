"""AdamW with 8-bit moments, from bitsandbytes, as this trainer needs it."""

from __future__ import annotations

from typing import Any

import torch
from bitsandbytes.optim import AdamW8bit
from torch.optim import Optimizer


class EightBitAdamW(AdamW8bit):  # type: ignore[misc]
    """bitsandbytes' AdamW8bit that does not wait for the device, with a flat `state_dict`.

    bitsandbytes waits after every weight, which its paged states need and these do not: the
    updates could not be launched while a graph is still replayed. Its `state_dict` nests what
    belongs to the 8-bit moments, for FSDP.
    """

    @torch.no_grad()
    def step(self) -> None:
        """Update the weights that have gradients."""
        for group_number, group in enumerate(self.param_groups):
            for number, weight in enumerate(group["params"]):
                if weight.grad is None:
                    continue
                if not self.state[weight]:
                    self.init_state(group, weight, group_number, number)
                self.update_step(group, weight, group_number, number)

    def state_dict(self) -> dict[str, Any]:
        """Every weight's state as tensors and numbers by name."""
        return Optimizer.state_dict(self)

    def load_state_dict(self, state_dict: dict[str, Any], move_to_device: bool = True) -> None:
        """Go on from a `state_dict`; a tensor in the place of a number of steps will do."""
        for values in state_dict["state"].values():
            values["step"] = int(values["step"])  # kernels take no tensor here
        super().load_state_dict(state_dict, move_to_device)
