"""Pictures that are no ink paintings, drawn by code: like photographs, and like cartoons.

What makes them so is what cameras and cel painting do. Photographs: light falls on bodies, textures
have a 1/f spectrum, depth is out of focus, the sensor adds noise. Cartoons: flat, saturated fills
within black outlines. Some show landscapes, so that the subject alone does not tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float64

from conclvd.tensors import Frame

Colour = Float64[np.ndarray, "3"]
Picture = Float64[np.ndarray, "h w 3"]
SIDE = 256


def pink_noise(rng: np.random.Generator, side: int = SIDE, power: float = 1.0) -> np.ndarray:
    """A texture whose amplitudes fall with frequency as 1/f^power; mean 0, deviation 1."""
    fy, fx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    radius = np.hypot(fx, fy)
    radius[0, 0] = 1
    spectrum = rng.normal(size=radius.shape) + 1j * rng.normal(size=radius.shape)
    spectrum[0, 0] = 0
    texture = np.fft.irfft2(spectrum / radius**power, (side, side))
    result: np.ndarray = texture / texture.std()
    return result


def saturated(rng: np.random.Generator, low: float = 0.45, high: float = 1.0) -> Colour:
    """A random colour of high saturation, RGB in [0, 1]."""
    hsv = np.array([[[rng.uniform(0, 360), rng.uniform(0.55, 1), rng.uniform(low, high)]]])
    colour: Colour = cv2.cvtColor(hsv.astype(np.float32), cv2.COLOR_HSV2RGB)[0, 0].astype(float)
    return colour


def photographed(picture: Picture, rng: np.random.Generator) -> Frame:
    """What a camera makes of a scene: a soft lens, a darker rim, noise."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 0.9))
    rim = 1 - rng.uniform(0.05, 0.25) * (x**2 + y**2)
    grain = rng.normal(0, rng.uniform(0.008, 0.025), picture.shape)
    return as_frame(soft * rim[..., None] + grain)


def as_frame(picture: Picture) -> Frame:
    frame: Frame = np.rint(picture.clip(0, 1) * 255).astype(np.uint8)
    return frame


def ridge(rng: np.random.Generator, base: float, height: float) -> np.ndarray:
    """The height of a range of hills at each column, as a row of the picture."""
    profile = pink_noise(rng, power=1.6)[0]
    top: np.ndarray = SIDE * (base - height * profile / 3)
    return top


def photo_landscape(rng: np.random.Generator) -> Frame:
    """Hills behind hills under a clouded sky, textured, lit and hazy."""
    y = np.linspace(0, 1, SIDE)[:, None, None]
    sky = np.array([0.25, 0.5, 0.9]) * (1 - y) + np.array([0.8, 0.88, 0.95]) * y
    cloud = 1 / (1 + np.exp(-2 * pink_noise(rng, power=1.5)))[..., None]
    picture = sky + (1 - sky) * cloud * rng.uniform(0.3, 0.9)
    rows = np.arange(SIDE)[:, None]
    layers = rng.integers(2, 5)
    ground = np.array([rng.uniform(0.1, 0.4), rng.uniform(0.25, 0.5), rng.uniform(0.02, 0.2)])
    for layer in range(layers):
        depth = 1 - (layer + 1) / layers
        top = ridge(rng, 0.4 + 0.45 * (layer / layers), 0.12)
        texture = 1 + (0.15 + 0.25 * (1 - depth)) * pink_noise(rng, power=0.9)[..., None]
        hill = ground * texture.clip(0.2, 2.2)
        hazy = hill * (1 - 0.7 * depth) + np.array([0.7, 0.8, 0.9]) * 0.7 * depth
        picture = np.where((rows > top)[..., None], hazy, picture)
    return photographed(picture, rng)


def photo_bodies(rng: np.random.Generator) -> Frame:
    """Shaded balls on a table, some far out of focus."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    table = saturated(rng, 0.3, 0.7)
    grain = 1 + 0.15 * pink_noise(rng, power=1.1)[..., None]
    picture = np.where((y > 0.55)[..., None], table * grain, saturated(rng, 0.2, 0.9))
    picture = cv2.GaussianBlur(picture, (0, 0), 3)
    light = np.array([-0.5, -0.6, 0.62])
    for far in np.sort(rng.uniform(0, 1, rng.integers(3, 8)))[::-1]:
        cx, cy, radius = rng.uniform(0.1, 0.9), rng.uniform(0.35, 0.85), rng.uniform(0.07, 0.22)
        dx, dy = (x - cx) / radius, (y - cy) / radius
        inside = dx**2 + dy**2 < 1
        dz = np.sqrt(np.clip(1 - dx**2 - dy**2, 0, 1))
        lit = np.clip(dx * light[0] + dy * light[1] + dz * light[2], 0, 1)[..., None]
        body = saturated(rng) * (0.12 + 0.9 * lit) + 0.8 * lit**30
        cover = cv2.GaussianBlur(inside.astype(float), (0, 0), 0.6 + 4 * far)[..., None]
        picture = picture * (1 - cover) + body * cover
    return photographed(picture, rng)


def photo_texture(rng: np.random.Generator) -> Frame:
    """A surface close up, such as leaves or stones, behind it a blur of lights."""
    colours = np.stack([saturated(rng, 0.2, 0.9) for _ in range(3)])
    fields = np.stack([pink_noise(rng, power=rng.uniform(0.7, 1.2)) for _ in range(3)], -1)
    shares = np.exp(1.5 * fields)
    picture = (shares / shares.sum(-1, keepdims=True)) @ colours
    picture *= (1 + 0.25 * pink_noise(rng, power=0.8))[..., None].clip(0.2, 2)
    blurred = cv2.GaussianBlur(picture, (0, 0), 9)
    focus = 1 / (1 + np.exp(-3 * pink_noise(rng, power=2.0)))[..., None]
    return photographed(picture * focus + blurred * (1 - focus), rng)


def grey_photo(rng: np.random.Generator) -> Frame:
    """A landscape photographed in black and white: only tone and texture can tell it apart."""
    return grey(photo_landscape(rng))


def grey(frame: Frame) -> Frame:
    """The brightness of a frame alone."""
    brightness: Frame = np.repeat(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[..., None], 3, -1)
    return brightness


class Cel:
    """A sheet painted in flat colours within black outlines, four times as large as the picture."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.side = rng, 4 * SIDE
        sky = saturated(rng, 0.8, 1)
        self.sheet = np.full((self.side, self.side, 3), sky * 255)
        self.line = int(rng.integers(6, 15))

    def shape(self, points: np.ndarray, colour: Colour) -> None:
        """Fill a polygon given in parts of the side, and draw its outline."""
        corners = np.rint(points * self.side).astype(np.int32)[None]
        cv2.fillPoly(self.sheet, corners, (colour * 255).tolist(), cv2.LINE_8)
        cv2.polylines(self.sheet, corners, True, (0, 0, 0), self.line, cv2.LINE_8)

    def oval(self, centre: tuple[float, float], wide: float, tall: float, colour: Colour) -> None:
        """Fill an ellipse and draw its outline."""
        turn = np.linspace(0, 2 * np.pi, 60)
        circle = np.stack([np.cos(turn) * wide, np.sin(turn) * tall], 1)
        self.shape(np.array(centre) + circle, colour)

    def frame(self) -> Frame:
        """The picture."""
        return as_frame(cv2.resize(self.sheet, (SIDE, SIDE), interpolation=cv2.INTER_AREA) / 255)


def cartoon_landscape(rng: np.random.Generator) -> Frame:
    """Round hills, houses, clouds and a sun."""
    cel = Cel(rng)
    cel.oval((rng.uniform(0.1, 0.9), 0.15), 0.09, 0.09, np.array([1.0, 0.85, 0.1]))
    for _ in range(rng.integers(1, 4)):
        x, y = rng.uniform(0.1, 0.9), rng.uniform(0.08, 0.3)
        cel.oval((x, y), 0.13, 0.05, np.ones(3))
    for layer in range(rng.integers(2, 5)):
        along = np.linspace(-0.02, 1.02, 80)
        phase, waves = rng.uniform(0, 6, 2)
        top = 0.45 + 0.14 * layer + 0.07 * np.sin((2 + waves) * along + phase)
        corners = np.concatenate([np.stack([along, top], 1), [[1.02, 1.02], [-0.02, 1.02]]])
        cel.shape(corners, saturated(rng, 0.5, 0.95))
    for _ in range(rng.integers(1, 4)):
        x, y, s = rng.uniform(0.1, 0.8), rng.uniform(0.55, 0.85), rng.uniform(0.05, 0.12)
        wall = np.array([[x, y], [x + s, y], [x + s, y + s], [x, y + s]])
        cel.shape(wall, saturated(rng, 0.7, 1))
        roof = np.array([[x - 0.2 * s, y], [x + s / 2, y - 0.8 * s], [x + 1.2 * s, y]])
        cel.shape(roof, saturated(rng, 0.5, 0.9))
    return cel.frame()


def cartoon_figures(rng: np.random.Generator) -> Frame:
    """Characters with round heads, in front of a flat ground."""
    cel = Cel(rng)
    cel.shape(np.array([[-0.1, 0.75], [1.1, 0.75], [1.1, 1.1], [-0.1, 1.1]]), saturated(rng))
    for _ in range(rng.integers(2, 5)):
        x, y, s = rng.uniform(0.15, 0.85), rng.uniform(0.35, 0.6), rng.uniform(0.08, 0.17)
        cel.oval((x, y + 1.6 * s), 0.7 * s, s, saturated(rng))
        cel.oval((x, y), s, s, saturated(rng, 0.8, 1))
        for eye in (-0.35, 0.35):
            cel.oval((x + eye * s, y - 0.1 * s), 0.22 * s, 0.3 * s, np.ones(3))
            cel.oval((x + eye * s, y - 0.05 * s), 0.08 * s, 0.12 * s, np.zeros(3))
        mouth = np.array([[x - 0.4 * s, y + 0.4 * s], [x + 0.4 * s, y + 0.4 * s], [x, y + 0.7 * s]])
        cel.shape(mouth, np.array([0.8, 0.1, 0.1]))
    return cel.frame()


def grey_cartoon(rng: np.random.Generator) -> Frame:
    """A cartoon landscape without colour, as it is printed in a newspaper."""
    return grey(cartoon_landscape(rng))


KINDS: dict[str, Callable[[np.random.Generator], Frame]] = {
    "photo: landscape": photo_landscape,
    "photo: bodies": photo_bodies,
    "photo: texture": photo_texture,
    "photo: black and white": grey_photo,
    "cartoon: landscape": cartoon_landscape,
    "cartoon: figures": cartoon_figures,
    "cartoon: black and white": grey_cartoon,
}


def draw(kind: str, seed: int) -> Frame:
    """A picture of one of `KINDS`, uint8 [256 256 3] RGB; the same seed gives the same."""
    return KINDS[kind](np.random.default_rng([seed, sorted(KINDS).index(kind)]))
