"""Ways to the frame between two keyframes, and clips whose frames between are known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from conclvd.interpolation.flow import DisFlow, FlowEstimator
from conclvd.interpolation.settings import Settings
from conclvd.interpolation.sofp import interpolate
from conclvd.paint.draw.compositor import Compositor
from conclvd.paint.draw.layers import texels_per_unit
from conclvd.paint.draw.painter import paint_scene
from conclvd.paint.scene.compose import compose_scene
from conclvd.pretrain.flow_error import Farneback
from conclvd.tensors import Frames
from conclvd.video.read import read_frames

# Keyframes [n h w 3] to the n-1 frames between them.
Method = Callable[[Frames], Frames]
KEYFRAMES, FPS = 8, 6.0
ABSENT = "PyAV, which brings FFmpeg, is not installed"


def repeat(keyframes: Frames) -> Frames:
    """The earlier keyframe again."""
    return keyframes[:-1]


def blend(keyframes: Frames) -> Frames:
    """Half of either."""
    total = keyframes[:-1].astype(np.float32) + keyframes[1:]
    mixed: Frames = np.rint(total / 2).astype(np.uint8)
    return mixed


def by_flow(estimator: FlowEstimator, mode: str, device: torch.device) -> Method:
    """Ours, in a mode and with an estimator, as the command has it."""
    settings = Settings(mode=mode)

    def method(keyframes: Frames) -> Frames:
        return interpolate(keyframes, estimator, settings, device=device)[1::2]

    return method


def minterpolate(keyframes: Frames) -> Frames:
    """FFmpeg's motion-compensated interpolation, its scene detection off.

    It drops frames at the end; the last keyframe is repeated for it to drop.
    """
    count = len(keyframes)
    frames = _filtered(
        np.concatenate([keyframes, *[keyframes[-1:]] * 4]),
        ("format", "yuv444p"),
        ("minterpolate", "fps=24:mi_mode=mci:scd=none"),
        ("format", "rgb24"),
    )
    difference = np.abs(frames[0 : 2 * count : 2].astype(np.int16) - keyframes).mean()
    assert difference < 4, "every second frame of minterpolate must be a keyframe"
    return frames[1 : 2 * count - 2 : 2]


def _filtered(frames: Frames, *steps: tuple[str, str]) -> Frames:
    """Frames at 12 a second through filters of the FFmpeg that comes with PyAV."""
    import av

    rate = Fraction(1, 12)
    graph = av.filter.Graph()
    graph.threads = torch.get_num_threads()
    height, width = frames.shape[1:3]
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=rate)
    nodes = [source, *(graph.add(name, options) for name, options in steps)]
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    for index, pixels in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame.pts, frame.time_base = index, rate
        graph.vpush(frame)
    graph.vpush(None)
    found = []
    while True:
        try:
            found.append(graph.vpull().to_ndarray())
        except EOFError:
            return np.stack(found)


def methods(raft: FlowEstimator, device: torch.device) -> dict[str, Method | str]:
    """All of them by name; a text instead says why one is missing."""
    dis = DisFlow()
    return {
        "repeat": repeat,
        "blend": blend,
        "Farneback-linear": by_flow(Farneback(), "linear", device),
        "Farneback-SOFP": by_flow(Farneback(), "sofp", device),
        "DIS-linear": by_flow(dis, "linear", device),
        "DIS-SOFP": by_flow(dis, "sofp", device),
        "RAFT-linear": by_flow(raft, "linear", device),
        "RAFT-SOFP": by_flow(raft, "sofp", device),
        "minterpolate": minterpolate if find_spec("av") else ABSENT,
    }


def painted_clip(seed: int, pace: Callable[[float], float], size: int = 256) -> Frames:
    """A held-out clip of 2 x 8 - 1 frames at `pace`: passed time, 0 to 1, to time of the scene."""
    scene = compose_scene(seed, aspect=1.0)
    compositor = Compositor(paint_scene(scene, texels_per_unit(size)), scene.camera, size, size)
    seconds = (KEYFRAMES - 1) / FPS
    times = np.linspace(0, 1, 2 * KEYFRAMES - 1)
    return np.stack([compositor.frame(seconds * pace(float(time))) for time in times])


def real_clip(path: Path) -> Frames:
    """The keyframes of a published animation: every second frame is the authors' own flow."""
    frames = list(read_frames(path))[::2]
    return np.stack(frames[: len(frames) - 1 + len(frames) % 2])
