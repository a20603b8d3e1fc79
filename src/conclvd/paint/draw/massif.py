"""One mountain in brushwork: its folds are painted from the back to the front on one sheet.

Every fold is a body that covers what lies behind, a wash of its relief, and strokes along its fall
lines. Trees on a skyline are painted before the fold, which hides their feet.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from conclvd.paint.draw import texture_strokes as strokes
from conclvd.paint.draw.folds import Fold
from conclvd.paint.draw.hill_trees import grove
from conclvd.paint.draw.ink import Ink
from conclvd.paint.draw.manners import Manner
from conclvd.paint.draw.pigment import Pigments, Planes, colored
from conclvd.paint.draw.relief import Relief, relief, skeleton
from conclvd.paint.noise import FloatArray, fbm, mix, smoothstep, value_noise

_SOFT = 0.45  # texels


@dataclass(frozen=True)
class Massif:
    """What is to be painted: folds from the back to the front, a style's manner, and the light.

    `style` is a key of manners.MANNERS; `distance` 0 (near) to 1 (far) pales the ink and shrinks
    the trees; `light` is 1 from the right, -1 from the left; `grid` as relief.cells.
    """

    folds: list[Fold]
    style: str
    manner: Manner
    pigments: Pigments
    distance: float
    light: float
    grid: int

    @property
    def ink(self) -> float:
        """Strength of the strokes."""
        return 1.0 - 0.72 * self.distance


def paint_massif(rng: np.random.Generator, massif: Massif, width: int, height: int) -> FloatArray:
    """The mountain as premultiplied RGBA, float32 [h w 4]; its sheet is one unit high."""
    aspect = width / height
    planes = Planes.blank(height, width, (massif.grid, max(round(massif.grid * aspect), 2)))
    area = np.array([(f.foot - f.top) * f.half * (0.55 + 0.45 * f.near) for f in massif.folds])
    counts = massif.manner.strokes * (1 - 0.5 * massif.distance) * area / area.sum()
    for fold, n in zip(massif.folds, counts, strict=True):
        child = np.random.default_rng(rng.integers(2**63))
        _paint_fold(child, massif, planes, fold, int(n))
    rgba = colored(rng, planes, massif.pigments, massif.manner, massif.distance)
    # Hairlines finer than a pixel would flicker when the layer moves.
    return np.asarray(cv2.GaussianBlur(rgba, (0, 0), _SOFT), np.float32)


def _box(fold: Fold, height: int, width: int) -> tuple[int, int, int, int]:
    """The window (top, bottom, left, right) in texels that a fold and its trees need."""
    return (
        max(int((float(fold.y.min()) - 0.10) * height), 0),
        min(int((fold.foot + 0.04) * height) + 1, height),
        max(int((float(fold.x[0]) - 0.03) * height), 0),
        min(int((float(fold.x[-1]) + 0.03) * height) + 2, width),
    )


def _paint_fold(
    rng: np.random.Generator, massif: Massif, planes: Planes, fold: Fold, n: int
) -> None:
    height, width = planes.cover.shape
    box = _box(fold, height, width)
    bh, bw = box[1] - box[0], box[3] - box[2]
    if bh < 4 or bw < 4:
        return
    manner, ink, scale = massif.manner, massif.ink, float(height)
    ribs = skeleton(rng, fold, manner.ribs)
    field = relief(rng, fold, ribs, manner, massif.light, massif.grid)
    tree_scale = 1.0 - 0.55 * massif.distance
    behind = (Ink(box, scale), Ink(box, scale))
    layers = strokes.Planes(Ink(box, scale), Ink(box, scale), Ink(box, scale))
    grove(rng, fold, *behind, manner.trees, ink * 0.9, tree_scale)
    body = _body(fold, box, scale)
    wash, level, thin = _washes(rng, massif, fold, field, box, scale)
    mask = body * np.float32(1 / 255)
    feet = smoothstep(thin, 0.0, 0.30)
    reach = cv2.dilate(body, np.ones((3, 3), np.uint8), iterations=1 + int(scale > 700))
    clip = reach * np.float32(1 / 255) * np.sqrt(feet)
    if massif.style == "splash":
        soft = cv2.GaussianBlur(mask, (0, 0), 0.008 * scale)
        where = smoothstep(fbm(rng, bh, bw, bh / scale * 7, bw / scale * 7, 3), -0.75, 0.1)
        mask = mix(mask, soft, where)
    mask = mask * feet
    if massif.style == "axe":
        strokes.axe(rng, field, manner, layers, n, ink, massif.light)
        rough = wash + 0.10 * value_noise(rng, bh, bw, bh / scale * 60, bw / scale * 60)
        wash = mix(wash, smoothstep(rough, 0.36, 0.50) * thin, 0.42)
    elif massif.style == "mi":
        strokes.mi_dots(rng, field, manner, layers, n, ink)
        clip = np.maximum(clip, 0.6 * feet)
    else:
        strokes.hemp(rng, field, fold, manner, layers, n, ink * _LIGHTER.get(massif.style, 1.0))
    strokes.contours(rng, fold, ribs, layers, manner.contour, ink, 1 - 0.4 * massif.distance)
    if manner.moss > 0:
        strokes.moss(rng, field, fold, layers, manner.moss, ink, tree_scale)
    _compose(planes, box, mask, clip, (behind, layers), wash, level, massif.style == "mi")
    _comb(planes.fall, field)


_LIGHTER = {"soft": 0.6, "splash": 0.8}


def _body(fold: Fold, box: tuple[int, int, int, int], scale: float) -> FloatArray:
    """Coverage of the fold's body, 0 to 255, bytes [h w]."""
    body = np.zeros((box[1] - box[0], box[3] - box[2]), np.uint8)
    ends = [(fold.x[-1], fold.foot + 0.05), (fold.x[0], fold.foot + 0.05)]
    edge = np.concatenate([np.stack([fold.x, fold.y], -1), np.array(ends, np.float32)])
    fixed = np.round((edge * scale - (box[2], box[0])) * 16).astype(np.int32)
    cv2.fillPoly(body, [fixed], 255, cv2.LINE_AA, 4)
    return body  # type: ignore[return-value]


def _washes(
    rng: np.random.Generator, massif: Massif, fold: Fold, field: Relief,
    box: tuple[int, int, int, int], scale: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:  # fmt: skip
    """Ink wash, level and opacity of the feet, each [h w] on the window."""
    manner, grid = massif.manner, field.grid
    gh, gw = field.level.shape
    cell = grid / 176
    swell = fbm(rng, gh, gw, max(gh / (40 * cell), 2), max(gw / (40 * cell), 2), 3)
    down = np.linspace(0, 1, gh, dtype=np.float32)[:, None]
    low = np.maximum(field.level * 0.9, down) + 0.13 * swell
    # Folds at the back stand on the ground, those in front dissolve into the mist before them.
    mist = 0.5 * manner.mist * (0.3 + 0.7 * fold.near)
    thin = 1 - smoothstep(low, 0.92 - mist, 0.93)
    near_rib = np.exp(-field.dist / 0.02)
    wash = field.shade * (0.75 + 0.35 * near_rib) + 0.45 * field.crease
    patchy = value_noise(rng, gh, gw, max(gh / (9 * cell), 2), max(gw / (5 * cell), 2))
    wash = wash * np.clip(0.75 + 0.4 * swell + 0.35 * patchy, 0.05, 1.6)
    rim = np.exp(-field.level * ((fold.foot - fold.top) / 0.03))
    if manner.pool:
        height = swell + 0.9 * (0.55 - field.level)
        pool = smoothstep(height, -0.15, 0.35)
        ring = np.exp(-(((height - 0.02) / 0.07) ** 2))
        wash = 0.35 * wash + 0.75 * pool * (0.75 + 0.5 * swell) + 0.25 * ring
    soft = (1.0 + 0.6 * manner.smooth) * cell
    wash = cv2.GaussianBlur((wash + 0.25 * rim) * thin, (0, 0), max(soft, 0.5))
    level = np.clip(field.level + np.float32(rng.uniform(-0.2, 0.2)), 0, 1)
    fields = cv2.merge([np.asarray(p, np.float32) for p in (wash, level, thin)])
    k = grid / scale
    move = np.array(
        [[k, 0, (box[2] + 0.5) * k - field.x0 * grid - 0.5],
         [0, k, (box[0] + 0.5) * k - field.y0 * grid - 0.5]], np.float32,
    )  # fmt: skip
    placed = cv2.warpAffine(
        fields, move, (box[3] - box[2], box[1] - box[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return placed[..., 0], placed[..., 1], placed[..., 2]


def _compose(
    planes: Planes, box: tuple[int, int, int, int], mask: FloatArray, clip: FloatArray,
    inks: tuple[tuple[Ink, Ink], strokes.Planes], wash: FloatArray, level: FloatArray, soft: bool,
) -> None:  # fmt: skip
    """Lay a fold over those behind it: `mask` is its opacity, `clip` where its strokes may go."""
    window = np.s_[box[0] : box[1], box[2] : box[3]]
    behind, layers = inks
    rest = 1 - mask
    for plane, ink in ((planes.wet, behind[0]), (planes.leaves, behind[1])):
        trees = ink.plane()
        if trees is not None:
            plane[window] *= trees
    pairs = ((planes.wet, layers.wet), (planes.dry, layers.dry), (planes.leaves, layers.tint))
    for plane, ink in pairs:
        view = plane[window]
        view *= rest
        view += mask
        front = ink.plane()
        if front is None:
            continue
        if soft and ink is layers.wet:
            front = cv2.GaussianBlur(front, (0, 0), 0.0008 * len(planes.cover) + 0.1)
        view *= 1 - (1 - front) * clip
    planes.cover[window] = 1 - (1 - planes.cover[window]) * rest
    for plane, value in ((planes.shade, wash), (planes.level, level)):
        view = plane[window]
        view *= rest
        view += value * mask


def _comb(fall: FloatArray, field: Relief) -> None:
    """Set the direction of the dry hairs where the fold lies."""
    gh, gw = fall.shape[:2]
    x, y = round(field.x0 * field.grid), round(field.y0 * field.grid)
    h, w = field.inside.shape
    left, right, top, bottom = max(x, 0), min(x + w, gw), max(y, 0), min(y + h, gh)
    if right <= left or bottom <= top:
        return
    part = np.s_[top - y : bottom - y, left - x : right - x]
    here = field.inside[part]
    fall[top:bottom, left:right][here] = field.fall[part][here]
