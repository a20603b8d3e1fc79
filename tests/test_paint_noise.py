import numpy as np
import pytest

from conclvd.paint.noise import fbm, fbm_line, smoothstep, value_noise, wrapping_fbm


def test_smoothstep_is_zero_half_one() -> None:
    assert smoothstep([-1.0, 0.0, 0.5, 1.0, 2.0], 0, 1).tolist() == [0, 0, 0.5, 1, 1]


def test_smoothstep_runs_down_between_negative_bounds() -> None:
    assert smoothstep([-2.0, -1.5, -1.0], -1.0, -2.0).tolist() == [1, 0.5, 0]


@pytest.mark.parametrize("draw", [value_noise, fbm])
def test_noise_draws_do_not_depend_on_the_size(draw) -> None:
    small, large = np.random.default_rng(3), np.random.default_rng(3)
    draw(small, 20, 30, 4, 5)
    draw(large, 200, 300, 4, 5)
    assert small.random() == large.random()


def test_noise_looks_alike_at_two_sizes() -> None:
    small = fbm(np.random.default_rng(3), 64, 64, 4, 4, 2)
    large = fbm(np.random.default_rng(3), 256, 256, 4, 4, 2)
    reduced = large.reshape(64, 4, 64, 4).mean((1, 3))
    assert np.corrcoef(small.ravel(), reduced.ravel())[0, 1] > 0.97


def test_noise_is_centred_and_bounded() -> None:
    noise = value_noise(np.random.default_rng(0), 128, 128, 16, 16)
    assert abs(noise.mean()) < 0.1
    assert np.abs(noise).max() < 1.6
    assert fbm_line(np.random.default_rng(0), 50, 6).shape == (50,)


def test_wrapping_noise_continues_across_its_edge() -> None:
    noise = wrapping_fbm(np.random.default_rng(1), 40, 240, 3, 5)
    seam = np.abs(noise[:, 0] - noise[:, -1]).mean()
    inside = np.abs(np.diff(noise, axis=1)).mean()
    assert seam < 3 * inside
