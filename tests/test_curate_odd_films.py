"""Sources as they come: turned, odd, of a variable rate, of high dynamic range, of one frame."""

from pathlib import Path

import numpy as np
import pytest

import films
from conclvd.manifest import read_manifest
from conclvd.tensors import Frame
from cutting import cut, frames_of, near

pytestmark = pytest.mark.slow


def only_clip(folder: Path) -> list[Frame]:
    (record,) = read_manifest(folder)
    return frames_of(folder, record)


def test_a_turned_video_is_cut_upright(tmp_path: Path) -> None:
    film = films.shot(1, 40)
    folder = tmp_path / "set"
    cut(folder, films.write(tmp_path / "phone.mp4", film, rotation=90))
    clip = only_clip(folder)
    assert clip[0].shape == (320, 180, 3)
    assert near(clip[0], np.rot90(film[0])) < 6


@pytest.mark.parametrize(
    ("width", "height", "pixels"), [(321, 181, "yuv444p"), (320, 180, "yuv444p")]
)
def test_odd_sizes_and_full_chroma_become_plain(
    tmp_path: Path, width: int, height: int, pixels: str
) -> None:
    film = films.shot(1, 40, width, height)
    folder = tmp_path / "set"
    cut(folder, films.write(tmp_path / "odd.mp4", film, pixels=pixels))
    clip = only_clip(folder)
    assert clip[0].shape == (180, 320, 3)
    assert near(clip[0], film[0][:180, :320]) < 6


def test_a_variable_rate_keeps_its_length(tmp_path: Path) -> None:
    stamps = [round(1000 / 24 * (index + 10 * (index >= 20))) for index in range(60)]
    folder = tmp_path / "set"
    cut(folder, films.write(tmp_path / "phone.mkv", films.shot(1, 60), stamps=stamps))
    (record,) = read_manifest(folder)
    assert (record.frames, record.fps) == (70, 24)
    assert near(*frames_of(folder, record)[20:22]) < 2  # the frame that was held


def test_high_dynamic_range_becomes_ordinary(tmp_path: Path) -> None:
    film = films.shot(1, 40)
    grey = [np.full_like(frame, 148) for frame in film]  # PQ 0.58: diffuse white
    for frame, seen in zip(grey, film, strict=True):
        frame[60:120, 100:220] = seen[60:120, 100:220]
    path = films.write(
        tmp_path / "hdr.mp4", grey, codec="libx265", pixels="yuv420p10le", colours=(9, 16, 9),
        options={"x265-params": "log-level=none", "preset": "ultrafast"},
    )  # fmt: skip
    folder = tmp_path / "set"
    cut(folder, path)
    corner = only_clip(folder)[0][:40, :40].mean(axis=(0, 1))
    assert np.all(corner > 225)  # white is white, not the grey that its numbers look like
    assert np.ptp(corner) < 4


def test_one_frame_is_dropped_as_too_short(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    result = cut(folder, films.write(tmp_path / "one.mp4", films.shot(1, 1)))
    assert (result.made, result.dropped) == (0, {"short": 1})
