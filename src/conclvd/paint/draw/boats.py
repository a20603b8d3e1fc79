"""Boats: a wooden skiff with a mat canopy, a fisherman, or a junk's ribbed sail."""

from __future__ import annotations

import numpy as np

from conclvd.paint.draw.canvas import Canvas, shifted
from conclvd.paint.draw.houses import paint_color
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.scene.palette import Palette, rgb

STRAW = rgb("d9bd84")


def draw_boat(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    x: float,
    y: float,
    size: float,
    *,
    heading: int,
    fisherman: bool = True,
    canopy: bool = True,
    sail: bool = False,
    moving: bool = True,
) -> None:
    """A boat whose hull is `size` wide, its water line at y and its middle at x.

    `heading` is 1 for a bow to the right, -1 to the left; the one is the other's mirror image.
    With `sail` it is a junk about 0.95 `size` high; without `canopy` an open skiff. A `moving`
    boat trails a wake, which tells in a single frame where it is going.
    """
    here = canvas.placed(x, y, size, heading)
    wood = mix(palette.ink, palette.near, rng.uniform(0.0, 0.15))
    if moving:
        _draw_wake(here, palette)
    if sail:
        _draw_sail(here, rng, palette, wood)
    if canopy:
        _draw_canopy(here, palette, wood, -0.16 if sail else 0.0)
    if fisherman:
        _draw_fisherman(here, rng, palette, wood, rowing=sail)
    _draw_hull(here, palette, wood)


def _draw_wake(here: Canvas, palette: Palette) -> None:
    """Lines of foam that open behind the stern, a shade under each, and the bow wave."""
    foam = mix(palette.light, np.ones(3, np.float32), 0.5)
    shade = mix(palette.mid, palette.near, 0.5)
    for end, alpha in (((-1.3, 0.005), 0.7), ((-1.2, 0.125), 0.85), ((-0.95, 0.06), 0.6)):
        middle = (0.5 * (end[0] - 0.4), 0.6 * end[1] + 0.4 * 0.035)
        below = (end[0] - 0.05, end[1] + 0.03)
        here.stroke([(-0.4, 0.055), middle, below], 0.03, 0.008, shade, 0.75 * alpha)
        here.stroke([(-0.4, 0.035), middle, end], 0.045, 0.006, foam, alpha)
    here.stroke([(0.5, 0.015), (0.36, 0.05), (0.1, 0.085)], 0.02, 0.006, foam, 0.8)


def _draw_hull(here: Canvas, palette: Palette, wood: FloatArray) -> None:
    """The hull with its raised bow and stern, a lit gunwale and a plank line."""
    deck = [(-0.5, -0.1), (-0.36, -0.055), (-0.1, -0.035), (0.15, -0.035), (0.36, -0.06),
            (0.5, -0.115)]  # fmt: skip
    keel = [(0.41, -0.005), (0.27, 0.045), (-0.3, 0.045), (-0.42, -0.005)]
    here.polygon([*deck, *keel], wood, 0.96)
    here.stroke(deck, 0.016, 0.014, mix(wood, palette.light, 0.5), 0.85, belly=0.008)
    plank = [(-0.42, -0.03), (-0.1, 0.005), (0.15, 0.005), (0.43, -0.04)]
    here.stroke(plank, 0.01, 0.008, mix(wood, palette.light, 0.3), 0.6)


def _draw_canopy(here: Canvas, palette: Palette, wood: FloatArray, shift: float) -> None:
    """The barrel roof of woven mats, with its ribs and a dark open end."""
    mat = mix(mix(wood, palette.mid, 0.45), STRAW, 0.16)
    arch = np.array([(-0.25, -0.03), (-0.24, -0.12), (-0.18, -0.185), (-0.08, -0.21), (0.03, -0.2),
                     (0.1, -0.15), (0.13, -0.03)])  # fmt: skip
    here.polygon(shifted(arch, shift, 0), mat, 0.97)
    mouth = np.array([(0.03, -0.03), (0.035, -0.12), (0.07, -0.16), (0.1, -0.14), (0.125, -0.03)])
    here.polygon(shifted(mouth, shift, 0), mix(wood, palette.ink, 0.5), 0.9)
    at = np.array([-0.18, -0.1, -0.02])[:, None]
    up = np.array([-0.05, -0.13, -0.2])
    ribs = np.stack([at + np.array([-0.025, -0.015, 0.0]) + shift, np.broadcast_to(up, (3, 3))], -1)
    here.strokes(ribs, 0.012, 0.012, wood, 0.7)
    lit = shifted([(-0.2, -0.165), (-0.08, -0.205), (0.03, -0.19)], shift, 0)
    here.stroke(lit, 0.012, 0.012, mix(mat, palette.light, 0.5), 0.8)


def _draw_fisherman(
    here: Canvas, rng: np.random.Generator, palette: Palette, wood: FloatArray, *, rowing: bool
) -> None:
    """A man under a wide conical hat with a rod and line, or standing with a long pole."""
    at = 0.27
    robe = mix(wood, palette.accent, 0.7) if rng.random() < 0.4 else mix(wood, palette.light, 0.12)
    standing = rng.random() < 0.5
    top = -0.3 if standing else -0.24
    body = np.array([(-0.055, -0.05), (-0.06, 0.55 * top), (-0.03, top + 0.02), (0.03, top + 0.02),
                     (0.065, 0.55 * top), (0.055, -0.05)])  # fmt: skip
    here.polygon(shifted(body, at, 0), robe, 0.98)
    here.stroke([(at, top + 0.06), (at + 0.07, 0.6 * top), (at + 0.12, 0.62 * top)],
                0.04, 0.02, robe, 0.95)  # fmt: skip
    here.ellipse(at + 0.012, top + 0.005, 0.03, 0.032, mix(STRAW, palette.ink, 0.25))
    hat = np.array([(-0.1, 0.0), (-0.03, -0.07), (0.0, -0.095), (0.03, -0.07), (0.1, 0.0),
                    (0.0, 0.018)])  # fmt: skip
    here.polygon(shifted(hat, at + 0.005, top), mix(STRAW, palette.light, 0.25), 0.98)
    here.polygon(shifted(hat[2:], at + 0.005, top), mix(STRAW, palette.ink, 0.4), 0.8)
    if standing or rowing:
        here.stroke([(at + 0.02, top - 0.2), (at + 0.1, -0.1), (at + 0.16, 0.1)],
                    0.014, 0.014, wood, 0.95)  # fmt: skip
        return
    rod = [(at + 0.1, 0.62 * top), (at + 0.26, 1.2 * top), (at + 0.42, 1.45 * top)]
    here.stroke(rod, 0.014, 0.006, wood, 0.95)
    end = (at + 0.42, 1.45 * top)
    here.stroke([end, (end[0] + 0.012, -0.1), (end[0] + 0.004, 0.05)], 0.005, 0.004, wood, 0.6)


def _draw_sail(here: Canvas, rng: np.random.Generator, palette: Palette, wood: FloatArray) -> None:
    """A tall ribbed sail: panels between battens, each with its own curve at the rear edge."""
    much = 0.05 if palette.name == "ink" else 0.35
    cloth = mix(mix(palette.light, STRAW, much), paint_color(palette), rng.uniform(0.05, 0.3))
    here.stroke([(0.03, -0.04), (0.035, -0.5), (0.03, -0.98)], 0.024, 0.014, wood, 0.97)
    panels = 6
    q = np.linspace(0, 1, panels + 1)
    height = -0.14 - 0.78 * q
    front = np.interp(q, [0, 0.5, 1], [0.14, 0.16, 0.06])  # towards the bow
    rear = np.interp(q, [0, 0.35, 0.8, 1], [-0.36, -0.42, -0.34, -0.2])
    slope = 0.05 + 0.09 * q  # the battens rise to the rear
    for i in range(panels):
        corners = [
            (front[i], height[i] + 0.02), (front[i] + 0.012, (height[i] + height[i + 1]) / 2),
            (front[i + 1], height[i + 1] + 0.02), (rear[i + 1], height[i + 1] - slope[i + 1]),
            ((rear[i] + rear[i + 1]) / 2 + 0.03, (height[i] + height[i + 1]) / 2 - slope[i]),
            (rear[i], height[i] - slope[i]),
        ]  # fmt: skip
        here.polygon(corners, mix(cloth, palette.mid, 0.22 * (i % 2)), 0.97)
        shade = [corners[4], corners[5], (0.5 * (rear[i] + front[i]), height[i] - 0.4 * slope[i])]
        here.polygon(shade, mix(cloth, palette.mid, 0.7), 0.45)
    start = np.stack([front + 0.01, height + 0.02], -1)
    end = np.stack([rear - 0.008, height - slope], -1)
    here.strokes(np.stack([start, end], 1), 0.014, 0.010, mix(wood, palette.mid, 0.25), 0.85)
    sheets = [[(rear[k], height[k] - slope[k]), (-0.46, -0.4), (-0.47, -0.1)] for k in (0, 2)]
    here.strokes(sheets, 0.006, 0.005, wood, 0.7)
