"""The benchmark of known motions finds the place of a picture that has one, and no other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from conclvd.tensors import Frame
from known_motion import cases, disc, miss, slide, turn


@pytest.mark.parametrize("off", [-7.0, -0.3, 0.0, 2.5])
@pytest.mark.parametrize("render", [slide, disc, turn])
def test_a_place_is_found(render: Callable[[float], Frame], off: float) -> None:
    assert miss(render(10 + off), render, 10) == pytest.approx(off, abs=0.02)


def test_what_dissolves_has_no_place() -> None:
    mixed = (slide(0).astype(np.float32) + slide(30)) / 2
    assert np.isnan(miss(mixed.astype(np.uint8), slide, 15))
    assert np.isnan(miss(np.full_like(slide(0), 127), slide, 15))


def test_places_between_are_those_of_the_motion() -> None:
    by_name = {case.name: case for case in cases()}
    accelerated = by_name["slide, accelerated by 1.6 px"]
    assert accelerated.places[:3] == pytest.approx((0, 1.8, 5.2))
    assert accelerated.middles[:2] == pytest.approx((0.7, 3.3))
    assert by_name["slide 30 px"].middles == (15, 45)
