"""The start of a training stage: this process alone, or one of those that torchrun launched."""

from __future__ import annotations

import torch
from accelerate import Accelerator

from conclvd.generate.device import cpu_has_bf16


def start(*, half: bool = True) -> Accelerator:
    """An accelerator for all processes of the stage, seeded alike.

    If `half`, it computes in bf16 on a GPU and on a CPU with instructions for it.

    Without a GPU it is told so: it would otherwise take each of several processes for the only
    one, and all of them would write the same files.
    """
    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high")
    bf16 = half and (torch.cuda.is_available() or cpu_has_bf16())
    if torch.cuda.is_available():
        # little is left to the processor, and each piece waits for the slowest of its threads,
        # which are many and share the cores with painting processes
        torch.set_num_threads(2)
    no_gpu = not torch.accelerator.is_available()
    return Accelerator(mixed_precision="bf16" if bf16 else "no", cpu=no_gpu)
