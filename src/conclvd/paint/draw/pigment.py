"""From planes of ink and shade to colour: washes, mineral pigments, the hairs of a dry brush."""

from dataclasses import dataclass

import cv2
import numpy as np

from conclvd.paint.draw.manners import Manner
from conclvd.paint.noise import FloatArray, fbm, mix, smoothstep, value_noise


@dataclass(frozen=True)
class Pigments:
    """The colours of a mountain, each float32 [3]: strokes, wash of the shade, body, foliage."""

    ink: FloatArray
    wash: FloatArray
    top: FloatArray
    flank: FloatArray
    foot: FloatArray
    tint: FloatArray
    gold: FloatArray


@dataclass
class Planes:
    """What a mountain's folds leave on its sheet, each [h w]; `fall` is coarser.

    `cover` opacity of the bodies, `wet` and `dry` transmittance of ink, `leaves` that of foliage,
    `shade` 0 to 1, `level` 0 at a skyline to 1 at a foot, `fall` [gh gw 2] directions of the hairs.
    """

    cover: FloatArray
    wet: FloatArray
    dry: FloatArray
    leaves: FloatArray
    shade: FloatArray
    level: FloatArray
    fall: FloatArray

    @classmethod
    def blank(cls, h: int, w: int, grid: tuple[int, int]) -> "Planes":
        """A sheet without paint; `grid` is the shape of `fall`."""
        fall = np.zeros((*grid, 2), np.float32)
        fall[..., 1] = 1
        wet, dry, leaves = (np.ones((h, w), np.float32) for _ in range(3))
        cover, shade, level = (np.zeros((h, w), np.float32) for _ in range(3))
        return cls(cover, wet, dry, leaves, shade, level, fall)


def _hairs(rng: np.random.Generator, fall: FloatArray, h: int, w: int) -> FloatArray:
    """Noise [h w] of unit spread drawn out along the fall lines: the hairs of a dry brush."""
    sh = min(h, 400)
    sw = max(round(w * sh / h), 2)
    noise = rng.random((sh, sw), dtype=np.float32)
    flow = cv2.resize(fall, (sw, sh))
    yy, xx = np.mgrid[0:sh, 0:sw].astype(np.float32)
    # Averaging pairs of texels 1, 2, 4 steps up and down the flow: a long filter in six fetches.
    for reach in (0.8, 1.6, 3.2):
        vx, vy = (flow[..., axis] * np.float32(max(sh / 512, 0.5) * reach) for axis in (0, 1))
        noise = sum(
            cv2.remap(
                noise, xx + s * vx, yy + s * vy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
            )
            for s in (np.float32(1), np.float32(-1))
        )
    noise -= noise.mean()
    noise /= noise.std() + np.float32(1e-6)
    return np.asarray(noise if (sh, sw) == (h, w) else cv2.resize(noise, (w, h)), np.float32)


def _grain(rng: np.random.Generator, h: int, w: int) -> FloatArray:
    """The tooth of the paper [h w], about [-1, 1]."""
    rough = rng.random((h, w), dtype=np.float32) - np.float32(0.5)
    return np.asarray(cv2.GaussianBlur(rough, (0, 0), 0.7) * np.float32(2.6), np.float32)


def colored(
    rng: np.random.Generator, planes: Planes, pigments: Pigments, manner: Manner, distance: float
) -> FloatArray:
    """The mountain as premultiplied RGBA [h w 4]; `distance` 0 near to 1 far pales it."""
    h, w = planes.cover.shape
    aspect = w / h
    hairs, grain = _hairs(rng, planes.fall, h, w), _grain(rng, h, w)
    cloud = fbm(rng, h, w, 5, 5 * aspect, 4, 0.6)
    # A dry brush leaves ink on the tops of the paper only.
    catch = smoothstep(hairs * 0.75 + grain * 0.35, -0.95, 0.75)
    ink = planes.wet * (1 - (1 - planes.dry) * catch)
    ink = 1 - (1 - ink) * (1 + 0.10 * grain)
    pale = 1 - 0.62 * distance
    granules = 0.30 if manner.pool else 0.14
    density = planes.shade * np.float32(manner.wash * pale) * (1 + 0.22 * cloud + granules * grain)
    t = np.clip(planes.level + 0.10 * cloud, 0, 1)
    up, down = smoothstep(t, 0.0, 0.55)[..., None], smoothstep(t, 0.45, 0.95)[..., None]
    body = mix(mix(pigments.top, pigments.flank, up), pigments.foot, down)
    base = mix(pigments.foot, body, manner.color * (1 - 0.45 * distance))
    if manner.pool:
        base, density = _poured(rng, planes, pigments, grain, base, density, pale)
    density = np.clip(density, 0, 0.94)[..., None]
    base += (pigments.wash - base) * density
    if manner.color >= 1:  # a line of gold below the blue and green
        gold = smoothstep(t, 0.50, 0.72) * (1 - smoothstep(t, 0.78, 0.97))
        base += (pigments.gold - base) * (gold * (0.42 + 0.1 * grain))[..., None]
    base *= (1 + 0.018 * grain)[..., None]
    leaves, ink = planes.leaves[..., None], np.clip(ink, 0, 1)[..., None]
    line = mix(pigments.ink, pigments.wash, 0.5 * distance)
    out = np.empty((h, w, 4), np.float32)
    color = base * planes.cover[..., None] * leaves + pigments.tint * (1 - leaves)
    out[..., :3] = color * ink + line * (1 - ink)
    out[..., 3:] = 1 - (1 - planes.cover[..., None]) * leaves * ink
    out *= _foot(rng, cloud, manner.mist, h, w)[..., None]
    return np.clip(out, 0, 1, out=out)


def _poured(
    rng: np.random.Generator, planes: Planes, pigments: Pigments, grain: FloatArray,
    base: FloatArray, density: FloatArray, pale: float,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Mineral colour poured over wet ink (泼彩): pools with darker rims; colour and wash."""
    h, w = density.shape
    aspect = w / h
    pour = fbm(rng, h, w, 3.2, 3.2 * aspect, 4, 0.5) + 0.35 * (0.6 - planes.level) + 0.05 * grain
    pool = smoothstep(pour, 0.12, 0.34)
    hue = smoothstep(fbm(rng, h, w, 3, 3 * aspect, 3), -0.3, 0.3)[..., None]
    rim = np.exp(-(((pour - 0.15) / 0.05) ** 2)) * (density > 0.1)
    pigment = mix(pigments.top, pigments.flank, hue)
    base = base + (pigment - base) * (pool * (0.85 + 0.15 * grain) * np.float32(pale))[..., None]
    return base, density * (1 - 0.72 * pool) + np.float32(0.22) * rim


def _foot(rng: np.random.Generator, cloud: FloatArray, mist: float, h: int, w: int) -> FloatArray:
    """Opacity [h w]: the foot of the whole dissolves into mist, and wisps cross the middle."""
    rows = np.linspace(0, 1, h, dtype=np.float32)[:, None]
    y = rows + np.float32(0.05) * cloud
    gone = 1 - smoothstep(y, 0.95 - 0.26 * mist, 0.985)
    gone *= 1 - smoothstep(rows, 0.94, 0.998)
    if mist <= 0.8:
        return gone
    aspect = w / h
    run = np.linspace(0, aspect, w, dtype=np.float32)[None]
    drift = value_noise(rng, 2, w, 2, 5 * aspect)[0] * np.float32(0.025)
    for _ in range(int(rng.integers(1, 3))):
        at, thick = float(rng.uniform(0.40, 0.80)), float(rng.uniform(0.025, 0.06))
        x0, half = float(rng.uniform(0.1, 0.9)) * aspect, float(rng.uniform(0.25, 0.6)) * aspect
        inside = (y - np.float32(at) - drift[None]) / np.float32(thick)
        # A crisp upper rim that curls, a lower one that melts away.
        band = smoothstep(inside + 0.5 * cloud, -1.0, -0.2) * (1 - smoothstep(inside, 0.0, 2.2))
        ends = 1 - smoothstep(np.abs(run - x0) / half + 0.2 * cloud, 0.6, 1.1)
        gone *= 1 - np.float32(0.78) * band * ends
    return gone
