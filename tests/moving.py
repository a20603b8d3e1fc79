"""Pictures that move in a known way, and how far a picture is from where it should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from conclvd.tensors import Frame, Frames

SIDE = 128


def texture(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A smooth pattern without a direction, defined everywhere: [h w 3], 20 to 235."""
    rng = np.random.default_rng(5)
    total = np.zeros((*x.shape, 3))
    for wave in range(12):
        kx, ky = rng.normal(0, 0.16, 2)
        total[..., wave % 3] += np.cos(kx * x + ky * y + rng.uniform(0, 2 * np.pi))
    mixed = total @ np.array([[1, 0.6, 0.3], [0.5, 1, -0.4], [0.4, -0.5, 1]])
    return 127.5 + 107.5 * np.tanh(mixed / 3)


def grid(side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:side, 0:side].astype(np.float64)
    return x, y


def as_frame(values: np.ndarray) -> Frame:
    return np.rint(values).clip(0, 255).astype(np.uint8)


def sliding(shift: float, *, angle: float = 0.0, side: int = SIDE) -> Frame:
    """The pattern moved by `shift` pixels along a line at `angle` (radians)."""
    x, y = grid(side)
    return as_frame(texture(x - shift * np.cos(angle), y - shift * np.sin(angle)))


def turned(radians: float) -> Frame:
    """The pattern turned about the middle."""
    x, y = grid()
    x, y = x - SIDE / 2, y - SIDE / 2
    c, s = np.cos(radians), np.sin(radians)
    return as_frame(texture(c * x + s * y + 200, -s * x + c * y))


def disc_cover(centre: float, radius: float = 26.0) -> np.ndarray:
    """How much of each pixel the disc at x = `centre` covers."""
    x, y = grid()
    return np.clip(radius - np.hypot(x - centre, y - SIDE / 2) + 0.5, 0, 1)


def disc(centre: float, radius: float = 26.0) -> Frame:
    """A patterned disc at x = `centre`, half-way down, over another, still pattern."""
    x, y = grid()
    cover = disc_cover(centre, radius)[..., None]
    ground = texture(x + 900, y - 300)
    return as_frame(ground + (texture(x - centre, y) - ground) * cover)


def miss(found: Frame, render: Callable[[float], Frame], wanted: float, margin: int) -> float:
    """How many pixels `found` is from `render(wanted)`: the shift that explains it best."""
    inner = (slice(margin, -margin), slice(margin, -margin))
    shift = 0.0
    for _ in range(4):  # Gauss and Newton
        here, before, after = (
            render(wanted + shift + step)[inner].astype(float) for step in (0, -0.25, 0.25)
        )
        slope = (after - before) / 0.5
        shift += float((slope * (found[inner] - here)).sum() / np.square(slope).sum())
    return shift


def psnr(first: Frame, second: Frame) -> float:
    return float(10 * np.log10(255**2 / np.mean((first.astype(np.float64) - second) ** 2)))


class KnownFlow:
    """The exact flow between pictures of what slid to known places along x.

    `cover` says where it is at a place (None: everywhere).
    """

    def __init__(
        self,
        frames: Frames,
        places: Sequence[float],
        cover: Callable[[float], np.ndarray] | None = None,
    ) -> None:
        self._cover = cover
        self._places = {frame.tobytes(): place for frame, place in zip(frames, places, strict=True)}

    def _place(self, picture: Tensor) -> float:
        pixels = (picture * 255).round().to(torch.uint8).movedim(0, -1).numpy()
        return self._places[np.ascontiguousarray(pixels).tobytes()]

    def flows(self, sources: Tensor, targets: Tensor) -> Tensor:
        flow = torch.zeros(len(sources), 2, *sources.shape[-2:])
        for row, source, target in zip(flow, sources, targets, strict=True):
            row[0] = self._place(target) - self._place(source)
            if self._cover is not None:
                row *= torch.from_numpy(self._cover(self._place(source)) > 0.5)
        return flow
