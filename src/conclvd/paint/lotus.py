"""Water plants: lotus leaves and flowers, and reeds."""

from __future__ import annotations

import numpy as np

from conclvd.paint.brushwork import draw_pool
from conclvd.paint.canvas import Canvas, ellipse_outlines
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.palette import Palette, rgb
from conclvd.paint.trees import WHITE, draw_blades

LEAF_GREEN = rgb("4f7f5a")
FLOWERS = tuple(rgb(c) for c in ("e8788c", "e4606f", "f0a0a8", "efb08c", "f3e3dc"))
HEART = rgb("e6c24a")
VEIN_RED = rgb("a02848")


def draw_lotus(
    canvas: Canvas, rng: np.random.Generator, palette: Palette, x: float, y: float, size: float
) -> None:
    """A stand of lotus about 1.6 `size` wide and 0.9 `size` high, its water line at y.

    Floating and raised leaves as washes with radiating veins, two to four flowers, buds.
    """
    here = canvas.placed(x, y, size)
    leaf = mix(mix(palette.water, LEAF_GREEN, 0.72), palette.mist, 0.06)
    if palette.name in ("ink", "silk", "night", "mist"):
        leaf = mix(leaf, palette.near, 0.45)
    count = int(rng.integers(6, 9))
    spots = np.stack([rng.uniform(-0.62, 0.62, count), rng.uniform(-0.05, 0.18, count)], -1)
    for at in spots[np.argsort(spots[:, 1])]:
        _draw_floating_leaf(here, rng, palette, at, rng.uniform(0.13, 0.27), leaf)
    petal = mix(FLOWERS[int(rng.integers(len(FLOWERS)))], palette.accent, 0.12)
    for _ in range(int(rng.integers(1, 4))):
        at = np.array([rng.normal(0, 0.4), -rng.uniform(0.14, 0.4)])
        _draw_raised_leaf(here, rng, palette, at, rng.uniform(0.13, 0.22), leaf)
    flowers = int(rng.integers(2, 5))
    across = np.linspace(-0.5, 0.5, flowers) + rng.normal(0, 0.08, flowers)
    rng.shuffle(across)
    for i, cx in enumerate(across):
        top = np.array([cx, -rng.uniform(0.3, 0.72)])
        bud = i > 0 and rng.random() < 0.35
        _draw_stem(here, rng, top, leaf, palette)
        _draw_flower(here, rng, top, rng.uniform(0.11, 0.17) * (0.6 if bud else 1), petal, bud)


def _draw_stem(
    here: Canvas, rng: np.random.Generator, top: FloatArray, leaf: FloatArray, palette: Palette
) -> None:
    """A bowed stem from the water up to `top`, with the dots of its bristles."""
    foot = np.array([top[0] + rng.normal(0, 0.07), 0.06])
    bow = (foot + top) / 2 + (rng.normal(0, 0.03), 0)
    tone = mix(leaf, palette.ink, 0.3)
    here.stroke([foot, bow, top], 0.017, 0.012, tone, 0.9, rng=rng, jitter=0.12)
    q = rng.uniform(0.05, 0.95, 14)[:, None]
    at = foot * (1 - q) ** 2 + 2 * (foot / 4 + top / 4 + (bow - (foot + top) / 2) + (foot + top) / 4) * q * (1 - q) + top * q**2
    at = at + rng.normal(0, (0.006, 0), (14, 2))
    here.ellipses(at[:, 0], at[:, 1], 0.004, 0.004, mix(tone, palette.ink, 0.4), 0.8)


def _rim(
    rng: np.random.Generator, at: FloatArray, radius: float, flat: float, tilt: float
) -> FloatArray:
    """The wavy outline [36 2] of a leaf seen from the side."""
    outline = ellipse_outlines(0, 0, 1, 1, 0, 36)[0]
    t = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    wave = 1 + sum(
        rng.normal(0, 0.035) * np.sin(k * t + rng.uniform(0, 6.3)) for k in (2, 3, 5, 7)
    )
    shape = outline * np.asarray(wave)[:, None] * (radius, radius * flat)
    cos, sin = np.cos(tilt), np.sin(tilt)
    return np.asarray(at + shape @ np.array([[cos, sin], [-sin, cos]]), dtype=np.float32)


def _draw_floating_leaf(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    at: FloatArray,
    radius: float,
    leaf: FloatArray,
) -> None:
    """A leaf on the water: layered washes, a pale heart and radiating veins."""
    flat, tilt = rng.uniform(0.3, 0.42), rng.normal(0, 0.06)
    tone = mix(leaf, palette.ink, rng.uniform(0.0, 0.35))
    rim = _rim(rng, at, radius, flat, tilt)
    draw_pool(here, rng, rim, tone, 0.9, layers=5, spread=0.03)
    heart = at + np.array([rng.normal(0, 0.08), -0.1 * flat]) * radius
    _shade_leaf(here, rng, palette, rim, heart, tone)
    _draw_veins(here, rng, rim, heart, mix(tone, palette.light, 0.45), 0.6, radius)


def _draw_raised_leaf(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    at: FloatArray,
    radius: float,
    leaf: FloatArray,
) -> None:
    """A leaf above the water: a tilted bowl on its stem with a paler underside."""
    tone = mix(leaf, palette.ink, rng.uniform(0.05, 0.4))
    _draw_stem(here, rng, at + (0, 0.2 * radius), leaf, palette)
    tilt = rng.choice([-1, 1]) * rng.uniform(0.1, 0.45)
    under = _rim(rng, at + (0, 0.16 * radius), 0.92 * radius, 0.42, tilt)
    draw_pool(here, rng, under, mix(tone, palette.light, 0.3), 0.85, layers=4, spread=0.03)
    rim = _rim(rng, at, radius, rng.uniform(0.34, 0.5), tilt)
    draw_pool(here, rng, rim, tone, 0.92, layers=5, spread=0.03)
    heart = at + (0, 0.06 * radius)
    _shade_leaf(here, rng, palette, rim, heart, tone)
    _draw_veins(here, rng, rim, heart, mix(tone, palette.ink, 0.45), 0.6, radius)


def _shade_leaf(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    rim: FloatArray,
    heart: FloatArray,
    tone: FloatArray,
) -> None:
    """Wet pigment: a dark wash over one side of the leaf and a pale bloom over the other."""
    dark, pale = mix(tone, palette.ink, 0.4), mix(tone, palette.light, 0.45)
    side = int(rng.integers(0, 36))
    for colour, turn, alpha in ((dark, side, 0.45), (pale, side + 18, 0.4)):
        arc = np.roll(rim, -turn, 0)[:19]
        inner = heart + (arc[::-1] - heart) * np.linspace(0.55, 0.35, 19)[:, None]
        draw_pool(here, rng, np.concatenate([arc, inner]), colour, alpha, layers=4, spread=0.05)
    core = heart + (rim - heart) * 0.3
    draw_pool(here, rng, core, pale, 0.45, layers=3, spread=0.12)


def _draw_veins(
    here: Canvas,
    rng: np.random.Generator,
    rim: FloatArray,
    heart: FloatArray,
    colour: FloatArray,
    alpha: float,
    radius: float,
) -> None:
    """Veins from the leaf's heart to its rim, each forking near the rim."""
    ends = rim[rng.permutation(12)[:11] * 3]
    fork = np.roll(rim, 2, 0)[::3]
    out = rng.uniform(0.82, 0.95, (len(ends), 1))
    tips = heart + (ends - heart) * out
    middle = heart + (ends - heart) * 0.5 + rng.normal(0, 0.02 * radius, ends.shape)
    starts = np.broadcast_to(heart, tips.shape)
    here.strokes(np.stack([starts, middle, tips], 1), 0.035 * radius, 0.008 * radius, colour, alpha)
    split = heart + (fork - heart) * 0.6
    draw_blades(here, split, heart + (np.roll(fork, 1, 0) * 0.25 + fork * 0.75 - heart) * 0.9,
                0.02 * radius, colour, 0.7 * alpha)  # fmt: skip


def _petal(length: float, width: float, cup: float) -> FloatArray:
    """Outline [17 2] of a petal standing on the origin, its point up; `cup` rounds its flanks."""
    q = np.linspace(0, 1, 9)
    half = width * np.sin(np.pi * q**0.8) ** (1 - 0.35 * cup) * (1 - 0.25 * q)
    right = np.stack([half, -length * q], -1)
    left = (right * (-1, 1))[::-1]
    return np.concatenate([right, left[1:]]).astype(np.float32)


def _draw_petals(
    here: Canvas,
    rng: np.random.Generator,
    at: FloatArray,
    turns: FloatArray,
    length: float,
    width: float,
    tip: FloatArray,
) -> None:
    """Petals around the flower's foot: pale at the foot, saturated at the point, fine veins."""
    for turn in turns:
        reach = length * rng.uniform(0.92, 1.12)
        cos, sin = np.cos(turn), np.sin(turn)
        rotation = np.array([[cos, sin], [-sin, cos]])
        shape = _petal(reach, width * (1 - 0.3 * abs(np.sin(turn))), 1.0)
        edge = mix(tip, WHITE, rng.uniform(0.0, 0.22))
        layers = []
        for q in (1.0, 0.86, 0.7, 0.52):
            layers.append(at + (shape * (0.5 + 0.5 * q, q)) @ rotation)
        colours = np.stack([mix(edge, WHITE, k) for k in (0.0, 0.35, 0.6, 0.8)])
        here.polygons(np.stack(layers), colours, np.array([0.93, 0.45, 0.42, 0.4]))
        lines = []
        for side in (-0.55, -0.2, 0.2, 0.55):
            line = np.array([(0, -0.08 * reach), (side * width, -0.5 * reach), (0.25 * side * width, -0.93 * reach)])
            lines.append(at + line @ rotation)
        here.strokes(np.array(lines), 0.004, 0.003, mix(edge, VEIN_RED, 0.4), 0.3)
        rim = np.concatenate([shape[6:9], shape[9:11]]) @ rotation + at
        here.stroke(rim, 0.004, 0.004, mix(edge, VEIN_RED, 0.45), 0.55, belly=0.007)


def _draw_flower(
    here: Canvas, rng: np.random.Generator, at: FloatArray, radius: float, petal: FloatArray, bud: bool
) -> None:
    """An open flower: rear petals, outer ones, the heart, front petals; or a closed bud."""
    tilt = rng.normal(0, 0.12)
    foot = at + (0, 0.1 * radius)
    if bud:
        _draw_petals(here, rng, foot, np.array([-0.28, 0.28, 0.0]) + tilt, 1.25 * radius, 0.42 * radius, petal)
        return
    rear = mix(petal, VEIN_RED, 0.14)
    _draw_petals(here, rng, foot, np.array([-0.55, 0.55, -0.2, 0.2]) + tilt, 1.22 * radius, 0.4 * radius, rear)
    _draw_petals(here, rng, foot, np.array([-1.4, 1.4, -1.0, 1.0]) + tilt, 1.15 * radius, 0.36 * radius, petal)
    here.ellipse(foot[0], foot[1] - 0.32 * radius, 0.26 * radius, 0.17 * radius, HEART, 0.85)
    spots = rng.normal(0, (0.13, 0.07), (10, 2)) * radius + foot - (0, 0.36 * radius)
    here.ellipses(spots[:, 0], spots[:, 1], 0.03 * radius, 0.03 * radius, mix(HEART, VEIN_RED, 0.35), 0.8)
    front = np.array([-0.62, 0.62, 0.02]) + tilt
    _draw_petals(here, rng, foot, front, 0.86 * radius, 0.4 * radius, mix(petal, WHITE, 0.15))


def draw_reeds(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    count: int = 26,
) -> None:
    """A tuft of `count` reeds about 0.7 `size` high around (x, y), some with seed heads.

    Raises ValueError for a count below one.
    """
    if count < 1:
        raise ValueError(f"reeds need a count of at least one, not {count}")
    here = canvas.placed(x, y, size)
    foot = np.stack([rng.normal(0, 0.2, count), rng.uniform(0, 0.04, count)], -1)
    length = rng.uniform(0.25, 0.7, count)
    drift = rng.normal(0.08, 0.12, count)
    middle = foot + np.stack([0.3 * drift, -0.6 * length], -1)
    top = foot + np.stack([drift, -length], -1)
    tone = mix(mix(palette.foliage, palette.ink, 0.7), mix(palette.foliage, palette.mid, 0.35),
               rng.random((count, 1)))  # fmt: skip
    here.strokes(np.stack([foot, middle, top], 1), 0.013, 0.002, tone, 0.88, rng=rng, jitter=0.12)
    bent = rng.random(count) < 0.3  # broken leaves hang from the stem
    side = np.where(rng.random(count) < 0.5, -1, 1)
    hang = middle + np.stack([side * 0.16 * length, 0.12 * length], -1)
    draw_blades(here, middle[bent], hang[bent], 0.014, tone[bent], 0.85)
    headed = (rng.random(count) < 0.3) & (length > 0.4)
    plume = mix(palette.mid, palette.light, 0.3)
    tips = np.repeat(top[headed], 7, 0)
    falling = tips + rng.uniform((-0.02, -0.03), (0.09, 0.06), tips.shape)
    draw_blades(here, tips + (0, 0.01), falling, 0.012, plume, 0.8)
