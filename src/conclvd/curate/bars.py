"""Letterbox and pillarbox: black bars, and the picture between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8

_BLACK: Final = 28  # luma, of 255, that a bar does not exceed; codecs ring around the true 16 or 0
_LIT: Final = 0.01  # part of a row or column that may exceed it all the same
_SHARP: Final = 0.25  # part of the first row of picture that is lit: bars end, night skies fade
_LEAST: Final = 0.015  # of the side; what is narrower is the soft edge of an old transfer
_MOST: Final = 0.4
_TEXT: Final = 0.5  # a bar with subtitles in it is lit up to here


class Crop(NamedTuple):
    """A rectangle of pixels: left and top corner, width and height, all even."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Light:
    """For every row and column of a picture, the part of its pixels that is not black."""

    rows: Float32[np.ndarray, " h"]
    columns: Float32[np.ndarray, " w"]


def light_of(luma: UInt8[np.ndarray, "h w"]) -> Light:
    """Measure one picture."""
    lit = luma > _BLACK
    return Light(lit.mean(axis=1, dtype=np.float32), lit.mean(axis=0, dtype=np.float32))


def brightest(lights: Sequence[Light]) -> Light:
    """The most light that each row and column has seen: a bar stays black for the whole scene."""
    return Light(
        np.max([light.rows for light in lights], axis=0),
        np.max([light.columns for light in lights], axis=0),
    )


def crop_of(light: Light) -> Crop:
    """The picture within its bars, all of it when there are none or they are in doubt."""
    top, bottom = _span(light.rows)
    left, right = _span(light.columns)
    return Crop(left, top, right - left, bottom - top)


def agreed(crops: Sequence[Crop], lights: Sequence[Light]) -> list[Crop]:
    """One crop a scene: where no bars were found, the source's commonest if it fits.

    A dark scene does not show its bars; its neighbours do.
    """
    barred = [crop for crop, light in zip(crops, lights, strict=True) if not _is_all(crop, light)]
    if not barred:
        return list(crops)
    common = Counter(barred).most_common(1)[0][0]
    return [
        common if _is_all(crop, light) and _is_black_outside(common, light) else crop
        for crop, light in zip(crops, lights, strict=True)
    ]


def _is_all(crop: Crop, light: Light) -> bool:
    return crop.width >= len(light.columns) - 1 and crop.height >= len(light.rows) - 1


def _span(lit: Float32[np.ndarray, " n"]) -> tuple[int, int]:
    """First and behind-last of the rows that hold picture, both even."""
    size = len(lit)
    before, after = _bar(lit), _bar(lit[::-1])
    if before and not after and np.all(lit[size - before :] < _TEXT):
        after = before  # subtitles light one of two equal bars
    elif after and not before and np.all(lit[:after] < _TEXT):
        before = after
    return before + before % 2, size - after - (size - after) % 2


def _bar(lit: Float32[np.ndarray, " n"]) -> int:
    """The bar's width at the beginning of `lit`, 0 for none."""
    size = len(lit)
    picture = np.flatnonzero(lit > _LIT)
    if not len(picture):
        return 0
    width = int(picture[0])
    edge = lit[width : width + 3]
    if not _LEAST * size <= width <= _MOST * size or edge.max() < _SHARP:
        return 0
    return width


def _is_black_outside(crop: Crop, light: Light) -> bool:
    rows, columns = light.rows, light.columns
    outside = (
        rows[: crop.y],
        rows[crop.y + crop.height + 1 :],
        columns[: crop.x],
        columns[crop.x + crop.width + 1 :],
    )
    # between bars left and right a row's light is less, but black stays black
    return all(float(part.max(initial=0)) <= _LIT for part in outside)
