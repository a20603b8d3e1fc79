"""Which matrix makes a decoded frame's colours."""

from __future__ import annotations

from typing import Any, Final

BT709: Final = 1  # as numbered in ITU-T H.273
_UNTOLD: Final = 2
_HD_ROWS: Final = 720  # from here on what tells no matrix is taken for BT.709, as players do


def is_bt709(frame: Any) -> bool:
    """Whether the colours of a frame (av.VideoFrame) are by BT.709, and not by BT.601."""
    told = int(frame.colorspace)
    return told == BT709 or (told == _UNTOLD and frame.height >= _HD_ROWS)
