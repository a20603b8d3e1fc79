"""Where shots begin and end: hard cuts and dissolves together, frame by frame."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import numpy as np
from jaxtyping import Float32

from conclvd.curate.cuts import WIDTH, CutFinder
from conclvd.curate.dissolves import SIZE, DissolveFinder

_MARGIN: Final = 1  # frames left out on both sides of a dissolve, where it is hardly seen


class Boundaries:
    """Shots as pairs of their first frame and the one behind their last.

    The frames of a dissolve belong to no shot.
    """

    def __init__(self, fps: Fraction) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()  # one for all frames: setting one up costs as much
        self.cuts = CutFinder(fps)
        self.dissolves = DissolveFinder(fps)
        self._seen = 0
        self._start = 0

    def picture_of(self, frame: Any) -> Float32[np.ndarray, "36 64"]:
        """Take the next frame (av.VideoFrame, turned or not); returns it small and grey."""
        import cv2

        height = max(2, round(frame.height * WIDTH / frame.width))
        bgr = self._reformatter.reformat(
            frame, width=WIDTH, height=height, format="bgr24", interpolation="AREA", threads=1
        ).to_ndarray()
        grey: Float32[np.ndarray, "36 64"] = cv2.resize(
            cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), SIZE, interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        self.cuts.see(bgr)
        self.dissolves.see(grey)
        self._seen += 1
        return grey

    def ended(self) -> list[tuple[int, int]]:
        """The shots that have ended since the last call, for certain."""
        return self._shots(self.dissolves.settled_until())

    def finish(self) -> list[tuple[int, int]]:
        """The last shots, when there are no more frames."""
        self.dissolves.finish()
        self.cuts.finish()
        shots = self._shots(self._seen + 1)
        if self._start < self._seen:
            shots.append((self._start, self._seen))
        return shots

    def _shots(self, until: int) -> list[tuple[int, int]]:
        """Shots that end before frame `until`."""
        shots = []
        joins = [(cut, cut) for cut in self.cuts.take(until)]
        for dissolve in self.dissolves.take(until):
            joins.append((max(0, dissolve.start - _MARGIN), dissolve.stop + _MARGIN))
        for start, stop in sorted(joins):
            if start > self._start:
                shots.append((self._start, start))
            self._start = max(self._start, stop)
        return shots
