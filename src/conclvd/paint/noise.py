"""Value noise and the small interpolations every painted thing is built from."""

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]


def value_noise(rng: np.random.Generator, h: int, w: int, fy: float, fx: float) -> FloatArray:
    """Smooth noise in about [-1, 1], float32 [h w], with `fy` by `fx` cells over the array.

    A coarse random lattice enlarged by a cubic filter: cheap at any size, because the random
    numbers drawn depend on the frequencies and not on the size of the array.
    """
    rows, columns = max(2, int(fy)) + 2, max(2, int(fx)) + 2
    lattice = rng.random((rows, columns), dtype=np.float32) * 2 - 1
    enlarged = cv2.resize(lattice, (w, h), interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged, np.float32)


def fbm(
    rng: np.random.Generator,
    h: int,
    w: int,
    fy: float,
    fx: float,
    octaves: int = 4,
    gain: float = 0.5,
) -> FloatArray:
    """Fractal sum of value noise, float32 [h w]: every octave twice as fine and `gain` as strong.

    The sum is divided by the root of the summed squared amplitudes, so that its spread does not
    depend on the number of octaves.
    """
    # Four samples a cell of the finest octave are enough; the rest is linear enlargement.
    finest = 2 ** (octaves - 1)
    rows, columns = (min(n, 4 * max(2, int(f * finest))) for n, f in ((h, fy), (w, fx)))
    total = np.zeros((rows, columns), np.float32)
    amplitude, power = 1.0, 0.0
    for octave in range(octaves):
        noise = value_noise(rng, rows, columns, fy * 2**octave, fx * 2**octave)
        total += np.float32(amplitude) * noise
        power += amplitude * amplitude
        amplitude *= gain
    total /= np.float32(np.sqrt(power))
    if (rows, columns) == (h, w):
        return total
    return np.asarray(cv2.resize(total, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)


def fbm_line(
    rng: np.random.Generator, n: int, f: float, octaves: int = 5, gain: float = 0.5
) -> FloatArray:
    """One row of fractal noise, float32 [n], with `f` cells along it."""
    return np.asarray(fbm(rng, 2, n, 2, f, octaves, gain)[0], dtype=np.float32)


def wrapping_fbm(
    rng: np.random.Generator, h: int, w: int, fy: float, fx: float, octaves: int = 4
) -> FloatArray:
    """Fractal noise [h w] whose right edge continues at its left edge."""
    noise = fbm(rng, h, w, fy, fx, octaves)
    blend = max(2, w // 6)
    ramp = smoothstep(np.linspace(0, 1, blend, dtype=np.float32), 0.0, 1.0)[None]
    # Towards the end, fade into the columns that lie before column zero of a mirrored copy.
    noise[:, -blend:] = mix(noise[:, -blend:], noise[:, blend - 1 :: -1][:, :blend], ramp)
    return noise


def smoothstep(x: npt.ArrayLike, a: float, b: float) -> FloatArray:
    """The cubic step that is 0 up to `a` and 1 from `b` on (or the reverse when `a` > `b`)."""
    t = np.clip((np.asarray(x, dtype=np.float32) - np.float32(a)) / np.float32(b - a), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def mix(a: npt.ArrayLike, b: npt.ArrayLike, t: npt.ArrayLike) -> FloatArray:
    """Linear interpolation from `a` (t = 0) to `b` (t = 1), with broadcasting."""
    first = np.asarray(a, dtype=np.float32)
    return first + (np.asarray(b, dtype=np.float32) - first) * np.asarray(t, dtype=np.float32)
