"""Land that is mostly blank paper: meadows with paths, and banks at the water."""

import numpy as np

from conclvd.paint.draw.canvas import Canvas
from conclvd.paint.draw.colours import weather_tint
from conclvd.paint.draw.layers import Sheet
from conclvd.paint.noise import FloatArray, fbm, fbm_line, mix, smoothstep, value_noise
from conclvd.paint.scene.palette import Palette, rgb
from conclvd.paint.scene.scene import Element

_LUSH = {"spring": "a9c65a", "autumn": "d9ae58", "jade": "7dbb8c", "qinglu": "7aa888"}


def grass_color(palette: Palette) -> FloatArray:
    """The colour of a meadow in this palette."""
    grass = mix(palette.foliage, palette.light, 0.42)
    if palette.name in _LUSH:
        grass = mix(grass, rgb(_LUSH[palette.name]), 0.65)
    if palette.name == "snow":
        grass = mix(palette.light, palette.mid, 0.30)
    return grass


def _line(
    canvas: Canvas, rng: np.random.Generator, x: FloatArray, y: FloatArray, width: float,
    color: FloatArray, alpha: float,
) -> None:  # fmt: skip
    """A brush line along y over x: several strokes that press, lift and leave gaps."""
    start, end = 0, len(x) - 1
    while start < end:
        run = int(len(x) * rng.uniform(0.06, 0.24)) + 6
        stop = min(start + run, end)
        at = np.linspace(start, stop, 9).astype(int)
        points = np.stack([x[at], y[at] + rng.normal(0, 0.0008, 9)], -1)
        canvas.stroke(
            points, width * float(rng.uniform(0.2, 0.7)), width * 0.15, color,
            alpha * float(rng.uniform(0.5, 1.0)), rng=rng, belly=width * float(rng.uniform(0.3, 1)),
        )  # fmt: skip
        start = stop + int(len(x) * rng.uniform(-0.01, 0.05))


def paint_ground(
    sheet: Sheet, rng: np.random.Generator, palette: Palette, ground: Element, texels: Canvas,
    weather: str,
) -> FloatArray:  # fmt: skip
    """Paint rolling ground from `ground.y` down to the sheet's end; returns its first edge [w].

    Every swell is a brush line over a wash that thins downwards into blank paper. `texels` is a
    canvas over the same sheet, for lines, grass and shrubs.
    """
    h, w = sheet.shape
    grass, mist = grass_color(palette), weather_tint(palette, weather)[1]
    if weather == "snow":
        grass = mix(grass, mist, 0.6)
    first = None
    span, middle = float(sheet.x[-1] - sheet.x[0]), float(sheet.x.mean())
    for step in range(ground.count):
        near = (step + 1) / ground.count
        y = ground.y + ground.size * 0.9 * (step / ground.count) ** 1.2
        tilt, bump = float(rng.normal(0, 0.07)), 0.014 + 0.02 * near
        edge = y + tilt * (sheet.x - middle) + bump * fbm_line(rng, w, 2.4 * span, 4)
        edge = edge.astype(np.float32)
        first = edge if first is None else np.minimum(first, edge)
        depth = sheet.y[:, None] - edge
        cloud = fbm(rng, h, w, 9, 3.2 * w / h, 4)
        reach = 0.04 + 0.08 * near
        full = (0.40 + 0.50 * near) * np.exp(-np.maximum(depth, 0) / reach) * (1 + 0.4 * cloud)
        full += 0.16 * near * smoothstep(cloud, 0.1, 0.9)
        earth = mix(grass, palette.flank, 0.35 * (1 - near))
        color = mix(mist, earth, np.clip(full, 0, 0.95)[..., None])
        body = np.clip(depth * sheet.scale + 0.5, 0, 1)
        if step == 0:  # the far edge comes out of the mist
            body = body * smoothstep(depth + 0.02 * cloud, -0.005, 0.05)
        sheet.over(color, body)
        ink = mix(mix(grass, palette.ink, 0.75), mist, 0.45 * (1 - near))
        if step:
            _line(texels, rng, sheet.x, edge, 0.0030 * (0.4 + near), ink, 0.42)
        _tussocks(texels, rng, palette, sheet, edge, near)
        _shrubs(texels, rng, palette, sheet, edge, near, ground.variant == "bare")
    assert first is not None
    return np.asarray(first, np.float32)


def _tussocks(
    canvas: Canvas, rng: np.random.Generator, palette: Palette, sheet: Sheet, edge: FloatArray,
    nearness: float,
) -> None:  # fmt: skip
    """Tufts of grass along and below a swell, larger towards the viewer, some in flower."""
    tufts, blades = int(rng.integers(16, 34)), 5
    groups = rng.uniform(sheet.x[0], sheet.x[-1], 6)
    x = groups[rng.integers(0, 6, tufts)] + rng.normal(0, 0.05, tufts)
    down = np.where(rng.random(tufts) < 0.6, 0.002, rng.uniform(0.02, 0.25, tufts))
    y = np.interp(x, sheet.x, edge) + down
    tall = (0.010 + 0.04 * down) * (0.7 + 0.6 * nearness)
    order = np.argsort(y)
    foot = np.repeat(np.stack([x, y], -1)[order], blades, 0)
    length = np.repeat(tall[order], blades) * rng.uniform(0.6, 1.1, tufts * blades)
    lean = rng.normal(0, 0.45, tufts * blades) * length
    foot = foot + np.stack([lean * 0.4, np.zeros_like(lean)], -1)
    tip = foot + np.stack([lean, -length], -1)
    middle = (foot + tip) / 2 + np.stack([-lean * 0.15, np.zeros_like(lean)], -1)
    grass = mix(grass_color(palette), palette.ink, 0.45)
    tones = mix(grass, palette.light, rng.uniform(0, 0.35, (tufts * blades, 1)))
    width = 0.10 * length + 0.0010
    canvas.strokes(np.stack([foot, middle, tip], 1), width, width * 0.3, tones, 0.75)


def _shrubs(
    canvas: Canvas, rng: np.random.Generator, palette: Palette, sheet: Sheet, edge: FloatArray,
    nearness: float, bare: bool,
) -> None:  # fmt: skip
    """Clumps of shrubs in touches of ink and colour, some in blossom, along a swell."""
    size = 0.011 * (0.6 + 1.1 * nearness)
    flowering = palette.name in ("spring", "autumn", "dawn", "dusk") or rng.random() < 0.25
    for _ in range(int(rng.integers(0, 2) if bare else rng.integers(1, 4))):
        count = int(rng.integers(4, 10))
        x = rng.uniform(sheet.x[0], sheet.x[-1]) + rng.normal(0, 0.03, count)
        y = np.interp(x, sheet.x, edge) + np.abs(rng.normal(0, 0.012, count))
        dark = mix(grass_color(palette), palette.ink, rng.uniform(0.3, 0.7))
        color = mix(dark, palette.mist, 0.3 * (1 - nearness))
        if flowering and rng.random() < 0.4:
            color = mix(color, palette.accent, 0.55)
        dabs = 6
        xs = np.repeat(x, dabs) + rng.normal(0, 0.5, count * dabs) * size
        ys = np.repeat(y, dabs) - size * 0.3 + rng.normal(0, 0.25, count * dabs) * size
        tones = mix(color, palette.light, rng.uniform(0, 0.3, (count * dabs, 1)))
        order = np.argsort(ys)
        canvas.ellipses(
            xs[order], ys[order], rng.uniform(0.2, 0.5, count * dabs) * size,
            rng.uniform(0.10, 0.25, count * dabs) * size, tones[order], 0.7,
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
    half = (0.005 + 0.060 * depth**1.4).astype(np.float32)[:, None]
    h, w = sheet.shape
    wobble = fbm(rng, h, w, 22, 12, 3) * (0.003 + 0.014 * depth[:, None])
    away = np.abs(sheet.x[None] - centre[:, None]) + wobble
    inside = smoothstep(1.15 - away / half, 0, 0.3)
    begin = np.clip((sheet.y[:, None] - edge) / 0.012, 0, 1)
    sand = mix(mix(palette.mist, palette.light, 0.5), rgb("f3e8cc"), 0.3)
    if palette.name == "night":
        sand = mix(palette.mist, palette.light, 0.4)
    streaks = value_noise(rng, h, w, 60, 8)[..., None]
    verge = smoothstep(-np.abs(away / half - 0.95), -0.22, 0.0)[..., None] * (0.5 + 0.5 * streaks)
    color = mix(sand, palette.mid, np.clip(0.06 + 0.10 * streaks, 0, 1))
    color = mix(color, mix(palette.wash, palette.mid, 0.4), np.clip(verge, 0, 1) * 0.45)
    sheet.over(color, (inside * begin * 0.94).astype(np.float32))


def paint_bank(
    sheet: Sheet, rng: np.random.Generator, palette: Palette, bank: Element, texels: Canvas,
    weather: str,
) -> FloatArray:  # fmt: skip
    """A tongue of land in a few level strokes; returns its upper edge [w] (world y)."""
    h, w = sheet.shape
    u = bank.unit
    offset = (sheet.x - bank.x) / bank.size
    inside = np.clip(1 - np.abs(offset) ** 2.2, 0, 1)
    swell = np.sqrt(inside) * (1 + 0.35 * fbm_line(rng, w, 8, 4))
    ragged = fbm_line(rng, w, 16, 5)
    upper = bank.y - u * (0.030 * swell + 0.008 * np.abs(ragged) * inside)
    lower = bank.y + u * (0.014 * np.sqrt(inside) * (1 + 0.9 * ragged) - 0.006 * (1 - inside))
    mist = weather_tint(palette, weather)[1]
    y = sheet.y[:, None]
    cloud = fbm(rng, h, w, 12, 12 * w / h / 4, 3)
    level = np.clip((y - upper) / np.maximum(lower - upper, 1e-3), 0, 1)
    alpha = np.clip((y - upper) * sheet.scale + 0.5, 0, 1) * smoothstep(inside, 0, 0.12)
    alpha *= smoothstep((lower - y + 0.005 * u * cloud) * sheet.scale, -2.0, 2.5)
    grass = mix(grass_color(palette), palette.flank, 0.35)
    if weather == "snow":
        grass = mix(grass, mist, 0.65)
    color = mix(
        mix(grass, palette.wash, 0.30),
        mix(mist, palette.flank, 0.5),
        smoothstep(level, 0.1, 0.75)[..., None],
    )
    damp = smoothstep(level + 0.12 * cloud, 0.78, 1.0) * 0.55
    color = mix(color, mix(palette.wash, palette.ink, 0.4), damp[..., None])
    sheet.over(color, (alpha * 0.96).astype(np.float32))
    shown = np.flatnonzero(inside > 0.06)
    if len(shown) > 24:
        ink = mix(palette.wash, palette.ink, 0.65)
        x, top, low = (
            sheet.x[shown],
            upper[shown].astype(np.float32),
            lower[shown].astype(np.float32),
        )
        _line(texels, rng, x, top, 0.0032 * u, ink, 0.7)
        for share, strength in ((0.45, 0.35), (0.72, 0.5), (0.98, 0.75)):
            part = slice(int(len(x) * rng.uniform(0, 0.2)), int(len(x) * rng.uniform(0.8, 1.0)))
            _line(texels, rng, x[part], mix(top, low, share)[part], 0.0034 * u, ink, strength)
        _dots(texels, rng, palette, bank, (sheet.x, upper))
    return np.asarray(upper, np.float32)


def _dots(
    canvas: Canvas, rng: np.random.Generator, palette: Palette, bank: Element,
    crest: tuple[FloatArray, FloatArray],
) -> None:  # fmt: skip
    """Clumps of grass in dots along the crest."""
    count = int(46 * bank.size / 0.3 / bank.unit)
    groups = rng.uniform(-0.9, 0.9, 5) * bank.size
    place = bank.x + groups[rng.integers(0, 5, count)] + rng.normal(0, 0.05 * bank.size, count)
    y = np.interp(place, *crest)
    size = rng.uniform(0.004, 0.009, count) * bank.unit
    grass = mix(mix(grass_color(palette), palette.foliage, 0.5), palette.ink, 0.4)
    tones = mix(grass, palette.ink, rng.uniform(0, 0.5, (count, 1)))
    canvas.ellipses(
        place, y - 0.2 * size, size * rng.uniform(0.6, 1.2, count), size * 0.45, tones, 0.7
    )
