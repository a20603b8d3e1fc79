"""Near-duplicates: scenes whose pictures have the same 64-bit hashes, but for a few bits."""

from __future__ import annotations

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
        self._all = np.zeros(1024, np.uint64)
        self._owner = np.zeros(1024, np.int64)
        self._used = 0

    def find(self, hashes: Sequence[int]) -> tuple[str, float] | None:
        """The nearest earlier scene and its distance, None when none is near."""
        new = np.array(hashes, np.uint64)
        if not len(new) or not self._used:
            return None
        middle = new[len(new) // 2]
        bits = np.bitwise_count(self._all[: self._used] ^ middle)
        best: tuple[str, float] | None = None
        for owner in np.unique(self._owner[: self._used][bits <= _OPEN]):
            found = distance(new, self._scenes[owner])
            if found <= NEAR and (best is None or found < best[1]):
                best = self._names[owner], found
        return best

    def add(self, name: str, hashes: Sequence[int]) -> None:
        """Remember a scene."""
        new = np.array(hashes, np.uint64)
        while self._used + len(new) > len(self._all):
            self._all = np.concatenate([self._all, np.zeros_like(self._all)])
            self._owner = np.concatenate([self._owner, np.zeros_like(self._owner)])
        self._all[self._used : self._used + len(new)] = new
        self._owner[self._used : self._used + len(new)] = len(self._scenes)
        self._used += len(new)
        self._names.append(name)
        self._scenes.append(new)
