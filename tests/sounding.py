"""Videos with a tone, made for tests."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000


def sounding_video(path: Path, codec: str, *, frames: int = 24, fps: int = 12) -> Path:
    """A brightening picture with a tone of 440 Hz, in the container that `path` asks for."""
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=fps)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = file.add_stream(codec, rate=RATE)
        for index in range(frames):
            pixels = np.full((48, 64, 3), 20 + index * 9, np.uint8)
            pixels[10:30, 2 * index : 2 * index + 12] = 250
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            file.mux(video.encode(picture.reformat(format="yuv420p")))
        file.mux(video.encode(None))
        time = np.arange(RATE * frames // fps) / RATE
        tone = (np.sin(2 * np.pi * 440 * time) * 8000).astype(np.int16)
        for start in range(0, len(tone), 1024):
            piece = tone[None, start : start + 1024]
            samples = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
            samples.sample_rate, samples.pts = RATE, start
            samples.time_base = Fraction(1, RATE)
            file.mux(audio.encode(samples))
        file.mux(audio.encode(None))
    return path


def sound_alone(path: Path) -> Path:
    """A tenth of a second of silence, without any picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as file:
        audio = file.add_stream("aac", rate=RATE)
        silence = np.zeros((1, RATE // 10), np.float32)
        samples = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        samples.sample_rate, samples.pts, samples.time_base = RATE, 0, Fraction(1, RATE)
        file.mux(audio.encode(samples))
        file.mux(audio.encode(None))
    return path


def heard(path: Path) -> np.ndarray:
    """The samples of a file's first sound track, one channel."""
    with av.open(str(path)) as file:
        pieces = [
            frame.to_ndarray().T
            if frame.format.is_planar
            else frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
            for frame in file.decode(audio=0)
        ]
    return np.concatenate(pieces)[:, 0]
