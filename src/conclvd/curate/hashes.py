"""Near-duplicates: scenes whose pictures have the same 64-bit hashes, but for a few bits."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import UInt8, UInt64

NEAR: Final = 7.0  # mean number of differing bits, of 64; scenes that differ have 32 on average
_OPEN: Final = 16  # differing bits of the two middles above which a pair is not looked at

Hashes = UInt64[np.ndarray, " n"]


def hash_of(luma: UInt8[np.ndarray, "h w"]) -> int:
    """A difference hash: is each of 8 × 8 places brighter than its left neighbour?"""
    import cv2

    small = cv2.resize(luma, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, 1:] > small[:, :-1]).ravel()
    return int(np.packbits(bits).view(">u8")[0])


def distance(one: Hashes, other: Hashes) -> float:
    """Mean differing bits where the shorter scene fits best within the longer one.

    Both are hashes at the same interval.
    """
    short, long = sorted((one, other), key=len)
    shifts = len(long) - len(short) + 1
    windows = np.lib.stride_tricks.sliding_window_view(long, len(short))[:shifts]
    return float(np.bitwise_count(windows ^ short).mean(axis=1).min())


class Seen:
    """The scenes seen so far, to ask for one that is nearly the same."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._scenes: list[Hashes] = []
        self._all = array("Q")  # the hashes of all scenes, one behind another, and whose they are
        self._owner = array("q")

    def find(self, hashes: Sequence[int]) -> tuple[str, float] | None:
        """The nearest earlier scene and its distance, None when none is near."""
        new = np.array(hashes, np.uint64)
        if not len(new) or not self._all:
            return None
        middle = new[len(new) // 2]
        bits = np.bitwise_count(np.frombuffer(self._all, np.uint64) ^ middle)
        best: tuple[str, float] | None = None
        for owner in np.unique(np.frombuffer(self._owner, np.int64)[bits <= _OPEN]):
            found = distance(new, self._scenes[owner])
            if found <= NEAR and (best is None or found < best[1]):
                best = self._names[owner], found
        return best

    def add(self, name: str, hashes: Sequence[int]) -> None:
        """Remember a scene."""
        self._all.extend(hashes)
        self._owner.extend([len(self._scenes)] * len(hashes))
        self._names.append(name)
        self._scenes.append(np.array(hashes, np.uint64))
