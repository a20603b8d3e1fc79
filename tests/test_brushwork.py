"""Mountains in brushwork: the same at every size, within their sheet, and each manner its own."""

from itertools import pairwise

import numpy as np
import pytest

from conclvd.paint.draw import colours, folds
from conclvd.paint.draw.ink import Ink, dabs, pressure, ribbons
from conclvd.paint.draw.manners import MANNERS
from conclvd.paint.draw.massif import Massif, paint_massif
from conclvd.paint.draw.relief import cells
from conclvd.paint.noise import FloatArray
from conclvd.paint.scene.palette import palette


def _painted(style: str, height: int = 96, distance: float = 0.0) -> FloatArray:
    rng = np.random.default_rng(5)
    manner = MANNERS[style].sized(0.4)
    built, _, wide = folds.framed(folds.build(rng, "host", "lobe", manner.folds, 1.4))
    tones = colours.pigments(palette("jade", np.random.default_rng(1)), "clear", distance)
    made = Massif(built, style, manner, tones, distance, 1.0, cells(0.4))
    return paint_massif(rng, made, round(wide * height), height)


@pytest.mark.parametrize("style", MANNERS)
def test_a_mountain_is_premultiplied_and_leaves_its_sheets_edges_free(style: str) -> None:
    rgba = _painted(style)
    assert rgba.dtype == np.float32
    assert 0 <= rgba.min() <= rgba.max() <= 1
    assert (rgba[..., :3] <= rgba[..., 3:] + 2e-3).all()
    assert rgba[..., 3].max() > 0.9
    assert rgba[-1, :, 3].max() < 0.05
    assert max(rgba[:, 0, 3].max(), rgba[:, -1, 3].max()) < 0.25


def test_every_manner_is_its_own() -> None:
    pictures = [_painted(style) for style in MANNERS]
    for one, other in pairwise(pictures):
        h, w = (min(a, b) for a, b in zip(one.shape[:2], other.shape[:2], strict=True))
        assert np.abs(one[:h, :w] - other[:h, :w]).mean() > 0.02


def test_the_same_mountain_at_another_size() -> None:
    small, large = _painted("hemp", 96), _painted("hemp", 192)
    halved = large[: len(small) * 2].reshape(96, 2, large.shape[1], 4).mean(1)
    columns = np.linspace(0, large.shape[1] - 1, small.shape[1]).round().astype(int)
    assert np.abs(halved[:, columns, 3] - small[..., 3]).mean() < 0.06


def test_what_is_far_is_paler() -> None:
    near, far = (_painted("hemp", distance=d) for d in (0.0, 0.8))
    tones = [rgba[rgba[..., 3] > 0.9][:, :3].mean() for rgba in (near, far)]
    assert tones[1] > tones[0] + 0.05


@pytest.mark.parametrize("plan", ["host", "cliff", "lean", "plateau", "range", "columns", "slope"])
def test_a_plan_builds_folds_that_lie_within_their_frame(plan: str) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        moved, _, wide = folds.framed(folds.build(rng, plan, "swell", 6, 1.6))
        assert len(moved) >= 3
        assert all(fold.x[0] > 0 and fold.x[-1] < wide for fold in moved)
        assert all(fold.top < fold.foot for fold in moved)


def test_ink_over_ink_darkens_and_no_ink_is_none() -> None:
    box = (0, 20, 0, 20)
    square = np.array([[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]], np.float32)
    assert Ink(box, 20.0).plane() is None
    once, twice = Ink(box, 20.0), Ink(box, 20.0)
    once.polygons(square, 0.5)
    twice.polygons(np.concatenate([square, square]), [0.5, 0.5])
    first, second = once.plane(), twice.plane()
    assert first is not None
    assert second is not None
    assert first[10, 10] == pytest.approx(0.5, abs=0.02)
    assert second[10, 10] == pytest.approx(0.25, abs=0.02)
    assert first[1, 1] == 1


def test_strokes_are_as_wide_as_their_pressure() -> None:
    rng = np.random.default_rng(0)
    line = np.stack([np.linspace(0, 1, 8), np.zeros(8)], -1)[None].astype(np.float32)
    wide = pressure(rng, 1, 8)
    outline = ribbons(line, wide)[0]
    np.testing.assert_allclose(np.abs(outline[:8, 1] - outline[:7:-1, 1]), wide[0], rtol=1e-5)
    assert dabs(rng, np.zeros((3, 2), np.float32), 0.1, 0.05, 0.0).shape == (3, 9, 2)
