"""The houses of a village, in the units of a sprite: about one unit wide, their feet on y = 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from conclvd.paint.draw.canvas import Canvas, shifted
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.scene.palette import Palette, rgb

STRAW = rgb("c2a063")
GREY_STRAW = rgb("a8a49b")
LAMP = rgb("f0b955")


@dataclass(frozen=True)
class Materials:
    """Colours, float32 [3], of one building; `snow` is None where none lies on the roof."""

    wall: FloatArray
    gable: FloatArray
    roof: FloatArray
    tile: FloatArray
    ridge: FloatArray
    timber: FloatArray
    opening: FloatArray
    snow: FloatArray | None
    thatched: bool


def paint_color(palette: Palette) -> FloatArray:
    """The colour of lacquered wood and of plaster tints: the accent where that suits a building.

    Ink scenes keep their accent for the seal and the sun; at night it is a lamp's yellow.
    """
    if palette.name == "ink":
        return mix(palette.mid, palette.accent, 0.22)
    return mix(palette.near, palette.light, 0.3) if palette.name == "night" else palette.accent


def materials(
    palette: Palette, rng: np.random.Generator, *, thatched: bool, snow: bool
) -> Materials:
    """Plaster, tiles or straw, timber and windows in the tones of the palette."""
    white = np.ones(3, np.float32)
    straw = GREY_STRAW if palette.name == "ink" else STRAW
    roof = mix(palette.ink, palette.near, rng.uniform(0.1, 0.5))
    wall = mix(palette.light, white, 0.4)
    if thatched:
        roof = mix(mix(palette.mid, straw, 0.4), palette.ink, rng.uniform(0.2, 0.38))
        wall = mix(palette.light, straw, 0.3)
    opening = mix(palette.ink, palette.mid, 0.15)
    if palette.name == "night":
        wall, opening = mix(palette.light, palette.mid, 0.25), LAMP
    return Materials(
        wall=wall,
        gable=mix(wall, palette.mid, 0.5),
        roof=roof,
        tile=mix(roof, palette.ink, 0.55) if thatched else mix(roof, palette.light, 0.25),
        ridge=mix(roof, palette.ink, 0.6),
        timber=mix(palette.ink, palette.near, 0.25),
        opening=opening,
        snow=mix(palette.light, white, 0.6) if snow else None,
        thatched=thatched,
    )


def _draw_roof_plane(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    look: Materials,
    ridge: npt.ArrayLike,
    eaves: npt.ArrayLike,
) -> None:
    """A roof plane between its ridge [2 2] and its eaves [2 2], both given from left to right.

    The slope hangs, the ridge sags between raised ends, tile rows run down it; straw instead has
    a ragged lower edge and long loose strokes.
    """
    top, low = np.asarray(ridge, np.float32), np.asarray(eaves, np.float32)
    q = np.linspace(0, 1, 11, dtype=np.float32)[:, None]
    sag = 0.0 if look.thatched else 0.022
    upper = top[0] + (top[1] - top[0]) * q + np.concatenate([0 * q, sag * np.sin(np.pi * q)], 1)
    lower = low[0] + (low[1] - low[0]) * q + np.concatenate([0 * q, sag * np.sin(np.pi * q)], 1)
    hang = np.array([0.0, 0.035], np.float32)
    left, right = (top[0] + low[0]) / 2 + hang, (top[1] + low[1]) / 2 + hang
    if look.thatched:
        lower = lower + rng.normal(0, 0.012, lower.shape).astype(np.float32)
    outline = np.concatenate([upper, right[None], lower[::-1], left[None]])
    here.polygon(outline, look.roof, 0.98)
    rows = np.linspace(0.03, 0.97, 16 if look.thatched else 11, dtype=np.float32)[:, None]
    start = top[0] + (top[1] - top[0]) * rows
    end = low[0] + (low[1] - low[0]) * rows
    if look.thatched:
        end = end + rng.normal(0, 0.02, end.shape).astype(np.float32)
    middle = (start + end) / 2 + hang
    width = 0.02 if look.thatched else 0.012
    here.strokes(np.stack([start, middle, end], 1), width, 0.7 * width, look.tile, 0.5, rng=rng)
    if look.snow is not None:
        shorter = upper + (lower - upper) * rng.uniform(0.72, 0.86, (11, 1)).astype(np.float32)
        middles = (left + 0.02 * (right - left), right - 0.02 * (right - left))
        white = np.concatenate([upper, middles[1][None], shorter[::-1], middles[0][None]])
        here.polygon(white - (0, 0.008), look.snow, 0.95)
    here.stroke(lower[::2], 0.014, 0.014, look.ridge, 0.75, rng=rng, jitter=0.2)
    bar = upper[::2] - (0, 0.008)
    if not look.thatched:
        ends = shifted(bar[:1], -0.012, -0.035), shifted(bar[-1:], 0.012, -0.035)
        bar = np.concatenate([ends[0], bar, ends[1]])
    colour = look.ridge if look.snow is None else look.snow
    here.stroke(bar, 0.034, 0.034, colour, 0.95, rng=rng, jitter=0.1)


def _box(left: float, right: float, low: float, high: float) -> list[tuple[float, float]]:
    """Outline of an upright rectangle."""
    return [(left, low), (left, high), (right, high), (right, low)]


def _draw_openings(
    here: Canvas,
    look: Materials,
    left: float,
    right: float,
    height: float,
    doors: tuple[float, ...],
    windows: tuple[float, ...],
) -> None:
    """Doors and lattice windows at fractions of a wall from `left` to `right`."""
    for at in doors:
        cx = left + at * (right - left)
        here.polygon(_box(cx - 0.05, cx + 0.05, 0, -0.68 * height), look.opening, 0.92)
    for at in windows:
        cx = left + at * (right - left)
        low, high = -0.38 * height, -0.72 * height
        here.polygon(_box(cx - 0.05, cx + 0.05, low, high), look.opening, 0.88)
        middle = (low + high) / 2
        bars = [[(cx, low), (cx, high)], [(cx - 0.05, middle), (cx + 0.05, middle)]]
        here.strokes(bars, 0.009, 0.009, look.wall, 0.7)


def draw_front_house(
    here: Canvas, rng: np.random.Generator, palette: Palette, look: Materials
) -> None:
    """A house seen from the front: posts, a door between windows, one roof plane with hips."""
    half, height = rng.uniform(0.36, 0.46), rng.uniform(0.26, 0.34)
    here.polygon([(-half, 0), (-half, -height), (half, -height), (half, 0)], look.wall, 0.98)
    shadow = [(-half, -height), (half, -height), (half, -0.78 * height), (-half, -0.8 * height)]
    here.polygon(shadow, look.gable, 0.7)
    _draw_openings(here, look, -half, half, height, (0.5,), (0.2, 0.8))
    feet = np.linspace(-half, half, 4)
    posts = np.stack([np.stack([feet, 0 * feet], -1), np.stack([feet, 0 * feet - height], -1)], 1)
    here.strokes(posts, 0.018, 0.018, look.timber, 0.75, rng=rng)
    rise = rng.uniform(0.2, 0.28)
    ridge = [(-0.68 * half, -height - rise), (0.68 * half, -height - rise)]
    eaves = [(-half - 0.1, -height + 0.03), (half + 0.1, -height + 0.03)]
    _draw_roof_plane(here, rng, palette, look, ridge, eaves)


def draw_gabled_house(
    here: Canvas, rng: np.random.Generator, palette: Palette, look: Materials
) -> None:
    """A house in three-quarter view: a long front to the left, its shaded gable to the right."""
    corner, side = rng.uniform(0.12, 0.24), rng.uniform(0.24, 0.34)
    _draw_wing(here, rng, palette, look, -0.5, corner, side, rng.uniform(0.26, 0.34))


def _draw_wing(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    look: Materials,
    left: float,
    corner: float,
    side: float,
    height: float,
) -> None:
    """Front wall from x = `left` to `corner`, then a gable `side` wide that recedes upwards."""
    back, rise = 0.16 * side, 0.62 * height + 0.06
    apex = (corner + 0.5 * side, -height - rise - 0.5 * back)
    far = (corner + side, -back)
    gable = [(corner, 0), (corner, -height), apex, (far[0], -height - back), far]
    here.polygon(gable, look.gable, 0.98)
    here.polygon([(left, 0), (left, -height), (corner, -height), (corner, 0)], look.wall, 0.98)
    shadow = [(left, -height), (corner, -height), (corner, -0.8 * height), (left, -0.82 * height)]
    here.polygon(shadow, look.gable, 0.7)
    _draw_openings(here, look, left, corner, height, (0.32,), (0.68,))
    middle = corner + 0.5 * side
    hatch = -0.5 * back - 0.5 * height
    here.polygon([(middle - 0.035, hatch + 0.05), (middle - 0.035, hatch - 0.03),
                  (middle + 0.035, hatch - 0.045), (middle + 0.035, hatch + 0.035)],
                 look.opening, 0.8)  # fmt: skip
    edges = [[(left, 0), (left, -height)], [(corner, 0), (corner, -height)], [far, gable[3]]]
    here.strokes(edges, 0.016, 0.016, look.timber, 0.7, rng=rng)
    beam = [[(corner, -height), (far[0], -height - back)]]
    here.strokes(beam, 0.012, 0.012, look.timber, 0.6, rng=rng)
    # The rear slope shows as a rim along the gable; the front slope is the roof itself.
    over = 0.05
    rim = [apex, (far[0] + over, -height - back + 0.045)]
    here.stroke([rim[0], ((rim[0][0] + rim[1][0]) / 2 - 0.01, (rim[0][1] + rim[1][1]) / 2 + 0.03),
                 rim[1]], 0.045, 0.05, look.roof, 0.97, rng=rng, jitter=0.1)  # fmt: skip
    ridge = [(left + 0.5 * side - 0.06, apex[1]), (apex[0] + 0.02, apex[1])]
    eaves = [(left - 0.09, -height + 0.035), (corner + 0.0 + over * 0.6, -height + 0.035)]
    _draw_roof_plane(here, rng, palette, look, ridge, eaves)


def draw_courtyard(
    here: Canvas, rng: np.random.Generator, palette: Palette, look: Materials
) -> None:
    """Two wings at an angle: a front house behind, a gabled one before it, and a low wall."""
    rear = here.placed(0.16, -0.05, 0.78)
    draw_front_house(rear, rng, palette, look)
    front = here.placed(-0.24, 0.0, 0.66)
    draw_gabled_house(front, rng, palette, look)
    here.polygon([(0.1, 0.01), (0.1, -0.09), (0.52, -0.1), (0.52, 0.01)], look.wall, 0.97)
    coping = [(0.08, -0.09), (0.3, -0.105), (0.54, -0.1)]
    colour = look.roof if look.snow is None else look.snow
    here.stroke(coping, 0.03, 0.03, colour, 0.95, rng=rng, jitter=0.1)


def _stepped_gable(width: float, height: float, steps: int) -> FloatArray:
    """Outline [n 2] of a gable wall on the origin whose top descends in steps to both sides."""
    tread, drop = 0.5 * width / steps, 0.11
    right: list[tuple[float, float]] = []
    for i in range(steps):
        level = -height + drop * i
        right += [(tread * i, level), (tread * (i + 1), level)]
    right.append((0.5 * width, 0.0))
    left = [(-x, y) for x, y in right[::-1]]
    return np.array(right + left, np.float32)


def draw_walled_house(
    here: Canvas, rng: np.random.Generator, palette: Palette, look: Materials
) -> None:
    """A white-walled, black-tiled house of Huizhou with horse-head gables that hide its roof."""
    white = mix(look.wall, np.ones(3), 0.35 if palette.name != "night" else 0.0)
    shade = mix(white, palette.mid, 0.32)
    coping = mix(palette.ink, palette.near, 0.15)
    left, low = rng.uniform(-0.52, -0.46), rng.uniform(0.3, 0.36)
    # The wing with the roof, seen over a plain high wall.
    here.polygon([(left, 0), (left, -low), (0.1, -low), (0.1, 0)], white, 0.98)
    roof = [(left + 0.03, -low - 0.15), (0.06, -low - 0.15)]
    eaves = [(left - 0.03, -low + 0.02), (0.1, -low + 0.02)]
    _draw_roof_plane(here, rng, palette, look, roof, eaves)
    high = rng.uniform(0.56, 0.66)
    for at, width, tall, tone in ((left, 0.12, low + 0.2, shade), (0.24, 0.52, high, white)):
        steps = 2 if width < 0.2 else 3
        wall = shifted(_stepped_gable(width, tall, steps), at, 0)
        here.polygon(wall, tone, 0.98)
        tops = wall[: 2 * steps].reshape(steps, 2, 2)
        both = np.concatenate([tops, (tops - (at, 0)) * (-1, 1) + (at, 0)])
        _draw_coping(here, both, coping, look)
    here.polygon([(0.32, 0), (0.32, -0.3), (0.5, -0.28), (0.5, 0)], shade, 0.35)
    door = 0.5 * left
    here.polygon(_box(door - 0.06, door + 0.06, 0, -0.2), look.opening, 0.92)
    lintel = [(door - 0.1, -0.225), (door, -0.235), (door + 0.1, -0.225)]
    here.stroke(lintel, 0.032, 0.032, coping, 0.95)
    for cx, cy in ((0.16, -0.36), (0.33, -0.36), (0.24, -0.2)):
        here.polygon(_box(cx - 0.025, cx + 0.025, cy, cy - 0.055), look.opening, 0.88)


def _draw_coping(here: Canvas, lines: FloatArray, colour: FloatArray, look: Materials) -> None:
    """Black tile copings over steps [n 2 2], their outer ends turned up."""
    inner, outer = lines[:, 0], lines[:, 1]
    towards = np.sign(outer[:, :1] - inner[:, :1]) * (1.0, 0.0)
    points = np.stack([inner, (inner + outer) / 2, outer, outer + 0.03 * towards - (0, 0.022)], 1)
    here.strokes(points, 0.036, 0.024, colour, 0.97)
    if look.snow is not None:
        here.strokes(points - (0, 0.018), 0.03, 0.018, look.snow, 0.97)
