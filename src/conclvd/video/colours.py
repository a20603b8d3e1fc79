"""The colours of decoded frames: by which matrix, and high dynamic range (PQ, HLG) to BT.709."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from jaxtyping import Float32, UInt16

from conclvd.tensors import Frame

BT709: Final = 1  # as numbered in ITU-T H.273, like these
_UNTOLD: Final = 2
_HD_ROWS: Final = 720  # from here on what tells no matrix is taken for BT.709, as players do
_PQ: Final = 16
_CURVES: Final = (_PQ, 18)  # PQ and HLG
_WHITE: Final = 203.0  # cd/m² of diffuse white, ITU-R BT.2408
_KNEE: Final = 0.8  # of white; what is brighter is rolled off into the rest
# linear BT.2020 to linear BT.709, ITU-R BT.2087
_TO_709: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)


def is_hdr(frame: Any) -> bool:
    """Whether a decoded frame (av.VideoFrame) is of high dynamic range."""
    return int(frame.color_trc) in _CURVES


def to_ordinary(frame: Any) -> Frame:
    """An HDR frame (av.VideoFrame) as uint8 [h w 3] RGB, BT.709."""
    pixels: UInt16[np.ndarray, "h w 3"] = frame.reformat(
        format="rgb48le", src_colorspace="BT2020"
    ).to_ndarray()
    light: Float32[np.ndarray, "h w 3"] = _linear(int(frame.color_trc))[pixels] @ _TO_709.T
    brightest = light.max(axis=2, keepdims=True)
    rolled = np.where(
        brightest > _KNEE,
        1 - (1 - _KNEE) * np.exp(-(brightest - _KNEE) / (1 - _KNEE)),
        brightest,
    )
    light = np.clip(light * (rolled / np.maximum(brightest, 1e-6)), 0, 1)
    coded = np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099)  # BT.709
    ordinary: Frame = np.rint(coded * 255).astype(np.uint8)
    return ordinary


def _linear(curve: int) -> Float32[np.ndarray, 65536]:
    """Light, 1 for diffuse white, for every 16-bit value."""
    coded = np.linspace(0, 1, 65536)
    if curve == _PQ:  # SMPTE ST 2084
        m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
        power = coded ** (1 / m2)
        light = (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1) * 10000 / _WHITE
    else:  # HLG, ITU-R BT.2100, for a screen of 1000 cd/m²
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
        light = scene**1.2 * 1000 / _WHITE
    return light.astype(np.float32)


def is_bt709(frame: Any) -> bool:
    """Whether the colours of a frame (av.VideoFrame) are by BT.709, and not by BT.601."""
    told = int(frame.colorspace)
    return told == BT709 or (told == _UNTOLD and frame.height >= _HD_ROWS)
