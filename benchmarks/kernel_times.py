"""What a GPU does in a step: time and starts of its kernels, by what they are for."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
from torch.autograd.profiler_util import DeviceType  # type: ignore[attr-defined]  # not listed
from torch.profiler import ProfilerActivity, profile

# The first that fits the name of a kernel, of cuDNN, cuBLAS, PyTorch or Triton, or (on a CPU) of an
# operation.
FAMILIES = {
    "layout": "nchwtonhwc|nhwctonchw|tensortransform",
    "attention": "flash|fmha|attention|softmax",
    "norm": "group_?norm|layer_?norm|rowwisemoments|welford",
    "convolution": "conv|wgrad|dgrad|fprop|cudnn",
    "matrix product": r"gemm|nvjet|cutlass|cublas|splitk|\bmm\b|addmm|bmm",
    "copy, cast": "copy|memcpy|memset|catarray|fill|zero",
    "optimizer": "multi_tensor_apply|adam|lerp",
    "sum": "reduce|sum",
    "element by element": "elementwise|triton|silu|gelu|add|mul",
}


def family(kernel: str) -> str:
    """What a kernel is for, by its name."""
    fits = (name for name, words in FAMILIES.items() if re.search(words, kernel.lower()))
    return next(fits, "other")


def kernels_of(
    step: Callable[[], object], wait: Callable[[], None], steps: int = 2
) -> dict[str, object]:
    """Milliseconds and starts a step of every family, and the ten kernels that take longest."""
    on_gpu = torch.cuda.is_available()
    activity = ProfilerActivity.CUDA if on_gpu else ProfilerActivity.CPU
    with profile(activities=[activity]) as seen:
        for _ in range(steps):
            step()
        wait()
    kind = DeviceType.CUDA if on_gpu else DeviceType.CPU
    rows: list[tuple[float, float, str]] = []
    for event in seen.key_averages():
        spent = event.self_device_time_total if on_gpu else event.self_cpu_time_total
        if event.device_type == kind and spent > 0:
            rows.append((spent / 1000 / steps, event.count / steps, event.key))
    totals: dict[str, list[float]] = {}
    for spent, count, kernel in rows:
        total = totals.setdefault(family(kernel), [0.0, 0.0])
        total[0] += spent
        total[1] += count
    told = {
        name: f"{spent:.2f} ms, {count:.0f} starts"
        for name, (spent, count) in sorted(totals.items(), key=lambda each: -each[1][0])
    }
    longest = [
        f"{spent:.2f} ms, {count:.0f} x {k[:60]}" for spent, count, k in sorted(rows)[:-11:-1]
    ]
    all_of_it = f"{sum(row[0] for row in rows):.2f} ms, {sum(row[1] for row in rows):.0f} starts"
    return {"all": all_of_it, **told, "longest": longest}
