"""What the model sees of a clip: windows of a few frames at a stride, resized and cropped."""

from __future__ import annotations

import cv2
import numpy as np

from conclvd.errors import MediaError
from conclvd.tensors import Frame, Frames
from conclvd.train.clips import Clip
from conclvd.train.settings import TrainSettings


def window_starts(frames: int, settings: TrainSettings) -> list[int]:
    """First frames of a clip's windows: evenly spaced, the first at 0, the last at the end."""
    room = frames - settings.span
    count = min(settings.windows_per_clip, room + 1)
    if count == 1:
        return [0]
    return [round(i * room / (count - 1)) for i in range(count)]


def fit(frame: Frame, side: int) -> Frame:
    """Resize the shorter side to `side` pixels and crop the centre square."""
    height, width = frame.shape[:2]
    scale = side / min(height, width)
    size = (max(side, round(width * scale)), max(side, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(frame, size, interpolation=how)
    top, left = (size[1] - side) // 2, (size[0] - side) // 2
    return np.ascontiguousarray(resized[top : top + side, left : left + side])


def read_windows(clip: Clip, settings: TrainSettings) -> list[Frames]:
    """The windows of a clip, uint8 [n h w 3] each. Raises MediaError where the file breaks off."""
    from conclvd.video.read import read_frames

    starts = window_starts(clip.frames, settings)
    stride = settings.sample_stride
    wanted = {start + i * stride for start in starts for i in range(settings.num_frames)}
    kept: dict[int, Frame] = {}
    for index, frame in enumerate(read_frames(clip.path)):
        if index in wanted:
            kept[index] = fit(frame, settings.resolution)
        if index >= max(wanted):
            break
    if len(kept) < len(wanted):
        raise MediaError(
            f"{clip.path} breaks off: it says it has {clip.frames} frames, frame "
            f"{min(wanted - kept.keys())} cannot be read"
        )
    return [
        np.stack([kept[start + i * stride] for i in range(settings.num_frames)]) for start in starts
    ]
