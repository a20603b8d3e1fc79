import pytest

from conclvd.paint.draw.layers import MARGIN_X
from conclvd.paint.scene.camera import eased, place, zoom_at
from conclvd.paint.scene.scene import Camera


def test_easing_is_linear_first_and_never_arrives() -> None:
    assert eased(0.5) == 0.5
    assert eased(0.7501) == pytest.approx(0.7501, abs=1e-4)
    assert 0.99 < eased(3.0) < 1.0


def test_static_camera_moves_nothing() -> None:
    assert place(Camera(), 5.0, 1.0, 1.6).to_screen(0.3, 0.4) == pytest.approx((0.3, 0.4))


def test_panning_left_moves_the_picture_to_the_right_and_near_layers_more() -> None:
    camera = Camera("pan left", (0.08, 0.0))

    def moved(parallax: float) -> float:
        return (
            place(camera, 1.0, parallax, 1.0).shift[0] - place(camera, 0.0, parallax, 1.0).shift[0]
        )

    assert 0 < moved(0.2) < moved(1.0)


def test_zooming_in_keeps_the_centre_and_enlarges() -> None:
    spot = place(Camera("zoom in", zoom=0.1), 1.0, 1.0, 1.0)
    assert spot.to_screen(0.5, 0.5) == pytest.approx((0.5, 0.5))
    assert spot.to_screen(0.8, 0.5)[0] > 0.8


def test_zooming_out_shrinks_towards_the_whole_picture() -> None:
    camera = Camera("zoom out", zoom=-0.1)
    assert zoom_at(camera, 0.0) > zoom_at(camera, 1.0) > zoom_at(camera, 60.0) >= 1.0


@pytest.mark.parametrize("speed", [-0.085, 0.085])
def test_the_longest_pan_stays_within_the_painted_margin(speed: float) -> None:
    for seconds in (0.0, 1.0, 10.0, 1000.0):
        assert abs(place(Camera("pan", (speed, 0.0)), seconds, 1.0, 1.0).shift[0]) < MARGIN_X
