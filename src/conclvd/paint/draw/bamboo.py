"""Bamboo as the brush writes it: one stroke a joint, leaves in groups of three to five."""

from __future__ import annotations

import numpy as np

from conclvd.paint.draw.canvas import Canvas, Floats, shifted
from conclvd.paint.noise import mix
from conclvd.paint.scene.palette import Palette

# Directions of the leaves of one group, as fractions of its spread, by the number of leaves.
GROUPS = {3: (-1.0, 0.0, 0.9), 4: (-1.0, -0.3, 0.35, 1.0), 5: (-1.0, -0.5, 0.05, 0.5, 1.0)}


def draw_bamboo(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    stalks: int = 4,
    lean: float = 0.1,
) -> None:
    """A group of `stalks` bamboo canes, about `size` high, around the foot point (x, y).

    `lean` bends them, to the right if positive. The rear ones are pale and drawn first. Raises
    ValueError for less than one stalk.
    """
    if stalks < 1:
        raise ValueError(f"bamboo needs at least one stalk, not {stalks}")
    here = canvas.placed(x, y, size)
    at = np.linspace(-1, 1, stalks) * 0.09 * (stalks - 1) ** 0.7 if stalks > 1 else np.zeros(1)
    rng.shuffle(at)
    for rank in range(stalks):
        near = (rank + 1) / stalks if stalks > 1 else 1.0
        moonlit = palette.far if palette.name == "night" else palette.foliage
        ink = mix(mix(palette.foliage, moonlit, 0.4), palette.ink, 0.25)
        tone = mix(mix(ink, palette.mist, 0.62), ink, near)
        bend = lean + rng.normal(0, 0.05)
        _draw_cane(here, rng, palette, float(at[rank] + rng.normal(0, 0.03)), bend, tone, near)


def _draw_cane(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    bend: float,
    tone: Floats,
    near: float,
) -> None:
    """One cane from (x, 0) upwards; near (0..1) ones are thicker and darker."""
    width = (0.013 + 0.017 * near) * rng.uniform(0.8, 1.1)
    joints = _joints(rng, x, bend)
    lower, upper = joints[:-1], joints[1:]
    gap = (upper - lower) * (0.0035 / np.linalg.norm(upper - lower, axis=1, keepdims=True))
    middle = (lower + upper) / 2
    segments = np.stack([lower + gap, middle, upper - gap], 1)
    taper = np.linspace(1.0, 0.55, len(segments)) * width
    # The brush presses at both ends of a joint: the cane is waisted between.
    here.strokes(
        segments, 1.1 * taper, 1.1 * taper, mix(tone, palette.mist, 0.22), 0.9,
        rng=rng, jitter=0.04, belly=-0.16 * taper,
    )  # fmt: skip
    shade = mix(tone, palette.ink, 0.3 * near)
    for side, wide, alpha in ((0.36, 0.34, 0.75), (-0.42, 0.16, 0.6)):
        shift = np.stack([side * taper, np.zeros_like(taper)], -1)[:, None]
        here.strokes(
            segments + shift, wide * taper, 0.7 * wide * taper, shade, alpha, rng=rng, jitter=0.35
        )
    _draw_nodes(here, rng, upper, taper, mix(tone, palette.ink, 0.55))
    _draw_twigs(here, rng, palette, joints, tone, near)


def _joints(rng: np.random.Generator, x: float, bend: float) -> Floats:
    """Points [n 2] of the nodes: joints grow longer upwards and bend more and more."""
    count = int(rng.integers(8, 11))
    lengths = np.linspace(0.7, 1.25, count) * rng.uniform(0.92, 1.08, count)
    lengths *= rng.uniform(1.0, 1.2) / lengths.sum()
    angle = bend * np.linspace(0.15, 1.5, count) + rng.normal(0, 0.012, count)
    steps = np.stack([np.sin(angle) * lengths, -np.cos(angle) * lengths], -1)
    return shifted(np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)]), x, 0.0)


def _draw_nodes(
    here: Canvas, rng: np.random.Generator, at: Floats, width: Floats, ink: Floats
) -> None:
    """The dark tick over each joint, turned up at both ends like the character for eight."""
    half = 0.62 * width
    shape = np.array([(-1.05, -0.35), (-0.5, 0.12), (0.5, 0.12), (1.05, -0.35)], np.float32)
    points = at[:, None] + shape * half[:, None, None]
    here.strokes(points, 0.2 * width, 0.16 * width, ink, 0.9, rng=rng, belly=0.12 * width)


def _draw_twigs(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    joints: Floats,
    tone: Floats,
    near: float,
) -> None:
    """Twigs from the upper joints, with a group of leaves at each end and on the way."""
    twigs, starts, turns = [], [], []
    for node in joints[3:]:
        for side in (-1, 1):
            if rng.random() > 0.72:
                continue
            reach = rng.uniform(0.06, 0.15)
            tip = shifted(node, side * reach, -0.5 * reach)
            bow = shifted((node + tip) / 2, 0, 0.012)
            twigs.append([node, bow, tip])
            for base in (tip, bow)[: int(rng.integers(1, 3))]:
                count = int(rng.integers(3, 6))
                towards = np.pi / 2 - side * rng.uniform(0.35, 0.75)
                spread = rng.uniform(0.4, 0.6)
                for part in GROUPS[count]:
                    starts.append(base)
                    turns.append(towards + spread * part + rng.normal(0, 0.07))
    if not twigs:
        return
    here.strokes(np.array(twigs), 0.006, 0.003, tone, 0.9, rng=rng)
    _draw_leaves(here, rng, palette, np.array(starts), np.array(turns), tone, near)


def _draw_leaves(
    here: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    start: Floats,
    turn: Floats,
    tone: Floats,
    near: float,
) -> None:
    """Leaves from start [n 2] along angles [n]: a thin stalk, pressure, and a lifted point.

    Every leaf bends a little under its weight; a third are in pale ink, behind the dark ones.
    """
    count = len(start)
    reach = rng.uniform(0.085, 0.165, count) * (0.75 + 0.25 * near)
    bow = rng.normal(0, 0.16, count)
    first = np.stack([np.cos(turn + bow), np.sin(turn + bow)], -1)
    last = np.stack([np.cos(turn - bow), np.sin(turn - bow)], -1)
    along = 0.4 * first * reach[:, None], 0.5 * (first + last) * reach[:, None]
    points = np.stack([start, start + along[0], start + along[1]], 1)
    pale = rng.random(count) < 0.35
    dark = mix(tone, palette.ink, 0.15 + 0.45 * near)
    colour = np.where(pale[:, None], mix(tone, palette.mist, 0.4), dark)
    colour = np.clip(colour + rng.normal(0, 0.025, (count, 1)), 0, 1)
    order = np.argsort(~pale, kind="stable")
    swell = reach * rng.uniform(0.15, 0.21, count)
    here.strokes(
        points[order], 0.0025, 0.0008, colour[order], 0.92,
        rng=rng, jitter=0.1, belly=swell[order], peak=0.4,
    )  # fmt: skip
