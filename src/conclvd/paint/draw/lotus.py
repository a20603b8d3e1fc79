"""Water plants: lotus leaves and flowers, and reeds."""

from __future__ import annotations

import numpy as np

from conclvd.paint.draw.brushwork import draw_pools
from conclvd.paint.draw.canvas import Canvas, Floats, shifted, stroke_outlines
from conclvd.paint.draw.trees import WHITE, draw_blades
from conclvd.paint.noise import mix
from conclvd.paint.scene.palette import Palette, rgb

LEAF_GREEN = rgb("4f7f5a")
FLOWERS = tuple(rgb(c) for c in ("e8788c", "e4606f", "f0a0a8", "efb08c", "f3e3dc"))
HEART = rgb("e6c24a")
VEIN_RED = rgb("a02848")
RIM = 36  # points around a leaf
ROUND = np.linspace(0, 2 * np.pi, RIM, endpoint=False)
# A petal's veins [4 3 2], in units of its half width and of its length.
VEINS = np.array(
    [[(0, -0.08), (side, -0.5), (0.25 * side, -0.93)] for side in (-0.55, -0.2, 0.2, 0.55)]
)


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
    count = int(rng.integers(8, 12))
    across = np.linspace(-0.62, 0.62, count) + rng.normal(0, 0.05, count)
    spots = np.stack([across, rng.uniform(-0.06, 0.17, count)], -1)
    for at in spots[np.argsort(spots[:, 1])]:
        _draw_floating_leaf(here, rng, palette, at, rng.uniform(0.12, 0.25), leaf)
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
    here: Canvas, rng: np.random.Generator, top: Floats, leaf: Floats, palette: Palette
) -> None:
    """A bowed stem from the water up to `top`, with the dots of its bristles."""
    foot = np.array([top[0] + rng.normal(0, 0.07), 0.06])
    bow = (foot + top) / 2 + (rng.normal(0, 0.03), 0)
    tone = mix(leaf, palette.ink, 0.3)
    here.stroke([foot, bow, top], 0.017, 0.012, tone, 0.9, rng=rng, jitter=0.12)
    q = rng.uniform(0.05, 0.95, (14, 1))
    control = 2 * bow - (foot + top) / 2
    at = foot * (1 - q) ** 2 + 2 * control * q * (1 - q) + top * q**2
    at = at + rng.normal(0, (0.007, 0), (14, 2))
    here.ellipses(at[:, 0], at[:, 1], 0.004, 0.004, mix(tone, palette.ink, 0.4), 0.8)


def _rim(rng: np.random.Generator, at: Floats, radius: float, flat: float, tilt: float) -> Floats:
    """The wavy outline [RIM 2] of a leaf seen from the side."""
    waves = np.array([[2], [3], [5], [7]])
    turns = rng.uniform(0, 2 * np.pi, (4, 1))
    wave = 1 + (rng.normal(0, 0.035, (4, 1)) * np.sin(waves * ROUND + turns)).sum(0)
    shape = np.stack([np.cos(ROUND) * wave * radius, np.sin(ROUND) * wave * radius * flat], -1)
    cos, sin = np.cos(tilt), np.sin(tilt)
    return np.asarray(at + shape @ np.array([[cos, sin], [-sin, cos]]), dtype=np.float32)


def _draw_floating_leaf(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    at: Floats,
    radius: float,
    leaf: Floats,
) -> None:
    """A leaf on the water."""
    flat = rng.uniform(0.3, 0.42)
    rim = _rim(rng, at, radius, flat, rng.normal(0, 0.06))
    tone = mix(leaf, palette.ink, rng.uniform(0.0, 0.35))
    heart = shifted(at, rng.normal(0, 0.08) * radius, -0.1 * flat * radius)
    _draw_blade(here, rng, palette, rim, heart, tone)
    _draw_veins(here, rng, rim, heart, mix(tone, palette.light, 0.45), radius)


def _draw_raised_leaf(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    at: Floats,
    radius: float,
    leaf: Floats,
) -> None:
    """A leaf above the water: a tilted bowl on its stem with a paler underside."""
    tone = mix(leaf, palette.ink, rng.uniform(0.05, 0.4))
    _draw_stem(here, rng, shifted(at, 0, 0.2 * radius), leaf, palette)
    tilt = rng.choice([-1, 1]) * rng.uniform(0.1, 0.45)
    under = _rim(rng, shifted(at, 0, 0.16 * radius), 0.92 * radius, 0.42, tilt)
    draw_pools(here, rng, under[None], mix(tone, palette.light, 0.3), 0.85, spread=0.03)
    rim = _rim(rng, at, radius, rng.uniform(0.34, 0.5), tilt)
    heart = shifted(at, 0, 0.06 * radius)
    _draw_blade(here, rng, palette, rim, heart, tone)
    _draw_veins(here, rng, rim, heart, mix(tone, palette.ink, 0.45), radius)


def _draw_blade(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    rim: Floats,
    heart: Floats,
    tone: Floats,
) -> None:
    """A leaf's washes: its tone, wet dark pigment on one side, a pale bloom opposite and inside."""
    dark, pale = mix(tone, palette.ink, 0.4), mix(tone, palette.light, 0.45)
    side = int(rng.integers(0, RIM))
    depth = np.linspace(0.55, 0.35, RIM // 2)[:, None]
    areas = [rim]
    for turn in (side, side + RIM // 2):
        arc = np.roll(rim, -turn, 0)[: RIM // 2]
        areas.append(np.concatenate([arc, heart + (arc[::-1] - heart) * depth]))
    areas.append(heart + (rim - heart) * 0.3)
    draw_pools(
        here, rng, np.stack(areas), np.stack([tone, dark, pale, pale]),
        np.array([0.92, 0.45, 0.4, 0.45]), layers=4, spread=np.array([0.03, 0.05, 0.05, 0.12]),
    )  # fmt: skip


def _draw_veins(
    here: Canvas,
    rng: np.random.Generator,
    rim: Floats,
    heart: Floats,
    colour: Floats,
    radius: float,
) -> None:
    """Veins from the leaf's heart to its rim, and short ones that fork off between them."""
    ends = rim[::3] - heart
    count = len(ends)
    long = heart + ends * rng.uniform(0.82, 0.95, (count, 1))
    middle = heart + ends * 0.5 + rng.normal(0, 0.02 * radius, ends.shape)
    between = heart + 0.9 * (0.72 * ends + 0.28 * np.roll(ends, 1, 0))
    foot = np.broadcast_to(heart, ends.shape)
    lines = [
        np.stack([foot, middle, long], 1),
        np.stack([middle, (middle + between) / 2, between], 1),
    ]
    here.strokes(
        np.concatenate(lines), np.repeat([0.035 * radius, 0.018 * radius], count), 0.008 * radius,
        colour, np.repeat([0.6, 0.42], count),
    )  # fmt: skip


def _petals(width: Floats, reach: Floats) -> Floats:
    """Outlines [n 18 2] of petals standing on the origin, their points up."""
    q = np.linspace(0, 1, 9)
    half = width[:, None] * np.sin(np.pi * q**0.8) ** 0.65 * (1 - 0.25 * q)
    right = np.stack([half, -reach[:, None] * q], -1)
    return np.concatenate([right, (right * (-1, 1))[:, ::-1]], 1)


def _draw_petals(
    here: Canvas,
    rng: np.random.Generator,
    at: Floats,
    turns: Floats,
    length: float,
    width: float,
    tip: Floats,
) -> None:
    """Petals around the flower's foot: pale at the foot, saturated at the point, fine veins."""
    count = len(turns)
    reach = length * rng.uniform(0.92, 1.12, count)
    shape = _petals(width * (1 - 0.3 * np.abs(np.sin(turns))), reach)
    washes = np.stack([shape * (0.5 + 0.5 * q, q) for q in (1.0, 0.86, 0.7, 0.52)], 1)
    unit = np.stack([np.full(count, width), reach], -1)[:, None, None]
    rim = shape[:, None, [6, 8, 11]]  # over the point, from one flank to the other
    lines = np.concatenate([VEINS * unit, rim], 1)
    belly = np.tile(np.array([0, 0, 0, 0, 0.006]), count)
    drawn = stroke_outlines(lines.reshape(-1, 3, 2), 0.004, 0.003, belly=belly)
    parts = np.concatenate([washes, drawn.reshape(count, 5, 18, 2)], 1)
    cos, sin = np.cos(turns), np.sin(turns)
    rotation = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], -2)
    outlines = parts @ rotation[:, None] + at
    edge = mix(tip, WHITE, rng.uniform(0.0, 0.22, (count, 1)))[:, None]
    tones = mix(edge, WHITE, np.array([0.0, 0.35, 0.6, 0.8])[:, None])
    veins = np.broadcast_to(mix(edge, VEIN_RED, 0.4), (count, 5, 3))
    colours = np.concatenate([tones, veins], 1)
    alphas = np.tile([0.93, 0.45, 0.42, 0.4, 0.3, 0.3, 0.3, 0.3, 0.55], count)
    here.polygons(outlines.reshape(-1, 18, 2), colours.reshape(-1, 3), alphas)


def _draw_flower(
    here: Canvas, rng: np.random.Generator, at: Floats, radius: float, petal: Floats, bud: bool
) -> None:
    """An open flower: rear petals, outer ones, the heart, front petals; or a closed bud."""
    tilt = rng.normal(0, 0.12)
    foot = shifted(at, 0, 0.1 * radius)

    def ring(turns: tuple[float, ...], length: float, width: float, tip: Floats) -> None:
        angles = np.array(turns) + tilt
        _draw_petals(here, rng, foot, angles, length * radius, width * radius, tip)

    if bud:
        ring((-0.28, 0.28, 0.0), 1.25, 0.42, petal)
        return
    ring((-0.55, 0.55, -0.2, 0.2), 1.22, 0.4, mix(petal, VEIN_RED, 0.14))
    ring((-1.4, 1.4, -1.0, 1.0), 1.15, 0.36, petal)
    here.ellipse(foot[0], foot[1] - 0.32 * radius, 0.26 * radius, 0.17 * radius, HEART, 0.85)
    spots = foot + rng.normal((0, -0.36), (0.13, 0.07), (10, 2)) * radius
    stamen = mix(HEART, VEIN_RED, 0.35)
    here.ellipses(spots[:, 0], spots[:, 1], 0.03 * radius, 0.03 * radius, stamen, 0.8)
    ring((-0.62, 0.62, 0.02), 0.86, 0.4, mix(petal, WHITE, 0.15))


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
    draw_blades(here, shifted(tips, 0, 0.01), falling, 0.012, plume, 0.8)
