"""Painted clips: a seed in, frames with their exact description out."""

from dataclasses import dataclass

import numpy as np

from conclvd.errors import InvalidRequest
from conclvd.paint.description import describe
from conclvd.paint.draw.compositor import Compositor, Trace
from conclvd.paint.draw.flow import BoolArray, clip_flow
from conclvd.paint.draw.layers import ByteArray, texels_per_unit
from conclvd.paint.draw.painter import paint_scene
from conclvd.paint.draw.visibility import combined, sights
from conclvd.paint.noise import FloatArray
from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.scene.compose import compose_scene
from conclvd.paint.scene.scene import Scene, element_rng
from conclvd.paint.words.captions import caption

_SMALLEST = 16


@dataclass(frozen=True)
class PaintedClip:
    """A clip and all that is known about it.

    `frames` is uint8 [t h w 3] RGB; `flow` float32 [t-1 h w 2] holds, for every pixel of a frame,
    its displacement (x, y) in pixels to the next frame, and `flow_valid` [t-1 h w] where that is
    exact. Both are None unless asked for.
    """

    scene: Scene
    frames: ByteArray
    attributes: Attributes
    caption_en: str
    caption_zh: str
    flow: FloatArray | None = None
    flow_valid: BoolArray | None = None


def paint_clip(
    seed: int,
    *,
    frames: int = 8,
    width: int = 256,
    height: int = 256,
    fps: float = 6.0,
    flow: bool = False,
    **overrides: str,
) -> PaintedClip:
    """Paint the clip of a seed.

    The same seed gives the same picture at any size and length: motion is a function of time, so
    that frame t at `fps` does not depend on `frames`. `overrides` fixes choices of the scene; see
    compose.compose_scene. Raises InvalidRequest for a size or length that cannot be painted.
    """
    _check(seed, frames, width, height, fps)
    scene = compose_scene(seed, aspect=width / height, **overrides)
    return render_scene(scene, frames=frames, height=height, fps=fps, flow=flow)


def render_scene(
    scene: Scene,
    *,
    frames: int,
    height: int,
    fps: float,
    flow: bool = False,
) -> PaintedClip:
    """Paint a scene as a clip `height` pixels high, and describe what is seen of it."""
    width = round(scene.aspect * height)
    painted = paint_scene(scene, texels_per_unit(height))
    compositor = Compositor(painted, scene.camera, width, height)
    measured = {0, frames // 2, frames - 1}
    pictures: ByteArray = np.empty((frames, height, width, 3), np.uint8)
    views = []
    for t in range(frames):
        traces: list[Trace] | None = [] if t in measured else None
        pictures[t] = compositor.frame(t / fps, traces)
        if traces is not None:
            views.append(sights(traces, width, height))
    attributes = describe(scene, compositor, combined(views), (frames - 1) / fps)
    moved, valid = clip_flow(compositor, frames, fps) if flow else (None, None)
    return PaintedClip(
        scene=scene,
        frames=pictures,
        attributes=attributes,
        caption_en=caption(attributes, _words(scene.seed, "en"), "en"),
        caption_zh=caption(attributes, _words(scene.seed, "zh"), "zh"),
        flow=moved,
        flow_valid=valid,
    )


def _words(seed: int, language: str) -> np.random.Generator:
    return element_rng(seed, f"caption {language}")


def _check(seed: int, frames: int, width: int, height: int, fps: float) -> None:
    if seed < 0:
        raise InvalidRequest(f"seed is {seed}; choose 0 or more")
    if frames < 1:
        raise InvalidRequest(f"frames is {frames}; choose 1 or more")
    if min(width, height) < _SMALLEST:
        raise InvalidRequest(f"the size is {width}x{height}; choose at least {_SMALLEST} a side")
    if not fps > 0:
        raise InvalidRequest(f"fps is {fps:g}; choose more than 0")
