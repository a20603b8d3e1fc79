"""A near shore: rocks with brushwork that rise out of the lower edge of the picture."""

from collections.abc import Callable

import numpy as np

from conclvd.paint.draw.folds import Fold, make_fold
from conclvd.paint.draw.layers import Bounds, Sheet, Texture
from conclvd.paint.draw.manners import Manner
from conclvd.paint.draw.massif import Massif, paint_massif
from conclvd.paint.draw.pigment import Pigments
from conclvd.paint.noise import FloatArray
from conclvd.paint.scene.scene import Element

# The box of a shore reaches so far above its crest and below the picture.
_ABOVE, _BELOW = 0.05, 0.22


def _rocks(
    rng: np.random.Generator, crag: bool, crest: float, reach: float, heading: int, edge: float
) -> list[Fold]:
    """Rocks from the back to the front; lengths in heights of the box, `edge` is where it begins.

    Their crest is at the edge and falls away over `reach` on the side that `heading` points to.
    """
    folds = []
    steps = ((0.05, 1.0, 0.60), (0.34, 0.80, 0.46), (0.60, 0.56, 0.40), (0.82, 0.34, 0.30))
    for at, tall, wide in steps:
        x = edge + heading * reach * (at + float(rng.normal(0, 0.04)))
        top = 1.0 - (1.0 - crest) * tall * float(rng.uniform(0.92, 1.05))
        half = wide * reach * float(rng.uniform(0.9, 1.2))
        folds.append(make_fold(rng, "swell", x, top, half, 1.3, 0.4, float(rng.uniform(0, 0.8))))
    for _ in range(int(rng.integers(3, 7))):  # boulders before them
        q = float(rng.uniform(0.0, 0.95))
        x = edge + heading * reach * q
        top = 1.0 - (1.0 - crest) * (1 - 0.75 * q) * float(rng.uniform(0.30, 0.62))
        half = (1.0 - crest) * float(rng.uniform(0.5, 1.1))
        flat = float(rng.uniform(0.3, 1.0))
        folds.append(make_fold(rng, "crag" if crag else "swell", x, top, half, 1.2, 0.9, flat))
    return sorted(folds, key=lambda fold: fold.near * 0.5 + fold.top)


def paint_shore(
    rng: np.random.Generator, shore: Element, bounds: Bounds, scale: float, manner: Manner,
    pigments: Pigments, style: str, light: float,
) -> tuple[Texture, Callable[[float], float]]:  # fmt: skip
    """The shore's texture and the line it ends at, as a function of x (world units).

    Its crest is `shore.y` at `shore.x`; it falls to nothing `shore.size` away on the side that it
    heads to.
    """
    reach = shore.size * 1.25
    # It goes on beyond the picture's edge, where the camera may show it.
    ends = shore.x - shore.heading * 0.5, shore.x + shore.heading * (reach + 0.06)
    left, right = min(ends), max(ends)
    left, right = max(left, bounds[0]), min(right, bounds[2])
    top, bottom = shore.y - _ABOVE, 1.0 + _BELOW
    tall = bottom - top
    w, h = max(round((right - left) * scale), 16), max(round(tall * scale), 16)
    crest, low = (shore.y - top) / tall, (1.02 - top) / tall
    # The box's own measure: 1 is where the picture ends, so that crests are shares of what is seen.
    folds = _rocks(
        rng, style == "axe", crest / low, shore.size / (low * tall), shore.heading,
        (shore.x - left) / (low * tall),
    )  # fmt: skip
    folds = [_scaled(fold, low) for fold in folds]
    made = Massif(folds, style, manner, pigments, 0.0, light, 150)
    sheet = Sheet((left, top, left + w / scale, top + h / scale), scale)
    rgba = paint_massif(rng, made, w, h)
    sheet.rgba[: rgba.shape[0], : rgba.shape[1]] = rgba[: sheet.shape[0], : sheet.shape[1]]
    lines = [(fold.x * tall + left, fold.y * tall + top) for fold in folds]

    def line(x: float) -> float:
        return min(float(np.interp(x, xs, ys, left=9.0, right=9.0)) for xs, ys in lines)

    return sheet.texture(), line


def _scaled(fold: Fold, by: float) -> Fold:
    """The fold in a measure that is `by` times as large."""
    k = np.float32(by)
    x: FloatArray = fold.x * k
    return Fold(
        x, fold.y * k, fold.centre * by, fold.top * by, fold.foot * by, fold.half * by, fold.near
    )
