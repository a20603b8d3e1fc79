"""How much memory a video took."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import torch

GIB = 1 << 30
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # man 5 proc, clear_refs: forget the highest resident size


def forget_peak(device: torch.device) -> None:
    """Begin to measure anew. What earlier videos freed is given back to the system first."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
        CLEAR.write_text(RESET_PEAK)


def peak_gib(device: torch.device) -> float | None:
    """The most memory in use since `forget_peak`, in GiB; None where the system does not tell.

    Of a GPU what PyTorch had allocated, on a CPU the resident size of this process.
    """
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device) / GIB)
    if device.type == "cpu" and sys.platform.startswith("linux"):
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
        return kib * 1024 / GIB
    return None
