"""Cutting that stops, goes on, is extended or fails."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import films
from conclvd.curate.add import add_sources
from conclvd.curate.cut import cut_sources, read_cuts
from conclvd.curate.plan import PLAN, CutSettings
from conclvd.errors import DatasetError, InvalidRequest, MediaError
from conclvd.manifest import MANIFEST, read_manifest
from cutting import SETTINGS, cut

pytestmark = pytest.mark.slow


SMALL = (160, 90)


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
    tmp_path: Path, straight: Path, videos: list[Path], killed: int, stage: str, count: int
) -> None:
    folder = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        cut(folder, *videos, report=stop_at(stage, count))
    (folder / "clips").mkdir(exist_ok=True)
    (folder / "clips" / f".left.{killed}.part.mp4").write_bytes(b"by a run that was killed")
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
