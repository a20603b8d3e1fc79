"""Sky, sun and moon, and drifting veils of mist and cloud."""

import numpy as np

from conclvd.paint.draw.layers import Band, Sheet, Texture
from conclvd.paint.noise import FloatArray, fbm, mix, smoothstep, wrapping_fbm
from conclvd.paint.scene.palette import Palette, rgb
from conclvd.paint.scene.scene import Element, Veil

_WHITE = np.ones(3, np.float32)
_MOON = np.array([0.99, 0.97, 0.88], np.float32)


def paint_sky(
    sheet: Sheet, rng: np.random.Generator, palette: Palette, horizon: float, weather: str
) -> None:
    """Fill the sheet with a wash that runs from the sky's to the mist's colour."""
    h, w = sheet.shape
    ramp = smoothstep(sheet.y[:, None], -0.05, horizon * 0.75) + 0.13 * fbm(rng, h, w, 4, 2, 4)
    sky, mist = weather_tint(palette, weather)
    sheet.rgba[..., :3] = mix(sky, mist, np.clip(ramp, 0, 1)[..., None])
    sheet.rgba[..., 3] = 1


def weather_tint(palette: Palette, weather: str) -> tuple[FloatArray, FloatArray]:
    """Colours of the upper and the lower sky: rain and snowfall are greyer than fair weather."""
    if weather == "rain":
        return mix(palette.sky, palette.near, 0.40), mix(palette.mist, palette.near, 0.27)
    if weather == "snow":
        grey = mix(palette.far, palette.near, 0.30)
        return mix(palette.sky, grey, 0.62), mix(palette.mist, grey, 0.42)
    return palette.sky, palette.mist


def paint_disc(rng: np.random.Generator, palette: Palette, disc: Element, scale: float) -> Texture:
    """The sun or moon with its glow."""
    reach = disc.size * 4.5
    sheet = Sheet((disc.x - reach, disc.y - reach, disc.x + reach, disc.y + reach), scale)
    dx, dy = sheet.x[None] - disc.x, sheet.y[:, None] - disc.y
    distance = np.hypot(dx, dy)
    if disc.kind == "moon":
        color = _MOON
    elif disc.variant == "golden":
        color = rgb("f0902f")
    else:
        color = rgb("d92f1f")
    pale = mix(color, palette.mist, 0.35)
    sheet.over(pale, np.exp(-((distance / (disc.size * 2.2)) ** 2)) * np.float32(0.38))
    surface = mix(color, pale, np.clip(dy / disc.size * 0.5 + 0.25, 0, 1)[..., None] * 0.7)
    edge = np.clip((disc.size - distance) * scale + 0.5, 0, 1)
    if disc.variant == "crescent":
        away = np.hypot(dx - disc.size * 0.42, dy + disc.size * 0.12)
        edge = edge * np.clip((away - disc.size * 0.86) * scale + 0.5, 0, 1)
    sheet.over(surface + np.zeros_like(edge)[..., None], (edge * 0.97).astype(np.float32))
    return sheet.texture()


def veil_color(palette: Palette, veil: Veil, weather: str) -> FloatArray:
    """The colour of a veil of the given tone."""
    sky, mist = weather_tint(palette, weather)
    if veil.tone == "storm":
        return mix(sky, palette.near, 0.55)
    if veil.tone == "grey":
        return mix(sky, palette.near, 0.22)
    if veil.tone == "cloud":
        lit = mix(palette.mist, _WHITE, 0.35)
        return lit if palette.mist.mean() < 0.88 else mix(palette.far, palette.sky, 0.35)
    return mist


def paint_veil(
    rng: np.random.Generator, palette: Palette, veil: Veil, weather: str, width: float, scale: float
) -> Band:
    """A band of mist whose texture repeats every `width` units; painted at half resolution."""
    scale = scale * 0.5
    h = max(8, round(veil.thickness * 5.0 * scale))
    w = max(16, round(width * scale))
    cloud = veil.tone in ("cloud", "storm", "grey")
    fy, fx = (5.0, 4.0) if cloud else (3.0, 5.0)
    noise = wrapping_fbm(rng, h, w, fy, fx * width / 1.3, 4)
    y = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h * 5.0 - 2.5
    body = np.exp(-(y**2)) * smoothstep(-np.abs(y), -2.45, -1.7)
    contrast, middle = (1.15, 0.42) if cloud else (0.75, 0.5)
    alpha = np.clip(np.clip(middle + contrast * noise, 0, 1.2) * body * veil.density, 0, 0.97)
    if veil.tone == "storm":
        alpha *= 0.9
    rgba = np.empty((h, w, 4), np.float32)
    rgba[..., :3] = veil_color(palette, veil, weather) * alpha[..., None]
    rgba[..., 3] = alpha
    pixels = np.clip(rgba * 255 + 0.5, 0, 255).astype(np.uint8)
    # Twice side by side: a window anywhere in the first copy never runs over the edge.
    texture = Texture(np.tile(pixels, (1, 2, 1)), (0.0, veil.y - veil.thickness * 2.5), scale)
    return Band(veil.name, "mist_clouds", veil.parallax, texture=texture, speed=veil.speed)
