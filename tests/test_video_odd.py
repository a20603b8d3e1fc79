"""Videos as people have them: turned, transparent, deep, uneven, or broken in some way."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

import films
from conclvd.errors import MediaError
from conclvd.tensors import Frame
from conclvd.video.pace import Pace, pace_of, paced_frames, read_pace
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video
from moving import psnr, sliding


def read(path: Path) -> list[Frame]:
    return list(read_frames(path))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_film_is_upright(tmp_path: Path, rotation: int) -> None:
    shot = films.shot(1, 2)
    path = films.write(tmp_path / "turned.mp4", shot, rotation=rotation)
    wanted = np.rot90(shot[0], rotation // 90)
    (first, _), info = read(path), probe(path)
    assert first.shape == wanted.shape
    assert (info.height, info.width) == wanted.shape[:2]
    assert psnr(first, np.ascontiguousarray(wanted)) > 20


def test_a_turned_photograph_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be shown a quarter turn clockwise
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[8:] = 255
    for index in range(2):
        Image.fromarray(pixels).save(tmp_path / f"{index}.jpg", exif=exif, quality=95)
    info = probe(tmp_path)
    assert (info.height, info.width) == (32, 16)
    for frame in read(tmp_path):
        assert np.array_equal(frame > 128, np.rot90(pixels, -1) > 128)


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    pictures = []
    for left in (4, 12):
        pixels = np.zeros((20, 30, 4), np.uint8)
        pixels[5:15, left : left + 8] = (200, 40, 30, 255)
        pixels[0, 0] = (0, 0, 0, 128)
        pictures.append(Image.fromarray(pixels))
    path = tmp_path / "a.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, disposal=2)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index, picture in enumerate(pictures):
        picture.save(folder / f"{index}.png")
    for frames in (read(path), read(folder)):
        assert [frame[1, 1].tolist() for frame in frames] == [[255] * 3] * 2
        assert [frame[10, left].tolist() for frame, left in zip(frames, (5, 19), strict=True)] == [
            [200, 40, 30]
        ] * 2
    assert read(folder)[0][0, 0].tolist() == [127] * 3


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path: Path) -> None:
    ramp = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "0.png")
    (frame,) = read(tmp_path)
    assert np.array_equal(frame[..., 1].ravel(), np.arange(256))


def test_ten_bits_keep_their_colours_and_hdr_becomes_ordinary(tmp_path: Path) -> None:
    grey = [np.full((64, 96, 3), 148, np.uint8)] * 2
    quiet = {"x265-params": "log-level=none", "preset": "ultrafast"}
    settings = {"codec": "libx265", "pixels": "yuv420p10le", "options": quiet}
    ten = films.write(tmp_path / "ten.mp4", grey, **settings)  # type: ignore[arg-type]
    assert abs(read(ten)[0].astype(int) - 148).max() < 3
    hdr = films.write(tmp_path / "hdr.mp4", grey, colours=(9, 16, 9), **settings)  # type: ignore[arg-type]
    assert read(hdr)[0].min() > 225  # PQ 0.58 is the white of paper


@pytest.mark.parametrize(("height", "matrix"), [(480, 5), (720, 1)])
def test_what_tells_no_matrix_has_that_of_its_size(
    tmp_path: Path, height: int, matrix: int
) -> None:
    red = [np.full((height, 64, 3), (220, 30, 30), np.uint8)]
    told = films.write(tmp_path / "told.mp4", red, colours=(1, 1, matrix))
    untold = films.write(tmp_path / "untold.mp4", red, colours=(1, 1, 2))
    assert np.array_equal(read(told)[0], read(untold)[0])


def test_pictures_come_by_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 2):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"shot1_{number}.png")
    assert [int(frame[0, 0, 0]) for frame in read(tmp_path)] == [2, 9, 10]
    assert not probe(tmp_path).rate_told


def test_a_picture_of_another_size_is_named(tmp_path: Path) -> None:
    for name, side in (("a", 16), ("b", 16), ("c", 8)):
        Image.new("RGB", (side, 16)).save(tmp_path / f"{name}.png")
    frames = read_frames(tmp_path)
    assert next(frames).shape == next(frames).shape
    with pytest.raises(MediaError, match=r"c\.png.*8x16.*16x16"):
        next(frames)


@pytest.mark.parametrize(
    ("delays", "shown"),
    [
        ((4, 3, 3, 4, 3, 3), ()),  # 30 a second in hundredths
        ((10, 10, 11, 9, 10), ()),
        ((10, 10, 30, 10, 50), (1, 1, 3, 1, 5)),
        ((10, 10, 14, 10, 40), (1, 1, 1, 1, 4)),
        ((4, 8, 8, 1, 8, 4), (1, 2, 2, 1, 1, 1)),  # none is left out, however short
        ((0, 0, 0), ()),
    ],
)
def test_uneven_delays_become_a_grid(delays: tuple[int, ...], shown: tuple[int, ...]) -> None:
    seconds = [Fraction(delay, 100) for delay in delays]
    pace = pace_of(seconds, Fraction(7))
    assert pace.shown == shown
    if shown:
        assert float(sum(shown) / pace.fps) == pytest.approx(float(sum(seconds)), rel=1e-3)
    else:
        assert pace == Pace(Fraction(7))


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mkv"])
def test_frames_held_for_long_are_held_on_the_grid(tmp_path: Path, suffix: str) -> None:
    shown = (1, 1, 4, 1, 1, 2)
    frames = [sliding(3 * index) for index in range(len(shown))]
    path = tmp_path / f"a{suffix}"
    if suffix == ".mkv":
        starts = [100 * sum(shown[:index]) for index in range(len(shown))]
        films.write(path, frames, Fraction(10), stamps=starts)
        shown = (*shown[:-1], 1)  # a file of stamps does not say how long the last one stays
    else:
        pictures = [Image.fromarray(frame) for frame in frames]
        delays = [100 * ticks for ticks in shown]
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=delays)
    pace = read_pace(path, probe(path))
    assert pace == Pace(Fraction(10), shown)
    found = list(paced_frames(path, pace))
    assert len(found) == sum(shown)
    assert [int(np.array_equal(a, b)) for a, b in pairwise(found)][:6] == [*(0, 0, 1, 1, 1, 0)]


def test_even_videos_keep_their_rate(tmp_path: Path) -> None:
    frames = [sliding(index) for index in range(7)]
    for suffix, rate in ((".gif", 30), (".webp", 24), (".mp4", Fraction(30000, 1001))):
        path = write_video(tmp_path / f"a{suffix}", frames, Fraction(rate))
        info = probe(path)
        assert read_pace(path, info) == Pace(info.fps)
    assert len(list(paced_frames(path, Pace(info.fps)))) == 7


def test_tags_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(
        path, [sliding(0)], Fraction(6), metadata="m", tags={"title": "山水", "artist": "nobody"}
    )
    info = probe(path)
    assert info.tags == {"title": "山水", "artist": "nobody"}
    assert info.metadata == "m"
