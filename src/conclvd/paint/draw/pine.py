"""The pine: a bent trunk with scaly bark and level clouds of needle fans."""

from __future__ import annotations

import numpy as np

from conclvd.paint.draw.canvas import Canvas, Floats, shifted
from conclvd.paint.draw.foliage import UP, bark, green
from conclvd.paint.noise import mix
from conclvd.paint.scene.palette import Palette

KNOTS = 9
NEEDLES = 12  # needles in one fan


def draw_pine(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    lean: float = 0.0,
    snow: bool = False,
) -> None:
    """A pine about `size` high with its foot at (x, y).

    `lean` is the trunk's slant in radians, to the right if positive; `snow` lies on the boughs.
    """
    here = canvas.placed(x, y, size)
    trunk = _trunk(rng, lean)
    boughs, fans = _boughs(rng, trunk)
    dark = bark(palette)
    here.strokes(boughs, 0.02, 0.006, dark, 0.95, rng=rng)
    here.stroke(trunk, 0.062, 0.012, dark, 0.97, rng=rng, jitter=0.16)
    _draw_bark(here, rng, trunk, palette)
    _draw_fans(here, rng, fans, palette, snow)


def _trunk(rng: np.random.Generator, lean: float) -> Floats:
    """Points [KNOTS 2] of a trunk that bends one way and back on its way up."""
    bend = rng.choice([-1, 1]) * rng.uniform(0.15, 0.36)
    angle, at = UP + lean, np.zeros(2)
    points = [at]
    for i in range(KNOTS - 1):
        angle += rng.normal(0, 0.14) + bend * np.sin(1.1 * i) * 0.55 - 0.25 * (angle - UP - lean)
        at = at + np.array([np.cos(angle), np.sin(angle)]) / (KNOTS - 1)
        points.append(at)
    return np.array(points, np.float32)


def _boughs(rng: np.random.Generator, trunk: Floats) -> tuple[Floats, Floats]:
    """Bough lines [n 3 2], and where needle fans sit on them with their radius: [m 3]."""
    lines, fans = [], []
    side = int(rng.choice([-1, 1]))
    last = len(trunk) - 1
    for i in range(3, last + 1):
        if i < last and rng.random() < 0.2:
            continue
        side = -side
        reach = (0.42 * (1 - (i - 2) / (last + 0.5)) + 0.07) * rng.uniform(0.75, 1.25)
        reaches = (0.07, 0.06) if i == last else (reach, reach * rng.uniform(0.2, 0.65))
        for direction, length in zip((side, -side), reaches, strict=True):
            start = trunk[i]
            end = shifted(start, direction * length, rng.uniform(-0.3, 0.26) * length - 0.01)
            middle = shifted((start + end) / 2, 0, rng.normal(0.012, 0.022))
            lines.append([start, middle, end])
            for q in np.linspace(0.4, 1.02, max(2, round(length * 11))):
                on_curve = (1 - q) ** 2 * start + 2 * q * (1 - q) * (2 * middle - (start + end) / 2)
                at = on_curve + q**2 * end + rng.normal(0, 0.011, 2)
                radius = rng.uniform(0.045, 0.085) * (1.1 - 0.3 * abs(q - 0.7))
                fans.append((*at, radius))
                if rng.random() < 0.35:  # a second storey of needles on a twig above
                    above = rng.normal((0, -0.6), (0.4, 0.15)) * radius
                    fans.append((*(at + above), 0.75 * radius))
    return np.array(lines, np.float32), np.array(fans, np.float32)


def _draw_bark(here: Canvas, rng: np.random.Generator, trunk: Floats, palette: Palette) -> None:
    """A lit side and the scales of the bark, where the trunk is wide enough to show them."""
    if here.texels * 0.05 < 4:
        return
    lit = mix(palette.mid, palette.ink, 0.2)
    here.stroke(trunk[:-2] - (0.009, 0), 0.018, 0.004, lit, 0.55, rng=rng, jitter=0.9)
    q = rng.uniform(0, 0.75, 16) * (KNOTS - 1)
    knot = q.astype(int)
    at = trunk[knot] + (trunk[knot + 1] - trunk[knot]) * (q - knot)[:, None]
    at = at + np.stack([rng.normal(0, 0.009, 16), np.zeros(16)], -1)
    width = 0.010 * (1 - q / KNOTS)
    here.ellipses(at[:, 0], at[:, 1], width, 1.4 * width, lit, 0.35, rng.uniform(-30, 30, 16))
    here.ellipses(at[:, 0] + 0.003, at[:, 1], 0.7 * width, width, bark(palette), 0.8)


def _draw_fans(
    here: Canvas, rng: np.random.Generator, fans: Floats, palette: Palette, snow: bool
) -> None:
    """Needle fans [m 3] (x, y, radius) over soft flat washes, two tones of ink."""
    leaf = green(palette)
    moon = 0.45 if palette.name == "night" else 0.16
    light, dark = mix(leaf, palette.light, moon), mix(leaf, palette.ink, 0.65)
    fans = fans[np.argsort(fans[:, 1])]
    x, y, radius = (np.repeat(fans[:, i], 3) for i in range(3))
    here.ellipses(
        x + rng.normal(0, 0.3, len(x)) * radius,
        y - 0.12 * radius + rng.normal(0, 0.12, len(x)) * radius,
        radius * rng.uniform(0.65, 1.05, len(x)),
        radius * rng.uniform(0.22, 0.42, len(x)),
        mix(dark, palette.mist, 0.15), 0.3, rng.normal(0, 8, len(x)),
    )  # fmt: skip
    count = len(fans)
    spread = np.linspace(-1.45, 1.45, NEEDLES) + rng.normal(0, 0.07, (count, NEEDLES))
    reach = fans[:, 2:] * rng.uniform(0.7, 1.15, (count, NEEDLES))
    start = np.stack(
        [fans[:, :1] + np.sin(spread) * 0.15 * fans[:, 2:],
         np.broadcast_to(fans[:, 1:2] + 0.1 * fans[:, 2:], spread.shape)], -1
    )  # fmt: skip
    end = np.stack(
        [fans[:, :1] + np.sin(spread) * reach, fans[:, 1:2] - np.cos(spread) * 0.62 * reach], -1
    )
    tone = rng.random((count * NEEDLES, 1))
    _draw_needles(here, start.reshape(-1, 2), end.reshape(-1, 2), mix(dark, light, tone))
    if snow:
        white = mix(palette.light, np.ones(3), 0.6)
        lying = fans[rng.random(count) < 0.75]
        here.ellipses(
            lying[:, 0], lying[:, 1] - 0.42 * lying[:, 2], 0.85 * lying[:, 2], 0.24 * lying[:, 2],
            white, 0.85, rng.normal(0, 6, len(lying)),
        )  # fmt: skip


def _draw_needles(here: Canvas, start: Floats, end: Floats, colors: Floats) -> None:
    """Needles as slivers, 0.006 wide at their foot, with a pointed end."""
    along = end - start
    normal = np.stack([-along[:, 1], along[:, 0]], -1)
    normal *= 0.0032 / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-9)
    here.polygons(np.stack([start + normal, end, start - normal], 1), colors, 0.82)
