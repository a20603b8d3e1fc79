"""Hard cuts, by PySceneDetect's adaptive detector, frame by frame."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import Any, Final

from conclvd.errors import DatasetError
from conclvd.tensors import Frame

WIDTH: Final = 256  # frames are compared at about this width, as PySceneDetect itself does
SHORTEST: Final = 0.25  # seconds between two cuts; what is shorter is a flash
_CHANGE: Final = 8.0  # PySceneDetect's least content_val of a cut; its own 15 misses misty scenes
_PAUSE: Final = 0.5  # mean difference, of 255, of a frame that is no news
_LONGEST_PAUSE: Final = 6  # frames after which one is shown all the same


class CutFinder:
    """Finds the first frames of new shots in frames that come one by one.

    Animation is drawn on twos and threes: every drawing after a pause looks like a cut to a
    detector that compares it with its neighbours. It is therefore shown only what brings news.
    """

    def __init__(self, fps: Fraction) -> None:
        adaptive, self._timecode = _scenedetect()
        self._fps = fps
        self._detector = adaptive(
            min_scene_len=max(1, round(SHORTEST * fps)), min_content_val=_CHANGE
        )
        self._seen = 0
        self._last: Frame | None = None
        self._shown = 0
        self._cuts: list[int] = []

    def see(self, bgr: Frame) -> None:
        """Take the next frame, uint8 [h w 3] BGR, small."""
        import cv2

        news = self._last is None or cv2.norm(bgr, self._last, cv2.NORM_L1) > _PAUSE * bgr.size
        if news or self._seen - self._shown >= _LONGEST_PAUSE:
            self._show(self._seen, bgr)
        self._seen += 1

    def finish(self) -> None:
        """There are no more frames: the last one stays, until the detector has judged it."""
        if self._last is not None:
            for number in range(self._detector.event_buffer_length):
                self._show(self._seen + number, self._last)
        self._cuts = [cut for cut in self._cuts if cut < self._seen]

    def _show(self, number: int, bgr: Frame) -> None:
        at = self._timecode(number, fps=self._fps)
        self._cuts += [cut.frame_num for cut in self._detector.process_frame(at, bgr)]
        self._last, self._shown = bgr, number

    def take(self, until: int) -> list[int]:
        """The first frames, before `until`, of new shots that were not taken yet."""
        taken = [cut for cut in self._cuts if cut < until]
        self._cuts = [cut for cut in self._cuts if cut >= until]
        return taken


def _scenedetect() -> tuple[Any, Any]:
    try:
        from scenedetect import AdaptiveDetector, FrameTimecode
    except ModuleNotFoundError as error:
        raise DatasetError(
            f"cutting needs PySceneDetect, and {error.name} is not installed; run "
            "`pip install 'conclvd[curate]'`"
        ) from error
    logging.getLogger("pyscenedetect").setLevel(logging.ERROR)
    return AdaptiveDetector, FrameTimecode
