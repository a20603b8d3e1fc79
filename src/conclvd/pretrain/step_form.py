"""The forms in which a training step can be computed; what it computes stays the same."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from conclvd.errors import TrainingError


@dataclass(frozen=True)
class StepForm:
    """How a step is computed.

    `half`: weights and activations in bf16, rounded from fp32 weights after every step; otherwise
    weights in fp32, under autocast where the accelerator has it. `search`: cuDNN times its kernels
    for each convolution before the first step. `graph`: forward and backward pass start as one
    CUDA graph; on a CPU, where there are none, their inputs stay in place all the same, so that a
    rehearsal walks the same path.
    """

    half: bool = False
    channels_last: bool = False
    search: bool = False
    compile: bool = False
    graph: bool = False

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the weights that the model computes with."""
        return torch.bfloat16 if self.half else torch.float32


STEP_FORMS = {
    "plain": StepForm(),
    "search": StepForm(search=True),
    "half": StepForm(search=True, half=True),
    "autocast-graph": StepForm(search=True, graph=True),
    "graph": StepForm(search=True, half=True, graph=True),
    "graph-last": StepForm(search=True, half=True, graph=True, channels_last=True),
    "compiled": StepForm(search=True, half=True, compile=True, graph=True),
    "compiled-last": StepForm(search=True, half=True, compile=True, graph=True, channels_last=True),
}


def default_form(device: torch.device) -> str:
    """The name of the form for a device: on a GPU few starts of kernels, and no compiling."""
    return "graph" if device.type == "cuda" else "plain"


def step_form(name: str) -> StepForm:
    """The form of that name. Raises TrainingError for another."""
    if name not in STEP_FORMS:
        known = ", ".join(STEP_FORMS)
        raise TrainingError(f"the form of a step must be one of {known}, found {name!r}")
    return STEP_FORMS[name]
