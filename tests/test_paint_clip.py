from dataclasses import replace

import numpy as np
import pytest

from conclvd.errors import ConclvdError, InvalidRequest
from conclvd.paint.clip import paint_clip, render_scene
from conclvd.paint.scene.attributes import ELEMENTS, PALETTES, Attributes
from conclvd.paint.scene.compose import compose_scene
from conclvd.paint.scene.scene import Element, Scene

_PLAIN = {"plant": "none", "birds": "none", "camera": "static", "disc": "none", "seal": "none"}


def test_a_seed_gives_the_same_bytes_and_words() -> None:
    first, second = (paint_clip(7, frames=3, width=64, height=48, flow=True) for _ in range(2))
    np.testing.assert_array_equal(first.frames, second.frames)
    np.testing.assert_array_equal(first.flow, second.flow)
    assert first.attributes == second.attributes
    assert (first.caption_en, first.caption_zh) == (second.caption_en, second.caption_zh)


def test_seeds_differ() -> None:
    one, two = (paint_clip(seed, frames=1, width=48, height=48).frames for seed in (1, 2))
    assert np.abs(one.astype(int) - two).mean() > 5


@pytest.mark.parametrize("seed", [3, 4])
def test_frames_do_not_depend_on_the_length_of_the_clip(seed: int) -> None:
    short = paint_clip(seed, frames=2, width=48, height=48).frames
    long = paint_clip(seed, frames=7, width=48, height=48).frames
    np.testing.assert_array_equal(short, long[:2])


def test_frames_at_one_time_do_not_depend_on_the_rate() -> None:
    slow = paint_clip(9, frames=2, width=48, height=48, fps=3.0).frames
    fast = paint_clip(9, frames=3, width=48, height=48, fps=6.0).frames
    np.testing.assert_array_equal(slow[1], fast[2])


@pytest.mark.parametrize(
    ("width", "height"), [(16, 16), (96, 64), (64, 160), (320, 180), (512, 64)]
)
def test_any_size_is_painted_everywhere(width: int, height: int) -> None:
    clip = paint_clip(12, frames=1, width=width, height=height)
    assert clip.frames.shape == (1, height, width, 3)
    assert clip.frames.dtype == np.uint8
    # Nothing is left black: the sky covers the picture, corners included.
    assert clip.frames.max(axis=-1).min() > 0


def test_long_clips_stay_painted_and_alive() -> None:
    frames = paint_clip(14, frames=5, width=48, height=48, fps=0.05).frames  # 80 seconds
    assert frames.max(axis=-1).min() > 0
    assert all(np.abs(frames[i + 1].astype(int) - frames[i]).mean() > 0.2 for i in range(4))


def _boat(scene: Scene) -> Element:
    return next(element for element in scene.elements if element.name == "boat")


@pytest.mark.parametrize("heading", [-1, 1])
def test_a_boat_moves_on_screen_where_it_heads(heading: int) -> None:
    fixed = {**_PLAIN, "composition": "lake", "weather": "clear", "boat": "boat"}
    seed = next(
        s
        for s in range(100)
        if _boat(compose_scene(s, **fixed)).motion.velocity[0] * heading > 0.08
    )
    clip = paint_clip(seed, frames=6, width=96, height=96, **fixed)
    without = paint_clip(seed, frames=6, width=96, height=96, **{**fixed, "boat": "none"})
    drawn = np.abs(clip.frames.astype(int) - without.frames).max(-1) > 12
    bows = [np.quantile(heading * np.nonzero(drawn[t])[1], 0.95) / 96 for t in (0, 5)]
    assert bows[1] - bows[0] > 0.05  # not the middle: the wake is cut off at the border
    seen = clip.attributes.element("boat")
    assert seen is not None
    assert seen.motion == ("right" if heading > 0 else "left")
    assert without.attributes.element("boat") is None


def _with_sun(y: float, x: float = 0.5) -> Attributes:
    fixed = {**_PLAIN, "disc": "sun", "palette": "ink", "weather": "clear", "fall": "none"}
    scene = compose_scene(21, composition="monument", mountains="round", **fixed)
    top = max((p for r in scene.ranges for p in r.peaks), key=lambda peak: peak.height)
    moved = tuple(
        replace(e, x=top.x if x < 0 else x, y=y, motion=replace(e.motion, velocity=(0.0, 0.0)))
        if e.name == "disc"
        else e
        for e in scene.elements
    )
    return render_scene(replace(scene, elements=moved), frames=2, height=96, fps=6.0).attributes


def test_a_sun_in_the_open_sky_is_described() -> None:
    assert _with_sun(0.08).element("sun") is not None


def test_a_sun_behind_a_mountain_is_not_described() -> None:
    assert _with_sun(0.45, x=-1).element("sun") is None


def test_a_sun_outside_the_picture_is_not_described() -> None:
    assert _with_sun(0.1, x=1.4).element("sun") is None


def test_attributes_of_many_scenes_are_plausible() -> None:
    found = [paint_clip(s, frames=2, width=40, height=40).attributes for s in range(30)]
    kinds = [{element.kind for element in one.elements} for one in found]
    assert set().union(*kinds) <= set(ELEMENTS)
    for kind in ("tree", "sun", "boat"):
        assert sum(kind in some for some in kinds) >= 2
    assert len({one.palette for one in found} & set(PALETTES)) > 6
    assert sum(one.mountains is not None for one in found) * 10 >= 9 * len(found)
    assert 0.35 < np.mean([one.water for one in found]) < 0.8
    assert all(0 < element.visible <= 1 for one in found for element in one.elements)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"frames": 0}, "frames is 0"),
        ({"width": 8}, "8x"),
        ({"height": 15}, "x15"),
        ({"fps": 0.0}, "fps is 0"),
        ({"fps": float("nan")}, "fps is nan"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_requests_are_refused(request_: dict[str, float], said: str) -> None:
    wanted = {"seed": 1, "frames": 1, "width": 32, "height": 32, **request_}
    with pytest.raises(InvalidRequest, match=said) as caught:
        paint_clip(wanted.pop("seed"), **wanted)  # type: ignore[arg-type]
    assert isinstance(caught.value, ConclvdError)
