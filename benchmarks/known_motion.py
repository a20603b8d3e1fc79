"""Pictures that move in a known way: how far from its place is what comes between them?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from conclvd.interpolation.flow import FlowEstimator
from conclvd.interpolation.settings import MODES, Settings
from conclvd.interpolation.sofp import interpolate
from conclvd.tensors import Frame, Frames

SIDE = 192
RIM, WIDE_RIM = 32, 48  # pixels where a picture has no place: it comes in from outside
FAR, LIKE = 20, 5.0  # pixels, and levels of 255
Plane = Float64[np.ndarray, "h w"]


@dataclass(frozen=True)
class Case:
    """A picture as a function of its place, where it is at every keyframe, and its middles."""

    name: str
    render: Callable[[float], Frame]
    places: tuple[float, ...]
    middles: tuple[float, ...]

    @property
    def rim(self) -> int:
        """Wider where more comes in from outside with each step."""
        return WIDE_RIM if self.places[1] - self.places[0] > RIM / 2 else RIM


def pattern(x: Plane, y: Plane) -> Float64[np.ndarray, "h w 3"]:
    """A smooth pattern, coarse and fine as pictures are, defined everywhere, 20 to 235."""
    rng = np.random.default_rng(5)
    waves = np.zeros((*x.shape, 3))
    for wave in range(12):
        kx, ky = rng.normal(0, 0.16 if wave % 2 else 0.04, 2)
        waves[..., wave % 3] += np.cos(kx * x + ky * y + rng.uniform(0, 2 * np.pi))
    mixed = waves @ np.array([[1, 0.6, 0.3], [0.5, 1, -0.4], [0.4, -0.5, 1]])
    shaded: Float64[np.ndarray, "h w 3"] = 127.5 + 107.5 * np.tanh(mixed / 3)
    return shaded


def _frame(values: Float64[np.ndarray, "h w 3"]) -> Frame:
    frame: Frame = np.rint(values).clip(0, 255).astype(np.uint8)
    return frame


def _grid() -> tuple[Plane, Plane]:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)
    return x, y


def slide(place: float) -> Frame:
    """The pattern moved along a slanted line."""
    x, y = _grid()
    return _frame(pattern(x - 0.8 * place, y - 0.6 * place))


def disc(place: float) -> Frame:
    """A patterned disc that covers and uncovers another, still pattern."""
    x, y = _grid()
    x = x - 60 - place
    cover = np.clip(36.5 - np.hypot(x, y - SIDE / 2), 0, 1)[..., None]
    ground = pattern(x + place + 900, y - 300)
    return _frame(ground + (pattern(x, y) - ground) * cover)


def turn(place: float) -> Frame:
    """The pattern turned about the middle; a pixel 57 from it moves by `place`."""
    x, y = _grid()
    x, y = x - SIDE / 2, y - SIDE / 2
    c, s = np.cos(place / 57.3), np.sin(place / 57.3)
    return _frame(pattern(c * x + s * y + 200, -s * x + c * y))


def path(speed: float, acceleration: float, count: int) -> tuple[float, ...]:
    """Places at the times 0, 1/2, 1, ... until the last of `count` keyframes."""
    times = np.arange(2 * count - 1) / 2
    return tuple(float(p) for p in speed * times + acceleration * times**2 / 2)


def cases() -> list[Case]:
    """Sub-pixel, large, accelerated, slowing, covering and turning motions."""
    plans: list[tuple[str, Callable[[float], Frame], tuple[float, ...]]] = [
        ("slide 0.6 px", slide, path(0.6, 0, 5)),
        ("slide 4.3 px", slide, path(4.3, 0, 5)),
        ("slide 30 px", slide, path(30, 0, 3)),
        ("slide, accelerated by 1.6 px", slide, path(1, 1.6, 5)),
        ("slide, slowing by 1.6 px", slide, path(6.4, -1.6, 5)),
        ("disc over ground 8 px", disc, path(8, 0, 5)),
        ("disc, accelerated by 1.6 px", disc, path(1, 1.6, 5)),
        ("turning by 4 px", turn, path(4, 0, 5)),
        ("turning, accelerated by 1.6 px", turn, path(0.5, 1.6, 5)),
    ]
    return [Case(name, render, p[::2], p[1::2]) for name, render, p in plans]


def miss(found: Frame, render: Callable[[float], Frame], wanted: float, rim: int = RIM) -> float:
    """How many pixels `found` is from `render(wanted)`, without its rim; NaN where it is nowhere.

    The nearest of all places within `FAR` pixels, then Gauss and Newton. A picture that is like
    none of them, as two that dissolve are, has no place.
    """
    inner = (slice(rim, -rim), slice(rim, -rim))

    def off(shift: float) -> Float64[np.ndarray, "h w 3"]:
        difference: Float64[np.ndarray, "h w 3"] = found[inner] - render(wanted + shift)[
            inner
        ].astype(np.float64)
        return difference

    shift = min(map(float, range(-FAR, FAR + 1)), key=lambda place: np.abs(off(place)).mean())
    for _ in range(4):
        slope = (off(shift - 0.25) - off(shift + 0.25)) / 0.5
        shift += float((slope * off(shift)).sum() / np.square(slope).sum())
    return float(shift) if np.abs(off(shift)).mean() < LIKE else float("nan")


def exactness(estimator: FlowEstimator) -> dict[str, dict[str, float]]:
    """For each case and mode, the mean distance in pixels from the place, last pair left out."""
    found: dict[str, dict[str, float]] = {}
    for case in cases():
        keyframes: Frames = np.stack([case.render(place) for place in case.places])
        found[case.name] = {}
        for mode in MODES:
            frames = interpolate(keyframes, estimator, Settings(mode=mode))
            misses = [
                abs(miss(frames[2 * index + 1], case.render, wanted, case.rim))
                for index, wanted in enumerate(case.middles[:-1])
            ]
            found[case.name][mode] = float(np.mean(misses))
    return found
