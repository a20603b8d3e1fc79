"""How much memory a video took."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import torch

GIB = 1 << 30
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # man 5 proc, clear_refs: forget the highest resident size


def forget_peak(device: torch.device) -> bool:
    """Begin to measure anew; False where the system does not let us: then there is no peak to ask.

    What earlier videos freed is given back to the system first.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return True
    if device.type != "cpu" or not sys.platform.startswith("linux"):
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:  # some containers have no such file, or do not let anybody write it
        return False
    return True


def peak_gib(device: torch.device) -> float | None:
    """The most memory in use since a `forget_peak` that succeeded, in GiB; None where unknown.

    Of a GPU what PyTorch had allocated, on a CPU the resident size of this process.
    """
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device) / GIB)
    if device.type == "cpu" and sys.platform.startswith("linux"):
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]  # KiB
        return peaks[0] * 1024 / GIB if peaks else None
    return None
