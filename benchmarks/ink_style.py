"""Do the metrics of ink style tell painted landscapes from photographs and cartoons?

    python benchmarks/ink_style.py [--count 40] [--reference 80] [--processes 2] [--real FOLDER]

The reference is painted clips of held-out scenes; measured are other held-out scenes, and pictures
drawn by other_styles.py. AUC is how often such a picture is further from the reference than a
painted one: 1 when it always is, 0.5 when the metric knows nothing. `--real` measures the first
frames of a folder of other people's animations as well, nothing of which is in the reference: at
best their AUC is 0.5, and `real against others`, how often a drawn picture is further than they, 1.
"""

from __future__ import annotations

import argparse
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from conclvd.evaluate.metrics.ink_style import FEATURES
from conclvd.evaluate.reference import Reference
from conclvd.evaluate.style import lab, style_distance
from conclvd.paint.clip import paint_clip
from conclvd.tensors import Frame
from conclvd.video.formats import VIDEO_SUFFIXES
from conclvd.video.read import read_frames
from conclvd.workers import one_thread_each
from other_styles import KINDS, draw
from report import report

FIRST_SEED = 820_000
Distances = Float64[np.ndarray, "n"]


def _paint(seed: int) -> Frame:
    frame: Frame = paint_clip(seed, frames=1).frames[0]
    return frame


def auc(near: Distances, far: Distances) -> float:
    """How often a value of `far` is above one of `near`; equal ones count half."""
    difference = far[None] - near[:, None]
    return float(np.mean(difference > 0) + np.mean(difference == 0) / 2)


def distances(pictures: list[Frame], reference: Reference) -> dict[str, Distances]:
    """Of each picture, by metric; "ink style" is the mean of all."""
    found = {
        feature.vector.__name__: np.array(
            [style_distance([lab(one)], feature, reference.known(feature)) for one in pictures]
        )
        for feature in FEATURES
    }
    return found | {"ink style": np.mean(list(found.values()), axis=0)}


def real_pictures(folder: Path) -> list[Frame]:
    """The first frame of each video in a folder."""
    files = sorted(path for path in folder.iterdir() if path.suffix in VIDEO_SUFFIXES)
    return [next(read_frames(path)) for path in files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=40, help="pictures of each kind")
    parser.add_argument("--reference", type=int, default=80, help="painted reference pictures")
    parser.add_argument("--processes", type=int, default=2, help="painting processes")
    parser.add_argument("--real", type=Path, help="folder of animated paintings by others")
    arguments = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.reference + arguments.count)
    with one_thread_each(), get_context("spawn").Pool(arguments.processes) as pool:
        painted = pool.map(_paint, seeds)
    known, tested = painted[: arguments.reference], painted[arguments.reference :]
    reference = Reference("painted", [lab(frame) for frame in known], range(len(known)))
    own = distances(tested, reference)
    kinds = {kind: [draw(kind, seed) for seed in range(arguments.count)] for kind in KINDS}
    others = {kind: distances(pictures, reference) for kind, pictures in kinds.items()}
    real = distances(real_pictures(arguments.real), reference) if arguments.real else None
    figures: dict[str, object] = {"painted": len(tested), "reference": len(known)}
    if real is not None:
        figures["real"] = len(real["ink style"])
    for name in own:
        every = np.concatenate([found[name] for found in others.values()])
        figures[f"{name}: painted, median"] = float(np.median(own[name]))
        figures[f"{name}: AUC, all others"] = auc(own[name], every)
        for kind, found in others.items():
            figures[f"{name}: AUC, {kind}"] = auc(own[name], found[name])
            figures[f"{name}: {kind}, median"] = float(np.median(found[name]))
        if real is not None:
            figures[f"{name}: real, median"] = float(np.median(real[name]))
            figures[f"{name}: AUC, real"] = auc(own[name], real[name])
            figures[f"{name}: AUC, real against others"] = auc(real[name], every)
    report("ink_style", figures)


if __name__ == "__main__":
    main()
