"""Sources to clips: exact cuts, verdicts with their numbers, resuming, odd sources."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

import films
from conclvd.curate.cut import cut_sources
from conclvd.curate.plan import CutSettings
from conclvd.errors import DatasetError
from conclvd.manifest import read_manifest
from conclvd.video.probe import probe
from cutting import cut, frames_of, near, plan, spans

pytestmark = pytest.mark.slow


def test_hard_cuts_are_exact_to_the_frame(tmp_path: Path) -> None:
    lengths = (30, 41, 27, 53)
    film = [frame for seed, n in enumerate(lengths) for frame in films.shot(seed, n)]
    path = films.write(tmp_path / "film.mkv", film, Fraction(24000, 1001), options={"crf": "12"})
    folder = tmp_path / "set"
    result = cut(folder, path)
    assert (result.made, result.there, result.broken) == (4, 0, ())
    edges = np.cumsum([0, *lengths]).tolist()
    assert spans(folder) == list(pairwise(edges))
    for record, start in zip(read_manifest(folder), edges, strict=False):
        clip = frames_of(folder, record)
        assert len(clip) == record.frames
        assert near(clip[0], film[start]) < 4
        assert near(clip[-1], film[start + len(clip) - 1]) < 4
        assert near(clip[0], film[start + 2]) > near(clip[0], film[start])
        assert probe(folder / record.file_name).fps == record.fps == Fraction(24000, 1001)
        assert record.start == pytest.approx(start * 1001 / 24000, abs=1e-6)
        assert (record.source, record.license, record.caption) == ("film.mkv", "CC0-1.0", "")


def test_animation_on_threes_is_not_cut_at_every_drawing(tmp_path: Path) -> None:
    scenes = [films.shot(seed, 36, speed=6)[::3] for seed in range(2)]
    film = [frame for scene in scenes for drawing in scene for frame in 3 * [drawing]]
    folder = tmp_path / "set"
    cut(folder, films.write(tmp_path / "film.mkv", film))
    assert spans(folder) == [(0, 36), (36, 72)]


def test_dissolves_and_fades_belong_to_no_clip(tmp_path: Path) -> None:
    black = [np.zeros((180, 320, 3), np.uint8)] * 14
    film = films.dissolve(films.shot(1, 60), films.shot(2, 76), 16)  # frames 44 to 59
    film = films.dissolve(film, black, 12)  # 108 to 119
    film = films.dissolve(film + black, [*black[:1], *films.shot(3, 50)], 12)
    folder = tmp_path / "set"
    cut(folder, films.write(tmp_path / "film.mkv", film))
    kept = [(p.start, p.stop) for p in plan(folder) if p.reason is None]
    assert len(kept) == 3
    for (start, stop), (first, last) in zip(kept, [(0, 44), (60, 108), (136, 175)], strict=True):
        assert first <= start <= first + 4
        assert last - 4 <= stop <= last


def verdicts(folder: Path) -> dict[int, str | None]:
    return {planned.start: planned.reason for planned in plan(folder)}


def test_what_is_dropped_has_a_reason_and_a_number(tmp_path: Path) -> None:
    still = films.shot(5, 1) * 40
    slides = [films.shot(6, 1)[0]] * 36
    for number in range(1, 3):  # pictures that change by so little that it is no cut
        changed = slides[0].copy()
        cv2.rectangle(changed, (60 * number, 40), (60 * number + 30, 80), (90, 90, 90), -1)
        slides[12 * number :] = [changed] * (36 - 12 * number)
    dark = [np.full((180, 320, 3), 8, np.uint8)] * 30
    parts = [films.shot(1, 40), still, films.shot(2, 12), dark, slides]
    path = films.write(tmp_path / "film.mkv", [f for part in parts for f in part])
    folder = tmp_path / "set"
    result = cut(folder, path)
    starts = np.cumsum([0, *map(len, parts[:-1])]).tolist()
    expected = [None, "still", "short", "black", "slide-show"]
    assert verdicts(folder) == dict(zip(starts, expected, strict=True))
    assert result.made == 1
    assert result.dropped == {"still": 1, "short": 1, "black": 1, "slide-show": 1}
    said = {planned.reason: planned.measured for planned in plan(folder)}
    assert said["short"] == "0.50 s, under 1"
    assert str(said["still"]).startswith("motion 0.")


def test_low_pictures_are_dropped_and_long_scenes_divided(tmp_path: Path) -> None:
    path = films.write(tmp_path / "film.mkv", films.shot(1, 80))
    folder = tmp_path / "set"
    result = cut(folder, path, settings=CutSettings())
    assert (result.made, result.dropped) == (0, {"low": 1})
    assert plan(folder)[0].measured == "180 lines, under 720"
    # nothing was cut yet: other settings are welcome
    divided = CutSettings(min_lines=180, min_seconds=1, max_seconds=1.5)
    assert cut_sources(folder, divided, workers=1).made == 3
    assert spans(folder) == [(0, 26), (26, 53), (53, 80)]
    with pytest.raises(DatasetError, match="cut with min_lines 180, and 720 is asked for"):
        cut_sources(folder, CutSettings(min_seconds=1, max_seconds=1.5), workers=1)


def test_bars_are_cropped_and_a_dark_scene_follows_its_neighbours(tmp_path: Path) -> None:
    night = [frame // 12 for frame in films.shot(3, 40)]
    for frame in night:
        cv2.circle(frame, (160, 90), 30, (250, 250, 220), -1)
    film = films.letterbox([*films.shot(1, 40), *night, *films.shot(2, 40)], 22, 16)
    folder = tmp_path / "set"
    cut(folder, films.write(tmp_path / "film.mkv", film))
    assert {planned.crop for planned in plan(folder)} == {(16, 22, 320, 180)}
    first = read_manifest(folder)[0]
    assert (first.width, first.height) == (320, 180)
    assert near(frames_of(folder, first)[0], film[0][22:-22, 16:-16]) < 6


def test_subtitles_and_logos_are_flagged(tmp_path: Path) -> None:
    film = [f for seed in range(4) for f in films.shot(seed, 28, 480, 270)]
    for index, frame in enumerate(film):
        cv2.putText(frame, "INK TV", (375, 40), 0, 0.8, (255, 255, 255), 2)
        if 28 <= index < 56:
            cv2.putText(frame, "a boat drifts home", (120, 248), 0, 0.8, (255, 255, 255), 2)
    folder = tmp_path / "set"
    cut(folder, films.write(tmp_path / "film.mkv", film))
    flags = [record.flags for record in read_manifest(folder)]
    assert [("subtitles" in flag) for flag in flags] == [False, True, False, False]
    left, top, right, bottom = map(float, flags[0][-1].removeprefix("logo at ").split(", "))
    assert left < 375 / 480 + 0.02
    assert right > 450 / 480 - 0.02
    assert top < 30 / 270
    assert bottom < 60 / 270


def test_a_clean_film_has_no_flags(tmp_path: Path) -> None:
    film = [f for seed in range(5) for f in films.shot(seed, 26, 480, 270)]
    folder = tmp_path / "set"
    cut(folder, films.write(tmp_path / "film.mkv", films.letterbox(film, 20)))
    assert [record.flags for record in read_manifest(folder)] == [()] * 5


def test_near_duplicates_across_sources_are_dropped(tmp_path: Path) -> None:
    scene = films.shot(1, 60)
    other = [cv2.resize(frame, (256, 144), interpolation=cv2.INTER_AREA) for frame in scene[6:54]]
    one = films.write(tmp_path / "one.mkv", [*films.shot(2, 40), *scene])
    two = films.write(
        tmp_path / "two.mp4", [*other, *films.shot(3, 40, 256, 144)], options={"crf": "32"}
    )
    folder = tmp_path / "set"
    result = cut(folder, one, two)
    assert (result.made, result.dropped) == (3, {"duplicate": 1})
    (dropped,) = [planned for planned in plan(folder) if planned.reason]
    assert (dropped.start, dropped.stop) == (0, 48)
    first = next(p for p in plan(folder) if p.start == 40)
    assert str(dropped.measured).endswith(f"of 64 bits from {first.file_name}")
