"""The colour worlds a scene can be painted in."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from conclvd.paint.noise import FloatArray

# sky: top of the sky; mist: lower sky and veils; far, near, mid: mountain tops far and near and
# their flanks; ink: lines and darkest tone; light: lit faces; water; accent: blossoms, sun, roofs;
# foliage: leaves and grass. Hexadecimal RGB.
PALETTES: dict[str, dict[str, str]] = {
    "ink": {
        "sky": "e6e5e2",
        "mist": "f3f2ef",
        "far": "b2b5b7",
        "near": "34383c",
        "mid": "878b8e",
        "ink": "131517",
        "light": "e8e7e4",
        "water": "d8d9d7",
        "accent": "b3352b",
        "foliage": "353a38",
    },
    "mist": {
        "sky": "859aa3",
        "mist": "b2c2c8",
        "far": "7a9099",
        "near": "20333d",
        "mid": "557079",
        "ink": "101c23",
        "light": "a9bcc3",
        "water": "8ea3ac",
        "accent": "c8452f",
        "foliage": "22353c",
    },
    "qinglu": {
        "sky": "ead4a6",
        "mist": "eeddb4",
        "far": "7fb2bd",
        "near": "145f86",
        "mid": "b8924e",
        "ink": "0e3a4f",
        "light": "e0c27f",
        "water": "6fb0bd",
        "accent": "c9502e",
        "foliage": "2c6b5a",
    },
    "jade": {
        "sky": "e2efe0",
        "mist": "eff6ea",
        "far": "a3cbb6",
        "near": "14694f",
        "mid": "7fb590",
        "ink": "0c3a2e",
        "light": "dcebc6",
        "water": "a5d2c4",
        "accent": "d8543c",
        "foliage": "256f49",
    },
    "silk": {
        "sky": "bd9657",
        "mist": "c9a66c",
        "far": "a08050",
        "near": "453320",
        "mid": "86683d",
        "ink": "22170e",
        "light": "d2b37c",
        "water": "b3905a",
        "accent": "9c3324",
        "foliage": "42361f",
    },
    "dawn": {
        "sky": "f5c4b4",
        "mist": "fcebe2",
        "far": "efbfb0",
        "near": "46546c",
        "mid": "b0949a",
        "ink": "262f40",
        "light": "f9d9cc",
        "water": "efccc2",
        "accent": "e4502f",
        "foliage": "5c6a63",
    },
    "dusk": {
        "sky": "cf7346",
        "mist": "eeb27c",
        "far": "c4805f",
        "near": "43304a",
        "mid": "8c5a5c",
        "ink": "25182e",
        "light": "efb684",
        "water": "cf8858",
        "accent": "dc3420",
        "foliage": "4c3a42",
    },
    "spring": {
        "sky": "dfe9c9",
        "mist": "f1f5e0",
        "far": "c6cfb4",
        "near": "6a4240",
        "mid": "a8ae84",
        "ink": "33201f",
        "light": "e9edc6",
        "water": "cfe3d6",
        "accent": "ee5f8a",
        "foliage": "7fa23f",
    },
    "autumn": {
        "sky": "f0dfa6",
        "mist": "f6ebc2",
        "far": "deb877",
        "near": "8a4a18",
        "mid": "c88a36",
        "ink": "3f220d",
        "light": "efd490",
        "water": "e6d59c",
        "accent": "d4521c",
        "foliage": "cf7a20",
    },
    "snow": {
        "sky": "bccad8",
        "mist": "dfe8f0",
        "far": "b4c5d6",
        "near": "4c6076",
        "mid": "aabccd",
        "ink": "222e3c",
        "light": "f6f9fc",
        "water": "aec2d4",
        "accent": "b93a32",
        "foliage": "566674",
    },
    "night": {
        "sky": "1c2b54",
        "mist": "6380b0",
        "far": "4a68a2",
        "near": "0f1a34",
        "mid": "2c4478",
        "ink": "080d1c",
        "light": "8fabd4",
        "water": "345084",
        "accent": "e7b65c",
        "foliage": "18283e",
    },
}


@dataclass(frozen=True)
class Palette:
    """Ten colours, each float32 [3] in [0, 1], and the palette's name."""

    name: str
    sky: FloatArray
    mist: FloatArray
    far: FloatArray
    near: FloatArray
    mid: FloatArray
    ink: FloatArray
    light: FloatArray
    water: FloatArray
    accent: FloatArray
    foliage: FloatArray


def rgb(hexadecimal: str) -> FloatArray:
    """float32 [3] in [0, 1] of a colour such as "d2622a"."""
    channels = [int(hexadecimal[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    return np.array(channels, np.float32)


def palette(name: str, rng: np.random.Generator, jitter: float = 0.02) -> Palette:
    """The palette `name` with every colour moved a little, so that no two scenes match exactly.

    `jitter` is the standard deviation, in [0, 1] units, of the shift of a colour's brightness;
    its hue moves half as much. Raises KeyError for a name not in PALETTES.
    """
    colours: dict[str, npt.NDArray[np.float32]] = {}
    for field in fields(Palette):
        if field.name == "name":
            continue
        shift = rng.normal(0, jitter * 0.5, 3) + rng.normal(0, jitter * 0.6)
        moved = rgb(PALETTES[name][field.name]) + shift.astype(np.float32)
        colours[field.name] = np.clip(moved, 0, 1).astype(np.float32)
    return Palette(name=name, **colours)
