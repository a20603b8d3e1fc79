"""Raw videos as they come: what is read, what is refused and why."""

import json
import os
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import cutting
import films
from conclvd.curate.add import Added, add_sources, find_videos
from conclvd.curate.cut import cut_sources, read_cuts
from conclvd.curate.facts import BrokenVideo, measure, pictures
from conclvd.curate.history import HISTORY, Edit
from conclvd.curate.source_file import SOURCES, read_sources
from conclvd.errors import DatasetError
from conclvd.lines import append_line
from conclvd.lock import writing
from conclvd.manifest import read_manifest
from conclvd.tensors import Frame

BITS = 10


def numbered(count: int, width: int = 128, height: int = 96) -> list[Frame]:
    """Frames with their number in black and white columns."""
    frames = []
    for number in range(count):
        frame = np.full((height, width, 3), 60, np.uint8)
        for bit in range(BITS):
            frame[:, bit * 12 : bit * 12 + 12] = 220 if number >> bit & 1 else 20
        frames.append(frame)
    return frames


def number_of(luma: np.ndarray) -> int:
    columns = luma.mean(axis=0)
    return sum(1 << bit for bit in range(BITS) if columns[bit * 12 + 6] > 120)


def read_numbers(path: Path, first: int = 0) -> list[tuple[int, int]]:
    facts = measure(path)
    return [(n, number_of(f.to_ndarray(format="gray"))) for n, f in pictures(path, facts, first)]


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "rate"),
    [
        ("a.mp4", "libx264", "yuv420p", "24"),
        ("a.mkv", "libx264", "yuv420p", "24000/1001"),  # rounds timestamps to milliseconds
        ("a.mov", "libx264", "yuv444p", "30000/1001"),
        ("a.avi", "mpeg4", "yuv420p", "25"),  # no timestamps that count
        ("a.ts", "mpeg2video", "yuv420p", "25"),  # does not begin at 0
        ("a.webm", "libvpx-vp9", "yuv420p", "30"),
    ],
)
def test_every_frame_has_its_number_from_anywhere(
    tmp_path: Path, name: str, codec: str, pixels: str, rate: str
) -> None:
    options = {"g": "12", "b": "900k"}
    path = films.write(
        tmp_path / name, numbered(60), Fraction(rate), codec=codec, pixels=pixels, options=options
    )
    facts = measure(path)
    assert (facts.fps, facts.frames, facts.variable) == (Fraction(rate), 60, False)
    for first in (0, 1, 23, 24, 59):
        assert read_numbers(path, first) == [(number, number) for number in range(first, 60)]


def test_a_variable_rate_becomes_a_constant_one(tmp_path: Path) -> None:
    # 24 fps, but frames 10 to 14 are shown twice as long and frame 20 for half a second
    shown = [2 if 10 <= number < 15 else 12 if number == 20 else 1 for number in range(40)]
    starts = np.cumsum([0, *shown[:-1]])
    stamps = [round(1000 * start / 24) for start in starts.tolist()]
    path = films.write(tmp_path / "phone.mkv", numbered(40), stamps=stamps)
    facts = measure(path)
    assert facts.variable
    assert facts.fps == 24
    expected = np.repeat(np.arange(40), shown).tolist()
    assert [number for _, number in read_numbers(path)] == expected
    assert read_numbers(path, 25) == list(enumerate(expected))[25:]


def test_what_is_said_about_a_video(tmp_path: Path) -> None:
    turned = measure(films.write(tmp_path / "a.mp4", numbered(3), rotation=90))
    assert (turned.rotation, turned.width, turned.height) == (90, 128, 96)
    hdr = films.write(
        tmp_path / "h.mp4", numbered(3), codec="libx265", pixels="yuv420p10le", colours=(9, 16, 9),
        options={"x265-params": "log-level=none"},
    )  # fmt: skip
    assert measure(hdr).hdr
    assert not turned.hdr
    alone = measure(films.write(tmp_path / "b.mp4", numbered(1)))
    assert (alone.frames, alone.fps) == (1, 24)


def broken(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files that are no videos, and what is to be said of them."""
    import av

    (folder / "zero.mp4").write_bytes(b"")
    (folder / "words.mp4").write_text("mountains, in words only")
    whole = films.write(folder / "whole.mp4", films.shot(1, 80)).read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    matroska = films.write(folder / "whole.mkv", films.shot(1, 80)).read_bytes()
    (folder / "cut.mkv").write_bytes(matroska[: len(matroska) // 2])
    with av.open(str(folder / "sound.m4a"), "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return {
        "zero": (folder / "zero.mp4", "is empty"),
        "words": (folder / "words.mp4", "cannot read"),
        "truncated mp4": (folder / "cut.mp4", "cannot read"),
        "truncated mkv": (folder / "cut.mkv", "breaks off at"),
        "audio": (folder / "sound.m4a", "has no pictures, only audio"),
        "missing": (folder / "none.mp4", "there is no file"),
    }


def test_what_is_no_whole_video_is_refused_with_the_reason(tmp_path: Path) -> None:
    for path, message in broken(tmp_path).values():
        with pytest.raises(BrokenVideo, match=message) as refusal:
            measure(path)
        assert "\n" not in str(refusal.value)


def test_the_rest_goes_on_without_broken_files_and_duplicates(tmp_path: Path) -> None:
    raw = tmp_path / "raw 片"
    raw.mkdir()
    names = ["-leading dash.mp4", "two:three.mp4", "山水 one.mkv"]
    for seed, name in enumerate(names):
        films.write(raw / name, films.shot(seed, 5))
    (raw / "twin.mp4").write_bytes((raw / names[0]).read_bytes())
    (raw / "zero.mp4").write_bytes(b"")
    (raw / ".hidden.mp4").write_bytes(b"")
    (raw / "notes.txt").write_text("no video")
    (raw / "山水 one.mkv.json").write_text('{"source": "Film Studio", "license": "CC-BY-4.0"}')
    (raw / "two:three.json").write_text('\ufeff{"license": "CC0-1.0"}', encoding="utf-8")
    folder = tmp_path / "set"
    seen: list[tuple[int, int]] = []
    results = add_sources(
        folder,
        find_videos([raw], folder),
        license="MIT",
        workers=1,
        report=lambda *n: seen.append(n),
    )
    assert seen[0] == (0, 5)
    assert seen[-1] == (5, 5)
    reasons = {result.path.name: result.error for result in results}
    assert [name for name, error in reasons.items() if error is None] == names
    assert "same content as" in str(reasons["twin.mp4"])
    assert "is empty" in str(reasons["zero.mp4"])
    records = read_sources(folder)
    assert [(r.name, r.license) for r in records] == [
        ("-leading dash.mp4", "MIT"),
        ("two:three.mp4", "CC0-1.0"),
        ("Film Studio", "CC-BY-4.0"),
    ]
    again = add_sources(folder, [raw / names[0]], workers=1)
    assert again == [Added(raw / names[0], "it is here already", "MIT")]
    assert read_sources(folder) == records


def test_a_name_that_is_no_unicode_is_left_out(tmp_path: Path) -> None:
    path = films.write(tmp_path / "a.mp4", films.shot(1, 3))
    odd = path.rename(tmp_path / os.fsdecode(b"\xff.mp4"))
    assert add_sources(tmp_path / "set", [odd], workers=1) == [
        Added(odd, "its name is not in UTF-8; rename it")
    ]


def test_of_the_same_content_the_first_that_is_named_stays(tmp_path: Path) -> None:
    long = films.write(tmp_path / "b.mp4", films.shot(1, 48))
    twin = tmp_path / "a.mp4"
    twin.write_bytes(long.read_bytes())
    short = films.write(tmp_path / "c.mp4", films.shot(2, 3))
    for workers in (1, 2):
        folder = tmp_path / f"set {workers}"
        results = add_sources(folder, [long, twin, short], workers=workers)
        assert [result.error is None for result in results] == [True, False, True]
        assert [record.name for record in read_sources(folder)] == ["b.mp4", "c.mp4"]


def test_adding_again_corrects_what_is_noted(tmp_path: Path) -> None:
    old = films.write(tmp_path / "a.mp4", films.shot(1, 30, 128, 96))
    folder = tmp_path / "set"
    cutting.cut(folder, old)
    (clip,) = read_manifest(folder)
    assert (clip.source, clip.license) == ("a.mp4", "CC0-1.0")
    again = partial(add_sources, folder, workers=1)
    assert again([old], license="MIT") == [Added(old, None, "MIT", corrected=True)]
    assert again([old], license="MIT") == [Added(old, "it is here already", "MIT")]
    for nothing in (None, ""):  # nothing said, nothing lost
        assert again([old], license=nothing) == [Added(old, "it is here already", "MIT")]
    new = old.rename(tmp_path / "moved.mp4")
    assert again([new], name="Film Studio") == [Added(new, None, "MIT", corrected=True)]
    (source,) = read_sources(folder)
    assert (source.path, source.name, source.license) == (str(new), "Film Studio", "MIT")
    assert read_manifest(folder) == [
        clip.model_copy(update={"source": "Film Studio", "license": "MIT"})
    ]
    assert [span.path for span in read_cuts(folder)[clip.file_name]] == [str(new)]
    assert cut_sources(folder, cutting.SETTINGS, workers=1).made == 0


def test_the_clips_of_a_dataset_within_the_folder_are_no_sources(tmp_path: Path) -> None:
    path = films.write(tmp_path / "a.mp4", films.shot(1, 30, 128, 96))
    cutting.cut(tmp_path / "set", path)
    assert len(list(tmp_path.rglob("*.mp4"))) == 2
    assert find_videos([tmp_path], tmp_path / "set") == [path]


def test_a_file_that_has_not_changed_is_not_read_again(tmp_path: Path) -> None:
    path = films.write(tmp_path / "a.mp4", films.shot(1, 3))
    folder = tmp_path / "set"
    add_sources(folder, [path], workers=1)
    state = path.stat()
    path.write_bytes(bytes(state.st_size))  # whoever reads it now finds no video
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert add_sources(folder, [path], workers=1)[0].error == "it is here already"
    path.touch()
    assert "cannot read" in str(add_sources(folder, [path], workers=1)[0].error)


def test_a_torn_line_is_left_out_and_replaced(tmp_path: Path) -> None:
    path = films.write(tmp_path / "a.mp4", films.shot(1, 3))
    other = films.write(tmp_path / "b.mp4", films.shot(2, 3))
    folder = tmp_path / "set"
    add_sources(folder, [path], workers=1)
    with (folder / SOURCES).open("a") as file:
        file.write('{"path": "/half')
    assert len(read_sources(folder)) == 1
    add_sources(folder, [other], workers=1)
    assert [Path(record.path).name for record in read_sources(folder)] == ["a.mp4", "b.mp4"]


def test_a_sidecar_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = films.write(tmp_path / "a.mp4", films.shot(1, 3))
    path.with_name("a.mp4.json").write_text(json.dumps({"licence": "typo"}))
    (result,) = add_sources(tmp_path / "set", [path], workers=1)
    assert "a.mp4.json: unknown key 'licence'" in str(result.error)


def test_names_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no file or folder"):
        find_videos([tmp_path / "none"], tmp_path / "set")
    with pytest.raises(DatasetError, match="no video in the folder"):
        find_videos([tmp_path], tmp_path / "set")


def test_one_run_at_a_time_and_the_holder_is_named(tmp_path: Path) -> None:
    with (
        writing(tmp_path, "conclvd dataset cut"),
        pytest.raises(DatasetError, match="in use by `conclvd dataset cut`, process"),
        writing(tmp_path, "conclvd dataset add"),
    ):
        pass
    with writing(tmp_path, "conclvd dataset add"):
        pass


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for place in (Path("/proc/self/set"), tmp_path / "file"):
        with (
            pytest.raises(DatasetError, match="cannot work in"),
            writing(place, "conclvd dataset add"),
        ):
            pass


def test_a_full_disk_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / HISTORY
    path.symlink_to("/dev/full")  # writing to it is what writing to a full disk is
    edit = Edit(number=1, at="", by="Li", action="reject", place=0, before=(), after=())
    with pytest.raises(
        DatasetError, match=r"cannot write .*history\.jsonl: No space left on device"
    ):
        append_line(path, edit)
