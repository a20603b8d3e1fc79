"""What was laid over the picture: subtitles and logos. Both are told, not removed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, UInt8

TEXT_WIDTH: Final = 640  # pictures are searched for text at this width
_BAND: Final = 0.62  # text below this part of the height is a subtitle
_STROKE: Final = 60  # how much brighter than its ground a stroke is
_SAME: Final = 0.6  # overlap of the strokes of two moments that show the same text

_CORNER: Final = 0.34  # logos are within this part of both sides, from a corner
_COHERENT: Final = 0.8  # 1 when all scenes have the same edge at a pixel, less by chance
_CHANCE: Final = 1e-4  # of scenes without a logo being as coherent at a pixel
_EDGE: Final = 6.0  # luma a pixel

Text = Bool[np.ndarray, "h w"]
Slopes = Float32[np.ndarray, "2 h w"]


def find_text(luma: UInt8[np.ndarray, "h w"]) -> Text | None:
    """The strokes of a line of bright text at the lower edge, None without one.

    `luma` is the whole picture at TEXT_WIDTH.
    """
    import cv2

    height, width = luma.shape
    band = luma[round(_BAND * height) :]
    hat = cv2.morphologyEx(band, cv2.MORPH_TOPHAT, np.ones((9, 9), np.uint8))
    strokes = ((hat > _STROKE) & (band > 140)).astype(np.uint8)
    if not strokes.any():
        return None
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((3, 25), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    text = np.zeros(band.shape, bool)
    for index in range(1, count):
        x, _, wide, high, _ = stats[index]
        inside = labels == index
        full = strokes[inside].mean()
        if (
            wide >= 0.08 * width
            and 0.018 * height <= high <= 0.1 * height
            and wide >= 2.5 * high
            and abs((x + wide / 2) / width - 0.5) < 0.2
            and 0.15 < full < 0.8
        ):
            text |= inside & (strokes > 0)
    return text if text.any() else None


def share_of_text(moments: Sequence[Text | None]) -> float:
    """The part of neighbouring moments, half a second apart, that show the same text."""
    pairs = list(pairwise(moments))
    same = sum(
        (a & b).sum() > _SAME * (a | b).sum() for a, b in pairs if a is not None and b is not None
    )
    return float(same) / len(pairs) if pairs else 0.0


class LogoFinder:
    """Finds edges near the corners that all scenes of a source have in common."""

    LEAST_SCENES: Final = 4  # fewer share edges by chance

    def __init__(self) -> None:
        self._scenes = 0
        self._sum: Slopes | None = None

    def see(self, thumbs: Sequence[UInt8[np.ndarray, "h w"]]) -> None:
        """Take one scene as its small grey pictures."""
        import cv2

        mean = np.mean(np.stack(thumbs), axis=0, dtype=np.float32)
        axes = ((1, 0), (0, 1))
        slopes = np.stack([cv2.Sobel(mean, cv2.CV_32F, *axis, scale=0.25) for axis in axes])
        strength = np.hypot(*slopes)
        # directions alone, so that no scene outweighs the others
        directions = np.where(strength > _EDGE, slopes / np.maximum(strength, 1e-6), 0)
        self._sum = directions if self._sum is None else self._sum + directions
        self._scenes += 1

    def finish(self) -> tuple[float, float, float, float] | None:
        """Left, top, right and bottom of the logo, in parts of the picture; None without one."""
        import cv2

        if self._scenes < self.LEAST_SCENES or self._sum is None:
            return None
        _, height, width = self._sum.shape
        common = np.hypot(*self._sum)
        # the mean of n random directions is longer than r with a chance of about (1 - r²)^(n - 1)
        least = max(_COHERENT, math.sqrt(1 - _CHANCE ** (1 / (self._scenes - 1))))
        edges = common > least * self._scenes
        edges &= _near_corners(height, width)
        joined = cv2.morphologyEx(
            edges.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)
        )
        count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
        boxes = [s for s in stats[1:count] if _is_logo(s, height, width)]
        if not boxes:
            return None
        x, y, wide, high, _ = max(boxes, key=lambda box: box[4])
        return x / width, y / height, (x + wide) / width, (y + high) / height


def _is_logo(box: Sequence[int], height: int, width: int) -> bool:
    """Large enough to be one, and no line: the edge of a bar is as constant."""
    _, _, wide, high, area = box
    return area > 0.0004 * width * height and wide >= 4 and high >= 4 and area > 0.2 * wide * high


def _near_corners(height: int, width: int) -> Bool[np.ndarray, "h w"]:
    def near(size: int) -> Bool[np.ndarray, " n"]:
        place = (np.arange(size) + 0.5) / size
        inner = (place > 0.012) & (place < 0.988)
        return ((place < _CORNER) | (place > 1 - _CORNER)) & inner

    corners: Bool[np.ndarray, "h w"] = near(height)[:, None] & near(width)[None]
    return corners
