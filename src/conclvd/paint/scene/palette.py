"""The colour worlds a scene can be painted in."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from conclvd.paint.noise import FloatArray

# sky: upper ground of the picture; mist: lower ground and veils; far: farthest hills; near, mid:
# dark and middle tones of buildings and plants; ink: lines; light: lit faces; water; accent:
# blossoms, sun, roofs; foliage: leaves and grass; top, flank, foot: bodies of mountains; wash: ink
# in their shade. Hexadecimal RGB.
PALETTES: dict[str, dict[str, str]] = {
    "ink": {
        "sky": "e8e5dd",
        "mist": "f3f1ea",
        "far": "a9adae",
        "near": "2f3336",
        "mid": "85898a",
        "ink": "131517",
        "light": "eeeae0",
        "water": "d9d8d1",
        "accent": "b3352b",
        "foliage": "3a403a",
        "top": "a7a091",
        "flank": "cbc7ba",
        "foot": "ece8dd",
        "wash": "474c50",
    },
    "mist": {
        "sky": "aabcc3",
        "mist": "cbd8dc",
        "far": "8ba1aa",
        "near": "24414c",
        "mid": "648089",
        "ink": "12242c",
        "light": "c4d2d6",
        "water": "a3b7be",
        "accent": "c8452f",
        "foliage": "294640",
        "top": "587984",
        "flank": "93abb1",
        "foot": "bfced2",
        "wash": "2c4651",
    },
    "qinglu": {
        "sky": "e6d1a4",
        "mist": "eedcb6",
        "far": "8db5b0",
        "near": "145f86",
        "mid": "b8924e",
        "ink": "16303a",
        "light": "e4ca8f",
        "water": "9cc0b4",
        "accent": "c9502e",
        "foliage": "2c6b5a",
        "top": "1f7492",
        "flank": "4f9e80",
        "foot": "d9b878",
        "wash": "164f63",
    },
    "jade": {
        "sky": "e4eee0",
        "mist": "f1f6e9",
        "far": "a6ccb6",
        "near": "14694f",
        "mid": "7fb590",
        "ink": "0d332a",
        "light": "dfedcb",
        "water": "b3d8c9",
        "accent": "d8543c",
        "foliage": "256f49",
        "top": "2f8468",
        "flank": "86b99a",
        "foot": "dfe8c8",
        "wash": "175945",
    },
    "silk": {
        "sky": "cfb384",
        "mist": "dac499",
        "far": "ab9674",
        "near": "3d3122",
        "mid": "8a7350",
        "ink": "1f1810",
        "light": "e2cfa6",
        "water": "c6ac7d",
        "accent": "9c3324",
        "foliage": "45422a",
        "top": "a2855a",
        "flank": "bfa678",
        "foot": "d4be90",
        "wash": "4e4332",
    },
    "dawn": {
        "sky": "f4cabb",
        "mist": "fbe9de",
        "far": "d6b6b3",
        "near": "46546c",
        "mid": "97909f",
        "ink": "283244",
        "light": "fadfd2",
        "water": "eed3c9",
        "accent": "e4502f",
        "foliage": "566860",
        "top": "70809a",
        "flank": "bba6a8",
        "foot": "f3d7c8",
        "wash": "4b5a74",
    },
    "dusk": {
        "sky": "ebb58a",
        "mist": "f5d5b0",
        "far": "c9ac98",
        "near": "4b3d4e",
        "mid": "8f6f68",
        "ink": "2a1f2f",
        "light": "f4cd9b",
        "water": "e6b890",
        "accent": "d62f1c",
        "foliage": "4a4440",
        "top": "69717f",
        "flank": "c59d7f",
        "foot": "edcaa2",
        "wash": "4a4f5d",
    },
    "spring": {
        "sky": "e3eccb",
        "mist": "f3f6e2",
        "far": "bccfae",
        "near": "5a6f45",
        "mid": "a3b483",
        "ink": "2a2f24",
        "light": "edf1cd",
        "water": "d3e6d8",
        "accent": "ee5f8a",
        "foliage": "7fa23f",
        "top": "86a163",
        "flank": "bcc99b",
        "foot": "edefd3",
        "wash": "5f7450",
    },
    "autumn": {
        "sky": "f0dda8",
        "mist": "f7eac4",
        "far": "bcc0a8",
        "near": "7a4a24",
        "mid": "c08a42",
        "ink": "33231a",
        "light": "f2dda6",
        "water": "e8d8a8",
        "accent": "d4521c",
        "foliage": "c2702a",
        "top": "ad8350",
        "flank": "d9b36f",
        "foot": "f0dcaa",
        "wash": "565049",
    },
    "snow": {
        "sky": "c2ceda",
        "mist": "e1e9f0",
        "far": "b4c4d3",
        "near": "4c6076",
        "mid": "a6b8c8",
        "ink": "222e3c",
        "light": "f6f9fc",
        "water": "b4c6d6",
        "accent": "b93a32",
        "foliage": "566674",
        "top": "f3f6f9",
        "flank": "dde6ee",
        "foot": "e0e8ef",
        "wash": "62768b",
    },
    "night": {
        "sky": "293b69",
        "mist": "5d7aab",
        "far": "46629c",
        "near": "0f1a34",
        "mid": "2c4478",
        "ink": "0a1022",
        "light": "8fabd4",
        "water": "345084",
        "accent": "e7b65c",
        "foliage": "1b2e46",
        "top": "35507f",
        "flank": "5470a6",
        "foot": "5d7aab",
        "wash": "17254a",
    },
}


@dataclass(frozen=True)
class Palette:
    """Fourteen colours, each float32 [3] in [0, 1], and the palette's name."""

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
    top: FloatArray
    flank: FloatArray
    foot: FloatArray
    wash: FloatArray


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
