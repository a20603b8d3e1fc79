"""Video files: what is written comes back, and a failure leaves nothing behind."""

import errno
import json
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from conclvd.errors import InvalidRequest, MediaError
from conclvd.tensors import Frame
from conclvd.video import write
from conclvd.video.formats import Format
from conclvd.video.probe import probe, read_metadata
from conclvd.video.read import read_frames
from conclvd.video.write import write_video

METADATA = json.dumps(
    {"prompt": '一叶扁舟 <b> & "quoted" ]]>\r\n\ttab', "long": "x" * 5000, "seed": 7},
    ensure_ascii=False,
)
SUFFIXES = [".mp4", ".gif", ".webp", ".png"]
# mean difference over the clip: none where the format keeps every colour of so plain a picture
LOSS = {".mp4": 2.0, ".gif": 0.5, ".webp": 2.0, ".png": 0.0}


def moving(count: int = 7, height: int = 64, width: int = 96) -> list[Frame]:
    """A red square that moves to the right over a blue ground."""
    frames = []
    for index in range(count):
        frame = np.full((height, width, 3), (40, 90, 160), np.uint8)
        frame[16:48, 8 + 6 * index : 40 + 6 * index] = (200, 60, 30)
        frames.append(frame)
    return frames


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_come_back_in_order_and_colour(tmp_path: Path, suffix: str) -> None:
    frames = moving()
    written = write_video(tmp_path / f"clip{suffix}", frames, Fraction(24))
    back = list(read_frames(written))
    assert len(back) == len(frames)
    for frame, again in zip(frames, back, strict=True):
        assert again.dtype == np.uint8
        assert np.abs(frame.astype(int) - again).mean() <= LOSS[suffix]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_metadata_comes_back_unchanged(tmp_path: Path, suffix: str) -> None:
    written = write_video(tmp_path / f"clip{suffix}", moving(2), Fraction(6), metadata=METADATA)
    assert read_metadata(written) == METADATA


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_metadata_is_none(tmp_path: Path, suffix: str) -> None:
    assert read_metadata(write_video(tmp_path / f"clip{suffix}", moving(2), Fraction(6))) is None


@pytest.mark.parametrize("rate", [Fraction(6), Fraction(24), Fraction(30000, 1001), Fraction(5, 2)])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_size_length_and_rate_come_back(tmp_path: Path, suffix: str, rate: Fraction) -> None:
    info = probe(write_video(tmp_path / f"clip{suffix}", moving(9), rate))
    assert (info.frames, info.width, info.height) == (9, 96, 64)
    assert info.format is Format(suffix)
    if suffix in (".mp4", ".png"):
        assert info.fps == rate
    else:  # delays are rounded to 10 ms or 1 ms, but not one after the other
        assert info.seconds == pytest.approx(9 / rate, abs=0.006)


def test_mp4_plays_everywhere(tmp_path: Path) -> None:
    import av

    path = write_video(tmp_path / "clip.mp4", moving(), Fraction(24))
    with av.open(str(path)) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ("h264", "yuv420p")
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # faststart


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    first, second = (
        write_video(tmp_path / f"{name}.mp4", moving(), Fraction(24), metadata="x", threads=1)
        for name in "ab"
    )
    assert first.read_bytes() == second.read_bytes()


def test_frames_are_taken_one_by_one(tmp_path: Path) -> None:
    alive: list[int] = []

    def frames() -> Iterator[Frame]:
        for index, frame in enumerate(moving()):
            alive.append(index)
            yield frame

    write_video(tmp_path / "clip.mp4", frames(), Fraction(24))
    assert alive == list(range(7))


def test_pictures_go_to_a_folder_and_replace_only_pictures(tmp_path: Path) -> None:
    folder = write_video(tmp_path / "clip.png", moving(3), Fraction(6))
    assert folder == tmp_path / "clip"
    assert sorted(p.name for p in folder.iterdir()) == ["00000.png", "00001.png", "00002.png"]
    assert write_video(folder, moving(2), Fraction(6)) == folder
    assert probe(folder).frames == 2
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(MediaError, match=r"notes\.txt"):
        write_video(folder, moving(2), Fraction(6))
    assert probe(folder).frames == 2


@pytest.mark.parametrize(("height", "width"), [(63, 96), (64, 95)])
def test_odd_sides_are_refused_for_mp4_alone(tmp_path: Path, height: int, width: int) -> None:
    frames = moving(2, height, width)
    with pytest.raises(MediaError, match=f"{width}x{height}"):
        write_video(tmp_path / "clip.mp4", frames, Fraction(6))
    assert list(tmp_path.iterdir()) == []
    assert probe(write_video(tmp_path / "clip.gif", frames, Fraction(6))).width == width


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        frames = [*moving(2), *moving(1, 32, 32)]
        with pytest.raises(InvalidRequest, match=r"\(32, 32, 3\)"):
            write_video(tmp_path / f"clip{suffix}", frames, Fraction(6))
    assert list(tmp_path.iterdir()) == []


def test_no_frames_and_no_rate_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="frames"):
        write_video(tmp_path / "clip.mp4", [], Fraction(6))
    with pytest.raises(InvalidRequest, match=r"fps\b.*\b0"):
        write_video(tmp_path / "clip.mp4", moving(1), Fraction(0))


def test_an_unknown_extension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"clip\.avi.*\.mp4"):
        write_video(tmp_path / "clip.avi", moving(1), Fraction(6))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(MediaError, match="missing"):
        write_video(tmp_path / "missing" / f"clip{suffix}", moving(1), Fraction(6))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_that_cannot_be_written_to(suffix: str) -> None:
    # /proc takes no files from anybody, root included
    with pytest.raises(MediaError, match=f"/proc/self/clip{suffix.replace('.png', '')}"):
        write_video(Path(f"/proc/self/clip{suffix}"), moving(2), Fraction(6))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_told_and_leaves_the_older_file(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = write_video(tmp_path / f"clip{suffix}", moving(3), Fraction(6), metadata="older")
    kind = {
        ".mp4": "_write_mp4",
        ".gif": "_write_gif",
        ".webp": "_write_webp",
        ".png": "_write_png",
    }
    real = getattr(write, kind[suffix])

    def fill(partial: Path, *rest: object) -> None:
        real(partial, *rest)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write, kind[suffix], fill)
    with pytest.raises(MediaError, match="No space left on device"):
        write_video(tmp_path / f"clip{suffix}", moving(2), Fraction(6), metadata="newer")
    assert [path.name for path in tmp_path.iterdir()] == [older.name]
    assert read_metadata(older) == "older"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_real_limit_on_the_file_size_is_told(tmp_path: Path, suffix: str) -> None:
    """The operating system refuses to write more than 4 KiB: as on a full disk, but testable."""
    code = f"""
import resource, signal
from fractions import Fraction
from pathlib import Path
import numpy as np
from conclvd.errors import MediaError
from conclvd.video.write import write_video
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
frames = np.random.default_rng(0).integers(0, 256, (4, 128, 128, 3), np.uint8)
try:
    write_video(Path({str(tmp_path)!r}) / "clip{suffix}", frames, Fraction(6))
except MediaError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "cannot write" in result.stdout, result.stdout + result.stderr
    assert result.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    def frames() -> Iterator[Frame]:
        yield from moving(3)
        raise KeyboardInterrupt

    for suffix in SUFFIXES:
        with pytest.raises(KeyboardInterrupt):
            write_video(tmp_path / f"clip{suffix}", frames(), Fraction(6))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_video_is_named(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(MediaError, match="clip"):
        probe(tmp_path / f"clip{suffix}")
    with pytest.raises(MediaError, match="clip"):
        next(read_frames(tmp_path / f"clip{suffix}"))


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
def test_what_is_no_video_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    path.write_text("a landscape in words only")
    with pytest.raises(MediaError, match=path.name):
        probe(path)
    with pytest.raises(MediaError, match=path.name):
        next(read_frames(path))


def test_a_file_under_another_name_is_refused(tmp_path: Path) -> None:
    written = write_video(tmp_path / "clip.gif", moving(2), Fraction(6))
    with pytest.raises(MediaError, match="GIF"):
        probe(written.rename(tmp_path / "clip.webp"))


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"\.png.*\.jpg"):
        probe(tmp_path)
