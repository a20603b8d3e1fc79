"""Where a model runs and in which number format."""

from __future__ import annotations

from pathlib import Path

import torch

from conclvd.errors import InvalidRequest

CPU_FLAGS = Path("/proc/cpuinfo")
FAST_BF16 = {"avx512_bf16", "amx_bf16"}


def choose_device(name: str) -> torch.device:
    """The device called `name`; "auto" is the best there is.

    Raises InvalidRequest when there is no such device on this machine.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InvalidRequest(
            f"device must be auto, cpu, cuda, cuda:N or mps, found {name!r}"
        ) from error
    present = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }
    if (device.index or 0) >= present.get(device.type, 0):
        raise InvalidRequest(f"this machine has no device {name!r}; use auto or cpu")
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """The number format called `name`; "auto" is the fastest that is exact enough on `device`.

    CPUs are fast in bfloat16 only with instructions for it (2 to 6 times, slower without them);
    Apple's GPUs stay in float32, which never overflows.
    """
    if name != "auto":
        dtype: torch.dtype = getattr(torch, name)
        if device.type == "cpu" and dtype == torch.float16:
            raise InvalidRequest("float16 is for GPUs; on a CPU use float32 or bfloat16")
        return dtype
    if device.type == "cuda":
        return torch.float16
    if device.type == "cpu" and cpu_has_bf16():
        return torch.bfloat16
    return torch.float32


def cpu_has_bf16(cpu_flags: Path = CPU_FLAGS) -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; on systems that do not tell, no."""
    try:
        text = cpu_flags.read_text(encoding="utf-8")
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return bool(FAST_BF16 & set(flags.split()))
