"""Seconds from the command to the file, cold, and peak memory; diffusers' pipeline beside it.

    python benchmarks/speed.py [--repeats 3]

8 keyframes to 15 frames at 256², 25 steps, guidance 8, each time in a new process on two threads;
the peer makes 8 frames without interpolation. The median is reported, and the least.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import report

PROMPT = "a boat drifts to the left on a misty lake"
THREADS = "2"


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in GB of a command."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**os.environ, "OMP_NUM_THREADS": THREADS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if status:
        raise SystemExit(f"{' '.join(command)} failed with status {status}")
    return seconds, usage.ru_maxrss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    peer = str(Path(__file__).with_name("peer.py"))
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "conclvd generate": [
                str(Path(sys.executable).with_name("conclvd")),
                *("generate", PROMPT, "--seed", "0", "-o", f"{folder}/out.mp4"),
            ],
            "AnimateDiffPipeline": [sys.executable, peer, f"{folder}/out.gif"],
        }
        runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(repeats):  # taking turns, so that both see the same machine
            for name, command in commands.items():
                runs[name].append(run(command))
    figures: dict[str, object] = {}
    for name, pairs in runs.items():
        seconds = [pair[0] for pair in pairs]
        figures[f"{name}, s"] = statistics.median(seconds)
        figures[f"{name}, least s"] = min(seconds)
        figures[f"{name}, peak GB"] = max(pair[1] for pair in pairs)
    report("speed", figures)


if __name__ == "__main__":
    main()
