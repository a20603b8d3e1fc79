"""How far pictures are from the style of a reference set, by one feature of them at a time.

A feature makes a vector of a picture; pictures are as far apart as their vectors are
on average. Paintings differ more among each other than their mean would say (black ink, blue-green
with gold, a moonlit night), so a picture is compared with the few reference pictures nearest to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from conclvd.tensors import Frame, Frames

SIDE = 256  # pixels; so that lines and washes of a picture are as wide at any size of its file
NEAREST = 3
FRAMES = 8  # of a video, evenly spaced

Lab: TypeAlias = Float32[np.ndarray, "h w 3"]
Vector: TypeAlias = Float64[np.ndarray, "d"]
Vectors: TypeAlias = Float64[np.ndarray, "n d"]


@dataclass(frozen=True)
class Feature:
    """A function from a picture to a vector, and the least spread that a distance is divided by.

    `floor` is in the vector's units: where reference pictures agree in a feature, as black ink does
    in saturation, their spread is that of rounding, and any other picture would be thousands away.
    """

    vector: Callable[[Lab], Vector]
    floor: float


def lab(frame: Frame) -> Lab:
    """A frame in CIELAB, its smaller side 256 pixels: lightness 0 to 100, a and b about ±100."""
    height, width = frame.shape[:2]
    scale = SIDE / min(height, width)
    size = (max(SIDE, round(width * scale)), max(SIDE, round(height * scale)))
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = frame if scale == 1 else cv2.resize(frame, size, interpolation=kind)
    found: Lab = cv2.cvtColor(resized.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return found


def spaced(frames: Frames, count: int = FRAMES) -> Frames:
    """At most `count` of the frames, evenly spaced, the first among them."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, count).round().astype(int))
    kept: Frames = frames[chosen]
    return kept


@dataclass(frozen=True)
class Known:
    """The vectors of a feature in a reference set, and how far they are from one another.

    `spread` is at least the feature's floor.
    """

    vectors: Vectors
    spread: float


def style_distance(pictures: Sequence[Lab], feature: Feature, known: Known) -> float:
    """How far pictures are from a reference set, their mean.

    In units of how far the reference pictures are from one another: 1 for a picture that could be
    one of them, 0 only for copies, without an upper limit.
    """
    found = [distance(feature.vector(picture), known.vectors) for picture in pictures]
    return float(np.mean(found)) / known.spread


def distance(vector: Vector, reference: Vectors) -> float:
    """Mean distance to the 3 nearest of the reference vectors."""
    apart = np.abs(reference - vector).mean(1)
    return float(np.sort(apart)[:NEAREST].mean())


def spread(reference: Vectors, sources: Sequence[int]) -> float:
    """The same distance of the reference pictures to those of other sources, the mean of all.

    `sources` says which picture or video each vector is from: two frames of a video are alike.
    """
    origin = np.array(sources)
    pairs = zip(reference, origin, strict=True)
    return float(np.mean([distance(vector, reference[origin != home]) for vector, home in pairs]))
