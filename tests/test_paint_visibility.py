import numpy as np
import pytest

from conclvd.paint.draw.compositor import Trace
from conclvd.paint.draw.layers import Layer
from conclvd.paint.draw.visibility import Sight, combined, sights


def _trace(name: str, left: int, cover: int, change: int, size: int = 4) -> Trace:
    shape = (size, size)
    return Trace(
        Layer(name), left, 0, np.full(shape, cover, np.uint8), np.full(shape, change, np.uint8)
    )


def test_an_uncovered_layer_is_seen_in_full_where_it_is() -> None:
    found = sights([_trace("sun", 4, 255, 200)], width=8, height=4)["sun"]
    assert found.visible == pytest.approx(0.5)
    assert found.x == pytest.approx(0.75)
    assert found.y == pytest.approx(0.5)
    assert found.free == pytest.approx(1.0)


def test_a_layer_behind_an_opaque_one_is_not_seen() -> None:
    assert "sun" not in sights([_trace("sun", 0, 255, 200), _trace("hill", 0, 255, 90)], 8, 4)


def test_a_layer_behind_a_veil_is_seen_in_part() -> None:
    found = sights([_trace("sun", 0, 255, 200), _trace("mist", 0, 204, 90)], 4, 4)["sun"]
    assert found.visible == pytest.approx(0.2, abs=0.01)
    assert found.free == pytest.approx(0.2, abs=0.01)


def test_a_layer_of_the_colour_of_its_surroundings_is_not_seen() -> None:
    found = sights([_trace("moon", 0, 255, 0), _trace("crane", 4, 255, 13)], 8, 4)
    assert "moon" not in found
    assert found["crane"].visible == pytest.approx(0.25)


def test_frames_without_a_layer_count_as_zero() -> None:
    mean = combined([{"boat": Sight(0.2, 0.25, 0.5, 1, 1.0)}, {}])
    assert mean["boat"].visible == pytest.approx(0.1)
    assert mean["boat"].x == pytest.approx(0.25)
