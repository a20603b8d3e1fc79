import cv2
import numpy as np
import pytest

from conclvd.paint.clip import PaintedClip, paint_clip

_FIXED = {"weather": "clear", "seal": "none", "composition": "meadow"}


def _warp_errors(clip: PaintedClip) -> tuple[np.ndarray, np.ndarray]:
    """Difference of each frame to the next one, warped back and as it is, where it moves."""
    assert clip.flow is not None
    assert clip.flow_valid is not None
    _, h, w, _ = clip.frames.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    warped, plain = [], []
    for t, (flow, valid) in enumerate(zip(clip.flow, clip.flow_valid, strict=True)):
        following = clip.frames[t + 1].astype(np.float32)
        back = cv2.remap(following, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
        moving = valid & (np.abs(flow).max(-1) > 0.2)
        warped.append(np.abs(back - clip.frames[t]).mean(-1)[moving])
        plain.append(np.abs(following - clip.frames[t]).mean(-1)[moving])
    return np.concatenate(warped), np.concatenate(plain)


@pytest.mark.parametrize("camera", ["pan left", "pan right", "zoom in", "zoom out", "tilt up"])
def test_flow_warps_the_next_frame_onto_this_one(camera: str) -> None:
    clip = paint_clip(31, frames=3, width=128, height=96, flow=True, camera=camera, **_FIXED)
    warped, plain = _warp_errors(clip)
    assert len(warped) > 0.03 * clip.frames[1:, ..., 0].size
    assert warped.mean() < 2.5  # of 255: interpolating fine strokes twice
    assert warped.mean() < 0.75 * plain.mean()
    assert np.percentile(warped, 98) < 8


def test_swaying_plants_have_flow() -> None:
    clip = paint_clip(
        33, frames=4, width=128, height=128, flow=True, plant="bamboo", camera="static", **_FIXED
    )
    assert clip.flow is not None
    assert clip.flow_valid is not None
    warped, plain = _warp_errors(clip)
    assert len(warped) > 0.001 * clip.flow_valid.size
    assert warped.mean() < 0.75 * plain.mean()


def test_flow_has_the_sign_of_the_motion() -> None:
    clip = paint_clip(31, frames=2, width=96, height=96, flow=True, camera="pan right", **_FIXED)
    assert clip.flow is not None
    assert clip.flow_valid is not None
    assert clip.flow[clip.flow_valid][:, 0].mean() < -0.1


def test_shapes_and_invalid_weather() -> None:
    clear = paint_clip(35, frames=3, width=64, height=48, flow=True, camera="static", **_FIXED)
    snow = paint_clip(
        35, frames=3, width=64, height=48, flow=True, camera="static", weather="snow", seal="none"
    )
    assert clear.flow is not None
    assert clear.flow.shape == (2, 48, 64, 2)
    assert clear.flow.dtype == np.float32
    assert clear.flow_valid is not None
    assert clear.flow_valid.shape == (2, 48, 64)
    assert snow.flow_valid is not None
    assert snow.flow_valid.mean() < clear.flow_valid.mean()


def test_flow_is_only_computed_when_asked_for() -> None:
    clip = paint_clip(35, frames=2, width=32, height=32)
    assert clip.flow is None
    assert clip.flow_valid is None
