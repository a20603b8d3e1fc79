"""Ground, meadows with paths, banks at the water and the rocks of the foreground."""

import numpy as np

from conclvd.paint.draw.canvas import Canvas
from conclvd.paint.draw.layers import Sheet
from conclvd.paint.noise import FloatArray, fbm, fbm_line, mix, smoothstep, value_noise
from conclvd.paint.scene.palette import Palette, rgb
from conclvd.paint.scene.scene import Element

_LUSH = {"spring": "a9c65a", "autumn": "dba53c", "jade": "6fb884", "qinglu": "6fa07e"}


def grass_color(palette: Palette) -> FloatArray:
    """The colour of a meadow in this palette."""
    grass = mix(palette.foliage, palette.light, 0.38)
    if palette.name in _LUSH:
        grass = mix(grass, rgb(_LUSH[palette.name]), 0.65)
    if palette.name == "snow":
        grass = mix(palette.light, palette.mid, 0.30)
    return grass


def _swell(
    sheet: Sheet, rng: np.random.Generator, y: float, tilt: float, bump: float
) -> FloatArray:
    """The upper edge [w] of a piece of ground."""
    span = float(sheet.x[-1] - sheet.x[0])
    middle = float(sheet.x.mean())
    line = y + tilt * (sheet.x - middle) + bump * fbm_line(rng, len(sheet.x), 3 * span, 4)
    return line.astype(np.float32)


def paint_ground(
    sheet: Sheet, rng: np.random.Generator, palette: Palette, ground: Element, texels: Canvas
) -> FloatArray:
    """Paint rolling ground from `ground.y` down to the sheet's end; returns its first edge [w].

    `texels` is a canvas over the same sheet, for grass and shrubs.
    """
    h, w = sheet.shape
    grass, meadow = grass_color(palette), ground.kind == "meadow"
    first = None
    for step in range(ground.count):
        nearness = (step + 1) / ground.count
        y = ground.y + ground.size * 0.85 * step / ground.count
        edge = _swell(sheet, rng, y, float(rng.normal(0, 0.07)), 0.018 if meadow else 0.03)
        first = edge if first is None else np.minimum(first, edge)
        depth = sheet.y[:, None] - edge
        noise = fbm(rng, h, w, 10, 5, 3)
        ramp = smoothstep(depth + noise * 0.035, 0, 0.20)[..., None]
        back = mix(palette.mist, grass, 0.45 + 0.35 * nearness)
        front = mix(grass, palette.ink, 0.06 + 0.10 * nearness)
        if not meadow:
            front = mix(palette.mist, grass, 0.22 + 0.3 * nearness)
        color = mix(back, front, ramp)
        patches = smoothstep(fbm(rng, h, w, 14, 6, 3), 0.15, 0.8)[..., None]
        color = mix(color, mix(grass, palette.light, 0.55), patches * 0.35)
        blades = value_noise(rng, h, w, 110, 26 * w / h)
        color = mix(color, palette.ink, (smoothstep(blades, 0.5, 0.95) * 0.13)[..., None])
        if palette.name == "snow":
            color = mix(color, palette.light, 0.5)
        sheet.over(color, np.clip(depth * sheet.scale + 0.5, 0, 1))
        _tussocks(texels, rng, palette, sheet, edge, nearness)
        _shrubs(texels, rng, palette, sheet, edge, nearness, meadow)
    assert first is not None
    return first


def _tussocks(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    sheet: Sheet,
    edge: FloatArray,
    nearness: float,
) -> None:
    """Tufts of grass over a piece of ground, larger towards the viewer, some in flower."""
    tufts, blades = int(rng.integers(26, 46)), 5
    x = rng.uniform(sheet.x[0], sheet.x[-1], tufts)
    down = rng.uniform(0.02, 0.30, tufts)
    y = np.interp(x, sheet.x, edge) + down
    tall = (0.010 + 0.05 * down) * (0.7 + 0.6 * nearness)
    order = np.argsort(y)
    foot = np.repeat(np.stack([x, y], -1)[order], blades, 0)
    length = np.repeat(tall[order], blades) * rng.uniform(0.6, 1.1, tufts * blades)
    lean = rng.normal(0, 0.45, tufts * blades) * length
    foot = foot + np.stack([lean * 0.4, np.zeros_like(lean)], -1)
    tip = foot + np.stack([lean, -length], -1)
    middle = (foot + tip) / 2 + np.stack([-lean * 0.15, np.zeros_like(lean)], -1)
    grass = mix(grass_color(palette), palette.ink, 0.32)
    tones = mix(grass, palette.light, rng.uniform(0, 0.4, (tufts * blades, 1)))
    width = 0.10 * length + 0.0012
    canvas.strokes(np.stack([foot, middle, tip], 1), width, width * 0.3, tones, 0.7)
    if rng.random() < 0.6:
        flowers = tip[rng.random(len(tip)) < 0.2]
        tone = mix(palette.accent, palette.light, rng.uniform(0, 0.6, (len(flowers), 1)))
        canvas.ellipses(flowers[:, 0], flowers[:, 1], 0.0042, 0.0034, tone, 0.9)


def _shrubs(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    sheet: Sheet,
    edge: FloatArray,
    nearness: float,
    meadow: bool,
) -> None:
    """Clumps of shrubs, some in blossom, along and below an edge of the ground."""
    clumps = int(rng.integers(3, 8))
    size = 0.013 * (0.7 + 1.4 * nearness)
    flowering = palette.name in ("spring", "autumn", "dawn", "dusk") or rng.random() < 0.25
    for _ in range(clumps):
        count = int(rng.integers(8, 26))
        x = rng.uniform(sheet.x[0], sheet.x[-1]) + rng.normal(0, rng.uniform(0.03, 0.09), count)
        below = np.abs(rng.normal(0, 0.016 + 0.05 * meadow * nearness, count))
        y = np.interp(x, sheet.x, edge) + below
        dark = mix(grass_color(palette), palette.ink, rng.uniform(0.15, 0.6))
        color = mix(dark, palette.mist, 0.3 * (1 - nearness))
        if flowering and rng.random() < 0.5:
            color = mix(color, palette.accent, 0.6)
        dabs = 4
        xs = np.repeat(x, dabs) + rng.normal(0, 0.5, count * dabs) * size
        ys = np.repeat(y, dabs) - size * 0.3 + rng.normal(0, 0.25, count * dabs) * size
        tones = mix(color, palette.light, rng.uniform(0, 0.28, (count * dabs, 1)))
        order = np.argsort(ys)
        canvas.ellipses(
            xs[order], ys[order], rng.uniform(0.3, 0.65, count * dabs) * size,
            rng.uniform(0.2, 0.42, count * dabs) * size, tones[order], 0.6,
        )  # fmt: skip


def paint_path(
    sheet: Sheet, rng: np.random.Generator, palette: Palette, path: Element, edge: FloatArray
) -> None:
    """A path that winds from the near edge of the picture to the ground's far edge."""
    bottom = float(sheet.y[-1])
    depth = np.clip((sheet.y - path.y) / (bottom - path.y), 0, 1)
    swing = rng.uniform(0.10, 0.22) * rng.choice([-1, 1])
    turns = rng.uniform(1.6, 2.6)
    # Bends are closer together and narrower towards the horizon.
    bends = np.sin(np.pi * turns * np.sqrt(depth) + rng.uniform(0, 2 * np.pi))
    centre = path.x + swing * bends * (0.2 + 1.2 * depth) + rng.uniform(-0.3, 0.3) * depth**2
    half = 0.007 + 0.085 * depth**1.4
    h, w = sheet.shape
    wobble = fbm(rng, h, w, 22, 12, 3) * (0.004 + 0.02 * depth[:, None])
    away = np.abs(sheet.x[None] - centre[:, None]) + wobble
    inside = smoothstep(1.15 - away / half[:, None].astype(np.float32), 0, 0.3)
    begin = np.clip((sheet.y[:, None] - edge) / 0.012, 0, 1)
    sand = mix(mix(palette.mist, palette.light, 0.5), rgb("f3e8cc"), 0.35)
    if palette.name == "night":
        sand = mix(palette.mist, palette.light, 0.5)
    streaks = value_noise(rng, h, w, 90, 12)[..., None]
    color = mix(sand, palette.mid, np.clip(0.12 + 0.14 * streaks, 0, 1))
    sheet.over(color, (inside * begin * 0.92).astype(np.float32))


def paint_bank(
    sheet: Sheet, rng: np.random.Generator, palette: Palette, bank: Element, texels: Canvas
) -> FloatArray:
    """A tongue of land with an uneven shore; returns its upper edge [w] (world y)."""
    h, w = sheet.shape
    offset = (sheet.x - bank.x) / bank.size
    inside = np.clip(1 - np.abs(offset) ** 2.2, 0, 1)
    swell = np.sqrt(inside) * (1 + 0.35 * fbm_line(rng, w, 8, 4))
    shore_noise = fbm_line(rng, w, 16, 5)
    upper = bank.y - 0.032 * swell - 0.008 * np.abs(shore_noise) * inside
    lower = bank.y + 0.014 * np.sqrt(inside) * (1 + 0.9 * shore_noise) - 0.006 * (1 - inside)
    grass = mix(grass_color(palette), palette.mid, 0.2)
    y = sheet.y[:, None]
    ragged = fbm(rng, h, w, 18, 16, 3) * 0.006
    level = np.clip((y - upper) / np.maximum(lower - upper, 1e-3), 0, 1)
    alpha = np.clip((y - upper) * sheet.scale + 0.5, 0, 1) * smoothstep(inside, 0, 0.1)
    alpha *= smoothstep((lower - y + ragged) * sheet.scale, -2.0, 2.5) * (1 - 0.25 * level**2)
    # Dark grass on the crest, pale sand in the middle, a damp shadow at the water.
    color = mix(mix(grass, palette.ink, 0.25), mix(grass, palette.light, 0.45), level[..., None])
    shadow = smoothstep(level, 0.72, 1.0) * 0.4 + smoothstep(-level, -0.22, 0.0) * 0.25
    color = mix(color, mix(palette.near, palette.ink, 0.3), shadow[..., None])
    streaks = value_noise(rng, h, w, 30, 7 * w / h)
    color = mix(color, palette.ink, (smoothstep(streaks, 0.1, 0.9) * 0.22)[..., None])
    color = mix(color, palette.mist, (smoothstep(-streaks, 0.3, 0.9) * 0.25)[..., None])
    if palette.name == "snow":
        color = mix(color, palette.light, 0.45)
    sheet.over(color, alpha.astype(np.float32))
    _tufts(texels, rng, palette, bank, (sheet.x, upper, lower))
    return np.asarray(upper, np.float32)


def _tufts(
    canvas: Canvas,
    rng: np.random.Generator,
    palette: Palette,
    bank: Element,
    lines: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    """Grass and stones that break the bank's edges."""
    x, upper, lower = lines
    count = int(90 * bank.size / 0.3)
    place = bank.x + rng.uniform(-0.93, 0.93, count) * bank.size
    low = rng.random(count) < 0.35
    y = np.where(low, np.interp(place, x, lower), np.interp(place, x, upper))
    size = rng.uniform(0.004, 0.012, count)
    grass = mix(mix(grass_color(palette), palette.foliage, 0.5), palette.ink, 0.25)
    tones = mix(grass, palette.ink, rng.uniform(0, 0.5, (count, 1)))
    y = y - size * 0.2 + rng.uniform(-0.002, 0.006, count)
    canvas.ellipses(place, y, size * rng.uniform(0.7, 1.4, count), size * 0.5, tones, 0.6)
