"""The canvas: where shapes land, how they blend, and what it refuses."""

import numpy as np
import pytest

from conclvd.paint.draw.canvas import Canvas, ellipse_outlines, shifted, stroke_outlines

SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
STEP = 1.5 / 255  # aggdraw works in bytes and rounds down


def test_an_untouched_canvas_is_transparent_black() -> None:
    texture = Canvas(5, 3, scale=2).texture()
    assert texture.shape == (3, 5, 4)
    assert texture.dtype == np.float32
    assert not texture.any()


def test_an_opaque_shape_has_its_own_colour() -> None:
    canvas = Canvas(10, 10, scale=10)
    canvas.polygon(SQUARE, (0.2, 0.4, 0.8))
    np.testing.assert_allclose(canvas.texture()[5, 5], (0.2, 0.4, 0.8, 1.0), atol=STEP)


def test_a_half_transparent_shape_comes_out_premultiplied() -> None:
    canvas = Canvas(10, 10, scale=10)
    canvas.polygon(SQUARE, (0.8, 0.4, 0.2), 0.5)
    np.testing.assert_allclose(canvas.texture()[5, 5], (0.4, 0.2, 0.1, 0.5), atol=STEP)


def test_overlapping_shapes_compose_as_source_over_destination() -> None:
    canvas = Canvas(10, 10, scale=10)
    canvas.polygon(SQUARE, (0.8, 0.4, 0.2), 0.5)
    canvas.polygon(SQUARE, (0.0, 1.0, 0.0), 0.25)
    # new = colour * alpha + old * (1 - alpha), of premultiplied colours and of alpha alike
    np.testing.assert_allclose(canvas.texture()[5, 5], (0.3, 0.4, 0.075, 0.625), atol=2 * STEP)


def test_colour_never_exceeds_alpha() -> None:
    rng = np.random.default_rng(0)
    canvas = Canvas(64, 64, scale=64)
    x, y = rng.random((2, 300))
    canvas.ellipses(x, y, 0.1, 0.06, rng.random((300, 3)), rng.random(300), rng.random(300) * 90)
    texture = canvas.texture()
    assert 0 <= texture.min() <= texture.max() <= 1
    assert (texture[..., :3] <= texture[..., 3:]).all()


def test_scale_and_origin_place_world_points() -> None:
    canvas = Canvas(40, 30, scale=20, origin=(-0.5, -0.25))
    canvas.polygon([(0, 0), (0.5, 0), (0.5, 0.25), (0, 0.25)], (1, 1, 1))
    rows, columns = np.nonzero(canvas.texture()[..., 3] > 0.5)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (5, 9, 10, 19)


def test_a_placed_view_draws_on_the_same_texture_in_its_own_units() -> None:
    canvas = Canvas(40, 40, scale=40)
    canvas.placed(0.5, 0.5, 0.25).polygon(SQUARE, (1, 1, 1))
    direct = Canvas(40, 40, scale=40)
    direct.polygon(np.array(SQUARE) * 0.25 + 0.5, (1, 1, 1))
    np.testing.assert_array_equal(canvas.texture(), direct.texture())


def test_a_view_heading_left_is_the_mirror_image() -> None:
    textures = []
    for heading in (1, -1):
        canvas = Canvas(64, 64, scale=64)
        view = canvas.placed(0.5, 0.5, 0.4, heading)
        rng = np.random.default_rng(3)
        view.stroke([(0, 0), (0.5, 0.3), (1, 0.2)], 0.2, 0.05, (0.3, 0.2, 0.1), 0.8, rng=rng)
        textures.append(canvas.texture())
    assert textures[0].any()
    np.testing.assert_allclose(textures[0], textures[1][:, ::-1], atol=6 / 255)


def test_many_shapes_in_one_call_are_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(1)
    outlines, colours, alphas = rng.random((9, 5, 2)), rng.random((9, 3)), rng.random(9)
    together, singly = Canvas(32, 32, scale=32), Canvas(32, 32, scale=32)
    together.polygons(outlines, colours, alphas)
    for outline, colour, alpha in zip(outlines, colours, alphas, strict=True):
        singly.polygon(outline, colour, float(alpha))
    np.testing.assert_array_equal(together.texture(), singly.texture())


def test_shapes_outside_leave_no_mark_and_do_not_shift_the_others_colours() -> None:
    outside, inside = shifted(SQUARE, 5, 5), np.array(SQUARE, np.float32)
    canvas = Canvas(10, 10, scale=10)
    canvas.polygons(np.stack([outside, inside]), [(1, 0, 0), (0, 0, 1)], [1.0, 0.5])
    np.testing.assert_allclose(canvas.texture()[5, 5], (0, 0, 0.5, 0.5), atol=STEP)


def test_no_shapes_leave_no_mark() -> None:
    canvas = Canvas(8, 8, scale=8)
    canvas.polygons(np.zeros((0, 4, 2)), np.zeros((0, 3)))
    assert not canvas.texture().any()


def test_an_ellipse_covers_its_area() -> None:
    canvas = Canvas(200, 200, scale=200)
    canvas.ellipse(0.5, 0.5, 0.4, 0.2, (1, 1, 1), angle=90)
    alpha = canvas.texture()[..., 3]
    assert alpha.sum() / 200**2 == pytest.approx(np.pi * 0.4 * 0.2, rel=0.03)
    rows, columns = np.nonzero(alpha > 0.5)
    assert np.ptp(rows) == pytest.approx(160, abs=3)
    assert np.ptp(columns) == pytest.approx(80, abs=3)


def test_ellipse_outlines_turn_from_x_towards_y() -> None:
    first = ellipse_outlines(1, 2, 3, 1, 90, 8)[0, 0]
    np.testing.assert_allclose(first, (1, 5), atol=1e-5)


def test_a_stroke_passes_through_its_points_and_tapers() -> None:
    outline = stroke_outlines([[(0, 0), (1, 0), (2, 1)]], 0.4, 0.1)[0]
    samples = len(outline) // 2
    left, right = outline[:samples], outline[samples:][::-1]
    middle, width = (left + right) / 2, np.linalg.norm(left - right, axis=1)
    np.testing.assert_allclose(middle[[0, samples // 2, -1]], [(0, 0), (1, 0), (2, 1)], atol=1e-5)
    np.testing.assert_allclose(width[[0, -1]], (0.4, 0.1), atol=1e-5)
    assert (np.diff(width) < 0).all()


def test_a_belly_swells_at_its_peak() -> None:
    outline = stroke_outlines([[(0, 0), (1, 0)]], 0.0, 0.0, belly=0.3, peak=0.3)[0]
    samples = len(outline) // 2
    width = np.linalg.norm(outline[:samples] - outline[samples:][::-1], axis=1)
    assert width.max() == pytest.approx(0.3, rel=0.03)
    assert np.argmax(width) / (samples - 1) == pytest.approx(0.3, abs=0.1)


def test_roughness_comes_from_the_generator_alone() -> None:
    line = [[(0, 0), (1, 1)]]
    first = stroke_outlines(line, 0.2, 0.1, rng=np.random.default_rng(5))
    again = stroke_outlines(line, 0.2, 0.1, rng=np.random.default_rng(5))
    other = stroke_outlines(line, 0.2, 0.1, rng=np.random.default_rng(6))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


@pytest.mark.parametrize(("width", "height", "scale"), [(0, 4, 1), (4, -1, 1), (4, 4, 0)])
def test_an_impossible_canvas_is_refused(width: int, height: int, scale: float) -> None:
    with pytest.raises(ValueError, match="canvas needs"):
        Canvas(width, height, scale=scale)


def test_impossible_shapes_are_refused() -> None:
    canvas = Canvas(8, 8, scale=8)
    with pytest.raises(ValueError, match="not finite"):
        canvas.polygon([(0, 0), (1, float("nan")), (1, 1)], (0, 0, 0))
    with pytest.raises(ValueError, match="shape"):
        canvas.polygon([(0, 0), (1, 1)], (0, 0, 0))
    with pytest.raises(ValueError, match="points"):
        canvas.stroke([(0, 0)], 0.1, 0.1, (0, 0, 0))


@pytest.mark.parametrize(("size", "heading"), [(0.0, 1), (float("nan"), 1), (0.5, 0)])
def test_an_impossible_placement_is_refused(size: float, heading: int) -> None:
    with pytest.raises(ValueError, match=r"size|heading"):
        Canvas(8, 8, scale=8).placed(0, 0, size, heading)
