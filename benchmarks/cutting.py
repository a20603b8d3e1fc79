"""Cutting of synthetic films with known cuts, dissolves, fades, bars, logos and subtitles.

    python benchmarks/cutting.py [--films 6] [--scenes 16]

The scenes are painted clips, so that things move in them. Cuts count when they are exact to the
frame (cuts said within a dissolve or fade do not count), dissolves and fades when a found one
overlaps; also how many mixed frames are left in clips.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from conclvd.curate.bars import Crop
from conclvd.curate.boundaries import Boundaries
from conclvd.curate.facts import measure, pictures
from conclvd.curate.shots import find_scenes
from conclvd.paint.clip import paint_clip
from conclvd.tensors import Frame
from conclvd.video.write import write_video
from report import report

FPS = Fraction(24)
WIDTH, HEIGHT, BAR = 640, 272, 44
SEED = 5_000_000  # held out


@dataclass
class Film:
    """Frames, and what is known of them."""

    frames: list[Frame] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    mixed: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    titled: list[tuple[int, int]] = field(default_factory=list)


def make_film(number: int, scenes: int, chance: random.Random) -> Film:
    """A film of painted scenes of 2.5 to 4 s, joined in all ways."""
    film = Film()
    for place in range(scenes):
        seed = SEED + 1000 * number + place
        length = chance.randint(60, 96)
        clip = paint_clip(seed, frames=length, width=WIDTH, height=HEIGHT, fps=float(FPS))
        scene = list(clip.frames)
        if place:
            join(film, scene, ("cut", "cut", "dissolve", "fade")[place % 4], chance)
        else:
            film.frames += scene
    return film


def join(film: Film, scene: list[Frame], how: str, chance: random.Random) -> None:
    """Add a scene by a cut, a dissolve of a third to two seconds, or a fade through one colour."""
    if how == "cut":
        film.cuts.append(len(film.frames))
        film.frames += scene
        return
    if how == "dissolve":
        mix(film, scene, chance.randint(8, 48), "dissolve")
        return
    colour = chance.choice((0, 245))
    length = chance.randint(10, 20)
    mix(
        film, [np.full_like(scene[0], colour)] * (2 * length + chance.randint(0, 8)), length, "fade"
    )
    mix(film, [np.full_like(scene[0], colour), *scene], length, "fade")


def mix(film: Film, scene: list[Frame], length: int, kind: str) -> None:
    start = len(film.frames) - length
    for index in range(length):
        part = (index + 1) / (length + 1)
        pair = film.frames[start + index], scene[min(index, len(scene) - 1)]
        film.frames[start + index] = cv2.addWeighted(pair[0], 1 - part, pair[1], part, 0)
    film.mixed.setdefault(kind, []).append((start, start + length))
    film.frames += scene[length:]


def dress(film: Film, logo: bool) -> list[Frame]:
    """Bars around it, a logo in a corner of some films, a subtitle in some scenes."""
    dressed = []
    edges = [0, *film.cuts, len(film.frames)]
    film.titled = [(a, b) for a, b in zip(edges[::3], edges[1::3], strict=False)]
    for index, frame in enumerate(film.frames):
        shown = cv2.copyMakeBorder(frame, BAR, BAR, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0))
        if logo:
            cv2.putText(shown, "INK", (540, BAR + 45), 0, 1.0, (240, 240, 240), 2, cv2.LINE_AA)
        if any(a <= index < b for a, b in film.titled):
            place = (170, BAR + HEIGHT - 14)
            cv2.putText(shown, "the boat comes home", place, 0, 0.8, (0, 0, 0), 5, cv2.LINE_AA)
            cv2.putText(
                shown, "the boat comes home", place, 0, 0.8, (255, 255, 255), 2, cv2.LINE_AA
            )
        dressed.append(shown)
    return dressed


def compare(path: Path, film: Film, logo: bool, counts: Counter[str]) -> None:
    """Count what was found, missed and made up."""
    facts = measure(path)
    boundaries = Boundaries(facts.fps)
    for _, frame in pictures(path, facts):
        boundaries.picture_of(frame)
    boundaries.dissolves.finish()
    boundaries.cuts.finish()
    end = facts.frames + 1
    cuts, dissolves = boundaries.cuts.take(end), boundaries.dissolves.take(end)
    counts["cuts"] += len(film.cuts)
    counts["cuts found"] += len(set(cuts) & set(film.cuts))
    every = [span for spans in film.mixed.values() for span in spans]
    counts["cuts said"] += len([c for c in cuts if not any(a <= c <= b for a, b in every)])
    for kind, spans in film.mixed.items():
        for start, stop in spans:
            hits = [d for d in dissolves if d.start < stop and d.stop > start]
            counts[kind] += 1
            counts[f"{kind} found"] += bool(hits)
            if hits:
                covered = range(max(start, hits[0].start - 1), min(stop, hits[0].stop + 1))
                counts["mixed frames"] += stop - start
                counts["mixed frames left"] += stop - start - len(covered)
    counts["mixtures said"] += len(dissolves)
    counts["mixtures true"] += sum(
        any(d.start < stop and d.stop > start for start, stop in every) for d in dissolves
    )
    for scene in find_scenes(path, facts):
        titled = any(a <= scene.start and scene.stop <= b for a, b in film.titled)
        said = scene.measures.text >= 0.15
        counts["scenes"] += 1
        counts["crops exact"] += scene.crop == Crop(0, BAR, WIDTH, HEIGHT)
        counts["logo told"] += (scene.logo is not None) == logo
        if titled or not any(a < scene.stop and scene.start < b for a, b in film.titled):
            counts["subtitles judged"] += 1
            counts["subtitles told"] += said == titled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--films", type=int, default=6)
    parser.add_argument("--scenes", type=int, default=16)
    options = parser.parse_args()
    chance = random.Random(0)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for number in range(options.films):
            film = make_film(number, options.scenes, chance)
            logo = number % 2 == 0
            path = write_video(Path(name) / f"{number}.mp4", dress(film, logo), FPS)
            compare(path, film, logo, counts)
            print(f"film {number}: {dict(counts)}", file=sys.stderr)
        figures = {
            "films": options.films,
            "hard cuts": counts["cuts"],
            "hard cuts, recall (exact)": counts["cuts found"] / counts["cuts"],
            "hard cuts, precision": counts["cuts found"] / max(1, counts["cuts said"]),
            "dissolves": counts["dissolve"],
            "dissolves, recall": counts["dissolve found"] / max(1, counts["dissolve"]),
            "fades": counts["fade"],
            "fades, recall": counts["fade found"] / max(1, counts["fade"]),
            "dissolves and fades, precision": counts["mixtures true"]
            / max(1, counts["mixtures said"]),
            "mixed frames left in clips": counts["mixed frames left"]
            / max(1, counts["mixed frames"]),
            "scenes": counts["scenes"],
            "crops exact": counts["crops exact"] / counts["scenes"],
            "logo or none, right": counts["logo told"] / counts["scenes"],
            "subtitles or none, right": counts["subtitles told"]
            / max(1, counts["subtitles judged"]),
        }
    report("cutting", figures)


if __name__ == "__main__":
    main()
