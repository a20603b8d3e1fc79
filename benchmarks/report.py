"""Figures on the screen and in `benchmarks/results/NAME.json`, with the machine they are from."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from pathlib import Path

import torch

from conclvd.generate.recipe import versions

RESULTS = Path(__file__).parent / "results"


def machine() -> str:
    """Processor and accelerator, in words."""
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.split(":", 1)[1].strip()
            break
    threads = f"{torch.get_num_threads()} threads"
    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name()}, {processor}, {threads}"
    return f"{processor}, {threads}"


def report(name: str, figures: Mapping[str, object]) -> None:
    """Print the figures, one a line, and keep them as JSON."""
    for key, value in figures.items():
        print(f"{key:>32}  {value:.4g}" if isinstance(value, float) else f"{key:>32}  {value}")
    RESULTS.mkdir(exist_ok=True)
    content = {"machine": machine(), "versions": versions(), **figures}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
