"""Sources to clips: exact cuts, verdicts with their numbers, resuming, odd sources."""

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import films
from conclvd.curate.add import add_sources
from conclvd.curate.cut import CutResult, cut_sources, read_cuts
from conclvd.curate.plan import PLAN, CutSettings, Planned
from conclvd.errors import DatasetError, InvalidRequest, MediaError
from conclvd.lines import read_lines
from conclvd.manifest import MANIFEST, ClipRecord, read_manifest
from conclvd.tensors import Frame
from conclvd.video.probe import probe
from conclvd.video.read import read_frames

pytestmark = pytest.mark.slow

SETTINGS = CutSettings(min_lines=90, min_seconds=1)
SMALL = (160, 90)


def cut(folder: Path, *videos: Path, settings: CutSettings = SETTINGS, **more: Any) -> CutResult:
    added = add_sources(folder, list(videos), license="CC0-1.0", workers=1)
    assert all(result.error is None for result in added), added
    return cut_sources(folder, settings, workers=1, **more)


def plan(folder: Path) -> list[Planned]:
    return read_lines(folder / PLAN, Planned)


def spans(folder: Path) -> list[tuple[int, int]]:
    return [(planned.start, planned.stop) for planned in plan(folder)]


def frames_of(folder: Path, record: ClipRecord) -> list[Frame]:
    return list(read_frames(folder / record.file_name))


def near(one: Frame, other: Frame) -> float:
    return float(np.abs(one.astype(int) - other).mean())


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


# --- sources as they come ------------------------------------------------------------------------


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


# --- stopping, going on, failing -----------------------------------------------------------------


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("raw")
    return [
        films.write(
            folder / f"{n}.mp4", [*films.shot(n, 26, *SMALL), *films.shot(n + 10, 26, *SMALL)]
        )
        for n in range(2)
    ]


@pytest.fixture(scope="module")
def straight(videos: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("straight") / "set"
    assert cut(folder, *videos).made == 4
    return folder


def stop_at(stage: str, count: int) -> Callable[[str, int, int], None]:
    def report(found: str, done: int, total: int) -> None:
        if (found, done) == (stage, count):
            raise KeyboardInterrupt

    return report


@pytest.mark.parametrize(("stage", "count"), [("scenes", 2), ("clips", 3)])
def test_stopping_and_going_on_gives_the_same_folder(
    tmp_path: Path, straight: Path, videos: list[Path], stage: str, count: int
) -> None:
    folder = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        cut(folder, *videos, report=stop_at(stage, count))
    (folder / "clips").mkdir(exist_ok=True)
    (folder / "clips" / ".left.7.part.mp4").write_bytes(b"by a run that was killed")
    if stage == "clips":
        with (folder / MANIFEST).open("a") as file:
            file.write('{"file_name": "clips/ab')
    result = cut_sources(folder, SETTINGS, workers=1)
    assert result.made + result.there == 4
    assert content(folder) == content(straight)
    assert cut_sources(folder, SETTINGS, workers=1).made == 0
    assert content(folder) == content(straight)


@pytest.mark.slow
def test_several_processes_make_the_same_clips(
    tmp_path: Path, straight: Path, videos: list[Path]
) -> None:
    folder = tmp_path / "set"
    add_sources(folder, videos, license="CC0-1.0", workers=2)
    assert cut_sources(folder, SETTINGS, workers=2).made == 4
    assert {k: v for k, v in content(folder).items() if k.endswith(".mp4")} == {
        k: v for k, v in content(straight).items() if k.endswith(".mp4")
    }
    assert read_manifest(folder) == read_manifest(straight)


def test_new_sources_are_cut_and_captions_kept(tmp_path: Path, videos: list[Path]) -> None:
    folder = tmp_path / "set"
    cut(folder, videos[0])
    path = folder / MANIFEST
    lines = path.read_text().replace('"caption": ""', '"caption": "a boat"').splitlines()
    path.write_text(lines[0] + "\n")  # a person wrote one caption and rejected the other clip
    assert cut(folder, videos[1]).made == 2
    records = read_manifest(folder)
    assert sorted(record.caption for record in records) == ["", "", "a boat"]
    assert len(read_cuts(folder)) == 4


def test_a_source_that_breaks_later_is_told_and_the_rest_goes_on(
    tmp_path: Path, videos: list[Path]
) -> None:
    copies = [tmp_path / video.name for video in videos[:2]]
    for copy, video in zip(copies, videos, strict=False):
        copy.write_bytes(video.read_bytes())
    folder = tmp_path / "set"
    add_sources(folder, copies, workers=1)
    whole = copies[0].read_bytes()
    copies[0].write_bytes(whole[:-1000])
    result = cut_sources(folder, SETTINGS, workers=1)
    assert result.made == 2
    assert "0.mp4 has" in result.broken[0]
    copies[0].write_bytes(whole)
    assert cut_sources(folder, SETTINGS, workers=1).made == 2


def test_a_clip_that_cannot_be_written_stops_the_run(tmp_path: Path, videos: list[Path]) -> None:
    folder = tmp_path / "set"
    add_sources(folder, videos[:1], workers=1)
    (folder / "clips").symlink_to("/proc/self")  # takes no files from anybody, root included
    with pytest.raises(MediaError, match="cannot write"):
        cut_sources(folder, SETTINGS, workers=1)
    (folder / "clips").unlink()
    assert cut_sources(folder, SETTINGS, workers=1).made == 2


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no sources; add some"):
        cut_sources(tmp_path, SETTINGS)
    with pytest.raises(InvalidRequest, match="choose a larger maximum"):
        cut_sources(tmp_path, CutSettings(min_seconds=3, max_seconds=2))


def test_files_between_the_stages_are_plain(straight: Path) -> None:
    scenes = [json.loads(path.read_text()) for path in (straight / "scenes").iterdir()]
    assert len(scenes) == 2
    assert {len(found["scenes"]) for found in scenes} == {2}
    first = json.loads((straight / PLAN).read_text().splitlines()[0])
    assert first["file_name"].startswith("clips/")
