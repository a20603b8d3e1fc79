"""Frames between keyframes: exactness, likeness to the true ones, and speed, beside the peers.

    python benchmarks/interpolation.py [--count 20] [--real FOLDER] [--raft FILE] [--device cpu]
                                       [--speed 256x256,512x512]

Painted clips are of held-out scenes, 8 keyframes at 256² and 6 a second: 'uniform' as painted,
'accelerated' with time running from rest (t²) or to rest. `--real` names a folder of published
animations (gif): of their keyframes every second one is left out and made again. The last pair of
a clip, which has nothing to project on, is reported apart. FFmpeg's minterpolate, out of PyAV, is
the outside peer. End-point errors of the flows are on 2 x COUNT held-out painted pairs and layered
motions, by how fast pixels move. Speed is of new frames, on as many threads as torch has, in turns:
the median, and the slowest and the fastest turn; without what a first use takes. `--count 0`
measures speed alone; on a GPU:

    python benchmarks/interpolation.py --count 0 --device cuda --speed 512x512,1920x1080 \
                                       --name interpolation_speed_gpu
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from conclvd.interpolation.estimators import load_estimator
from conclvd.interpolation.flow import DisFlow, FlowEstimator
from conclvd.pretrain.flow_error import Farneback, NoFlow, flow_errors, held_out_pairs
from conclvd.tensors import Frames
from known_motion import exactness
from likeness import Likeness, likeness
from middle_frames import KEYFRAMES, Method, methods, painted_clip, real_clip
from report import report

FIRST_SEED = 810_000
TURNS = 3
PACES: dict[str, Callable[[float], float]] = {
    "uniform": lambda t: t,
    "accelerated": lambda t: t * t,
    "slowing": lambda t: 1 - (1 - t) ** 2,
}


def compare(label: str, clips: list[Frames], ways: Mapping[str, Method | str]) -> dict[str, object]:
    """Mean PSNR, SSIM and GMSD of every way over the clips, last pairs apart."""
    figures: dict[str, object] = {}
    for name, way in ways.items():
        if isinstance(way, str):
            figures[f"{label}, {name}"] = way
            continue
        found = [likeness(way(clip[::2]), clip[1::2]) for clip in clips]
        figures[f"{label}, {name}"] = _row(found, slice(None, -1))
        figures[f"{label}, last pair, {name}"] = _row(found, slice(-1, None))
    return figures


def _row(found: list[Likeness], pairs: slice) -> str:
    psnr, ssim, gmsd = (
        np.mean([np.mean(values[pairs]) for values in kind])
        for kind in zip(*((f.psnr, f.ssim, f.gmsd) for f in found), strict=True)
    )
    return f"{psnr:.2f} dB, SSIM {ssim:.4f}, GMSD {gmsd:.4f}"


def speeds(sizes: list[tuple[int, int]], ways: Mapping[str, Method | str]) -> dict[str, object]:
    """New frames a second on painted clips of these (width, height), all ways in turn."""
    figures: dict[str, object] = {}
    for width, height in sizes:
        square = painted_clip(FIRST_SEED, PACES["uniform"], height)[::2]
        repeats = -(-width // height)
        keyframes = np.concatenate([square] * repeats, 2)[:, :, :width]
        found: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(TURNS + 1):  # one to warm up
            for name, way in ways.items():
                if isinstance(way, str):
                    continue
                used = keyframes if turn else keyframes[:3]
                started = time.monotonic()
                way(used)
                if turn:
                    found[name].append((KEYFRAMES - 1) / (time.monotonic() - started))
        for name, way in ways.items():
            rates = found[name]
            figures[f"frames/s, {width}x{height}, {name}"] = (
                f"{np.median(rates):.3g} ({min(rates):.3g} to {max(rates):.3g})" if rates else way
            )
    return figures


def likenesses(
    count: int,
    real: Path | None,
    raft: FlowEstimator,
    ways: Mapping[str, Method | str],
    device: torch.device,
) -> dict[str, object]:
    """Exactness on known motions, then the frames made against the true ones."""
    figures: dict[str, object] = {}
    known: dict[str, FlowEstimator] = {"DIS": DisFlow(), "RAFT": raft}
    for flow, estimator in known.items():
        for case, misses in exactness(estimator).items():
            off = ", ".join(f"{mode} {miss:.3f} px" for mode, miss in misses.items())
            figures[f"off its place, {flow}, {case}"] = off
    known |= {"Farneback": Farneback(), "no flow": NoFlow()}
    pairs = held_out_pairs(2 * count, device)
    for key, error in flow_errors(known, pairs).items():
        figures[f"end-point error, {key}"] = f"{error:.3f} px"
    seeds = range(FIRST_SEED, FIRST_SEED + count)
    for label, pace in PACES.items():
        clips = [painted_clip(seed, pace) for seed in tqdm(seeds, desc=f"painting, {label}")]
        figures |= compare(f"painted {label}", clips, ways)
    for path in sorted(real.glob("*.gif")) if real else []:
        figures |= compare(path.stem, [real_clip(path)], ways)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=20, help="held-out scenes")
    parser.add_argument("--real", type=Path, help="folder of published animations (*.gif)")
    parser.add_argument("--raft", default="raft", help="file of RAFT weights, not the shipped ones")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--speed", default="256x256,512x512", help="sizes, WIDTHxHEIGHT")
    parser.add_argument("--name", default="interpolation", help="of the file of results")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    raft = load_estimator(arguments.raft, device)
    ways = methods(raft, device)
    figures: dict[str, object] = {}
    if arguments.count:
        figures |= likenesses(arguments.count, arguments.real, raft, ways, device)
    if arguments.speed:
        sizes = [tuple(map(int, size.split("x"))) for size in arguments.speed.split(",")]
        flows = ("DIS-linear", "DIS-SOFP", "RAFT-linear", "RAFT-SOFP")
        timed = {way: ways[way] for way in (*flows, "minterpolate")}
        figures |= speeds([(width, height) for width, height in sizes], timed)
    report(arguments.name, figures)


if __name__ == "__main__":
    main()
