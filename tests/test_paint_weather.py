import numpy as np
import pytest

from conclvd.paint.clip import paint_clip
from conclvd.paint.draw.weather import (
    draw_precipitation,
    paint_flight,
    paint_precipitation,
    piece_outlines,
)
from conclvd.paint.scene.palette import PALETTES, palette


def _rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.mark.parametrize("kind", ["rain", "snow"])
def test_tiles_repeat_without_a_seam(kind: str) -> None:
    tile = paint_precipitation(_rng(), palette("ink", _rng()), kind, 1).tile.astype(int)
    for axis in (0, 1):
        steps = np.abs(np.diff(tile, axis=axis, append=np.take(tile, [0], axis)))
        seam = np.take(steps, -1, axis).mean()
        assert seam < 4 * steps.mean() + 1


@pytest.mark.parametrize("kind", ["rain", "snow"])
def test_precipitation_falls(kind: str) -> None:
    layer = paint_precipitation(_rng(), palette("ink", _rng()), kind, 1)
    first, second = (draw_precipitation(layer, t, 96, 64) for t in (0.0, 1 / 6))
    assert first.shape == (64, 96)
    assert first.max() > 100
    assert np.abs(first.astype(int) - second).mean() > 1


@pytest.mark.parametrize("name", sorted(PALETTES))
@pytest.mark.parametrize("kind", ["rain", "snow"])
def test_precipitation_contrasts_with_the_sky_in_a_single_frame(name: str, kind: str) -> None:
    clear, falling = (
        paint_clip(3, frames=1, width=128, height=128, palette=name, weather=kind, seal="none")
        for kind in ("clear", kind)
    )
    sky = falling.frames[0, :54].astype(int).max(-1)
    assert falling.attributes.weather == kind
    # Some drops or flakes, which are fine, are far brighter than the sky around them.
    assert np.percentile(sky, 99.8) - np.median(sky) > 25
    assert np.abs(falling.frames.astype(int) - clear.frames).mean() > 2


@pytest.mark.parametrize("wind", [-1, 1])
@pytest.mark.parametrize("kind", ["petals", "leaves"])
def test_pieces_drift_with_the_wind_at_most_six_pixels_a_frame(kind: str, wind: int) -> None:
    layer = paint_flight(_rng(), palette("spring", _rng()), kind, wind)
    ways = []
    for t in np.arange(8) / 6:
        now, _ = piece_outlines(layer, float(t), 1.0)
        then, _ = piece_outlines(layer, float(t) + 1 / 6, 1.0)
        way = then.mean(1) - now.mean(1)
        ways.append(way[np.abs(way).max(-1) < 0.5])  # without those that start anew
    moved = np.concatenate(ways)
    assert np.hypot(*moved.T).max() * 256 < 6.5
    assert moved[:, 0].mean() * wind > 0.003
    assert moved[:, 1].mean() > 0.003
