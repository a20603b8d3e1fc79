"""Sky, sun and moon, and drifting veils of mist and cloud."""

import cv2
import numpy as np

from conclvd.paint.draw.colours import weather_tint
from conclvd.paint.draw.layers import Band, Sheet, Texture
from conclvd.paint.noise import FloatArray, fbm, mix, smoothstep, wrapping_fbm
from conclvd.paint.scene.palette import Palette, rgb
from conclvd.paint.scene.scene import Element, Scene, Veil

_WHITE = np.ones(3, np.float32)
_MOON = np.array([0.99, 0.97, 0.88], np.float32)


def paint_ground(sheet: Sheet, rng: np.random.Generator, palette: Palette, scene: Scene) -> None:
    """Fill the sheet with the paper or silk: an uneven wash, old stains, a weave, darker edges."""
    h, w = sheet.shape
    y, x = sheet.y[:, None], sheet.x[None]
    wide = w / h
    slant = float(rng.uniform(-0.25, 0.25))
    ramp = smoothstep(y + slant * (x / scene.aspect - 0.5), -0.1, scene.horizon * 0.8)
    ramp = ramp + 0.16 * fbm(rng, h, w, 3, 2 * wide, 4)
    sky, mist = weather_tint(palette, scene.weather)
    ground = mix(sky, mist, np.clip(ramp, 0, 1)[..., None])
    stain = 0.030 * fbm(rng, h, w, 5, 5 * wide, 4)
    stain -= 0.016 * np.clip(fbm(rng, h, w, 2.5, 2.5 * wide, 3), 0, 2)
    # Edges darken over a fixed way, so that a wide picture is no darker at its ends.
    away = np.minimum(np.minimum(x, scene.aspect - x), np.minimum(y, 1 - y))
    edge = np.clip(1 - np.maximum(away, 0) / 0.16, 0, 1) ** 2
    shade = 1 + stain + _weave(rng, h, w, scene.palette in _SILK) - 0.035 * edge
    warm = np.array([1.0, 0.985, 0.955], np.float32)
    aged = np.clip(0.7 * edge + 0.4 * fbm(rng, h, w, 4, 4 * wide, 3), 0, 1)[..., None]
    tone = 1 - (1 - warm) * aged if float(ground.mean()) > 0.5 else np.float32(1)
    sheet.rgba[..., :3] = np.clip(ground * shade[..., None] * tone, 0, 1)
    sheet.rgba[..., 3] = 1


# Palettes that are painted on silk, with its threads; the others are on paper, with its fibres.
_SILK = ("silk", "qinglu", "autumn", "dusk", "night")


def _weave(rng: np.random.Generator, h: int, w: int, silk: bool) -> FloatArray:
    """Brightness [h w] of the threads of silk or the fibres of paper, about 0."""
    rough = rng.random((h, w), dtype=np.float32) - np.float32(0.5)
    if silk:
        along = cv2.GaussianBlur(rough, (0, 0), sigmaX=3, sigmaY=0.5)
        down = cv2.GaussianBlur(rough, (0, 0), sigmaX=0.5, sigmaY=3)
        return np.asarray((along + down) * np.float32(0.06), np.float32)
    fibres = cv2.GaussianBlur(rough, (0, 0), sigmaX=2.0, sigmaY=0.8)
    return np.asarray(
        (fibres + 0.35 * cv2.GaussianBlur(rough, (0, 0), 0.7)) * np.float32(0.05), np.float32
    )


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
    if disc.kind == "moon" and float(palette.mist.mean()) > 0.7:
        # On light paper the moon is left out of a wash around it.
        ring = np.exp(-((np.maximum(distance - disc.size, 0) / (disc.size * 1.5)) ** 2))
        sheet.over(mix(palette.far, palette.wash, 0.3), (ring * 0.34).astype(np.float32))
    else:
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
        return mix(sky, palette.wash, 0.30)
    if veil.tone == "grey":
        return mix(sky, palette.wash, 0.14)
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
