"""Birds on the wing and falling petals, drawn anew for every frame."""

from __future__ import annotations

import math

import numpy as np

from conclvd.paint.draw.canvas import Canvas
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.scene.palette import Palette, rgb

PLUMAGE = np.array([0.97, 0.97, 0.95], np.float32)
CROWN_RED = rgb("c8302a")


def _goose_wing(lift: float, side: int) -> FloatArray:
    """Spine [5 2] of a wing; `lift` in [-1, 1] is its height, `side` -1 the far one.

    The far wing reaches forwards, the near one back, so that both are seen.
    """
    up = -(0.08 + 0.42 * lift * (0.85 if side < 0 else 1.0))
    root = 0.16 - 0.05 * side
    elbow = (root + (0.02 if side < 0 else -0.1), up)
    tip = (elbow[0] + (-0.1 if side < 0 else -0.42), up - 0.2 * (lift - 0.2))
    bow = ((elbow[0] + tip[0]) / 2, (elbow[1] + tip[1]) / 2 - 0.03)
    return np.array([(root, 0), (root - 0.02, 0.6 * up), elbow, bow, tip], np.float32)


def draw_goose(
    canvas: Canvas, palette: Palette, x: float, y: float, size: float, phase: float, heading: int
) -> None:
    """A flying goose about `size` long centred on (x, y), wings at `phase` radians of their beat.

    `heading` is 1 to fly right, -1 to fly left.
    """
    here = canvas.placed(x, y, size, heading)
    tone = mix(palette.ink, palette.near, 0.15)
    if palette.name == "night":
        tone = mix(palette.light, palette.mist, 0.2)
    lift = math.sin(phase)
    here.stroke(_goose_wing(lift, -1), 0.15, 0.012, tone, 0.8, belly=0.05)
    body = [(-0.42, 0.05), (-0.2, 0.03), (0.15, 0), (0.42, -0.05), (0.58, -0.06)]
    here.stroke(body, 0.04, 0.035, tone, 0.95, belly=0.1)
    here.stroke(_goose_wing(lift, 1), 0.17, 0.012, tone, 0.95, belly=0.05)


def draw_crane(
    canvas: Canvas, palette: Palette, x: float, y: float, size: float, phase: float, heading: int
) -> None:
    """A flying white crane, 1.6 `size` from bill to toes, black wing tips and a red crown.

    Arguments as for draw_goose.
    """
    here = canvas.placed(x, y, size, heading)
    ink, lift = palette.ink, math.sin(phase)
    here.stroke([(-0.22, 0.03), (-0.6, 0.08), (-0.85, 0.07)], 0.022, 0.014, ink)
    _draw_crane_wing(here, lift, -1, palette)
    here.stroke([(-0.3, 0.04), (0, 0.02), (0.25, -0.02)], 0.03, 0.04, PLUMAGE, belly=0.12)
    here.stroke([(0.2, -0.01), (0.42, -0.07), (0.62, -0.06)], 0.045, 0.026, PLUMAGE)
    here.stroke([(0.36, -0.05), (0.46, -0.075), (0.58, -0.055)], 0.012, 0.02, ink, 0.85)
    here.stroke([(0.6, -0.06), (0.78, -0.04)], 0.02, 0.006, ink)
    here.ellipse(0.62, -0.075, 0.026, 0.018, CROWN_RED)
    _draw_crane_wing(here, lift, 1, palette)


def _draw_crane_wing(here: Canvas, lift: float, side: int, palette: Palette) -> None:
    """One wing, white with black flight feathers; `side` -1 is the far one."""
    much = lift * (0.8 if side < 0 else 1.0)
    # The wing never vanishes edge on: it is seen a little from above.
    wrist, tip = -0.1 - 0.36 * much, -0.08 - 0.66 * much
    white = mix(PLUMAGE, palette.mid, 0.16 if side < 0 else 0.0)
    front = 0.16 - 0.06 * side
    outer = (front - 0.26 - 0.16 * side, tip)
    rear = (-0.2 - 0.04 * side, 0.5 * wrist + 0.04)
    leading = [(front, -0.01), (front - 0.01, 0.6 * wrist), (front - 0.06, wrist)]
    trailing = [(outer[0] - 0.04, 0.7 * tip + 0.3 * rear[1]), rear, (-0.14, 0.05)]
    here.polygon([*leading, outer, *trailing], white)
    feathers = [(front - 0.15, (wrist + tip) / 2), outer, *trailing[:2], (-0.08, 0.62 * wrist)]
    here.polygon(feathers, palette.ink, 0.88)
