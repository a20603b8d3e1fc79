"""Distant hills in washes: one skyline, soft ribs below it, a foot that is lost in the mist."""

import cv2
import numpy as np

from conclvd.paint.draw.layers import Sheet
from conclvd.paint.noise import FloatArray, fbm, fbm_line, mix, smoothstep
from conclvd.paint.scene.scene import Peak, Range

# How a hill falls from its summit, by its kind: exponent of the flank, roughness of the line.
_FLANKS = {
    "steep": (1.05, 0.10),
    "round": (1.9, 0.035),
    "karst": (2.6, 0.06),
    "ridge": (1.25, 0.13),
}


def skyline(
    rng: np.random.Generator, x: FloatArray, base: float, peaks: tuple[Peak, ...]
) -> FloatArray:
    """The upper edge [w] of hills over x [w], world units; the base where there is no hill."""
    top = np.full(len(x), base, np.float32)
    bend = fbm_line(rng, len(x), 3.0 * float(x[-1] - x[0]), 3) * np.float32(0.02)
    span = float(x[-1] - x[0])
    for peak in peaks:
        power, rough = _FLANKS[peak.kind]
        skew = float(rng.uniform(-0.3, 0.3))
        t = (x - peak.x + bend) / peak.half_width
        t = np.abs(t) * (1 + skew * np.sign(t))
        if peak.kind == "round":
            fall = 1 - np.exp(-1.9 * t**power)
        elif peak.kind == "karst":
            fall = np.clip(t, 0, 1.4) ** power
        else:
            fall = np.clip(t, 0, 2) ** power / (0.75 + 0.25 * np.clip(t, 0, 2))
        uneven = fbm_line(rng, len(x), 1.6 * span / peak.half_width, 5, 0.55) * rough
        top = np.minimum(top, base - peak.height * (1 - fall + uneven * np.clip(1.3 - t, 0, 1)))
    return top.astype(np.float32)


def paint_hills(
    sheet: Sheet, rng: np.random.Generator, hills: Range, crest: FloatArray, foot: FloatArray,
    ribs: float,
) -> FloatArray:  # fmt: skip
    """Paint hills over a sheet; returns their skyline [w].

    `crest` and `foot` are colours [3], `ribs` 0 to 1 is how much their form shows.
    """
    h, w = sheet.shape
    x, y = sheet.x, sheet.y[:, None]
    edge = skyline(rng, x, hills.base, hills.peaks)
    tall = max(hills.base - float(edge.min()), 0.02)
    below = y - edge
    cloud = fbm(rng, h, w, 3, 3 * w / h, 4, 0.55)
    sink = np.clip((y - hills.base + tall) / tall, 0, 1.3)
    lost = smoothstep(sink + 0.10 * cloud, 0.62, 1.02)
    alpha = np.clip(below * sheet.scale + 0.5, 0, 1) * (1 - lost)
    # Ribs run down the slopes: a row of noise, fetched uphill of every texel.
    slope = np.gradient(cv2.GaussianBlur(edge[None], (0, 0), max(w / 90, 1.0))[0], x)
    uphill = (x - np.float32(0.7) * slope * np.maximum(below, 0)).astype(np.float32)
    count = max(w, 64)
    table = fbm_line(rng, count, 34 * (float(x[-1] - x[0])) * (0.10 / tall) ** 0.3, 4, 0.62)
    place = (uphill - x[0]) / (x[-1] - x[0]) * (count - 1)
    rib = cv2.remap(
        table[None], place, np.zeros_like(place), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    depth = np.clip(below / tall, 0, 1)
    tone = np.clip(0.10 + 1.1 * depth + 0.16 * cloud, 0, 1)
    lit = ribs * np.clip(rib, -1, 1) * np.exp(-depth * 1.2) * smoothstep(depth, 0.0, 0.10)
    rim = np.exp(-np.maximum(below, 0) / 0.007) * np.float32(0.18 + 0.2 * ribs)
    color = mix(
        mix(crest, foot, tone[..., None]), crest * np.float32(0.86), (rim * (1 - tone))[..., None]
    )
    color = mix(color, crest * np.float32(0.8), np.clip(lit, 0, 1)[..., None] * 0.55)
    color = mix(color, foot, np.clip(-lit, 0, 1)[..., None] * 0.6)
    sheet.over(color.astype(np.float32), alpha.astype(np.float32))
    return edge
