"""Sound goes from one video to another."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from conclvd.video.probe import probe
from conclvd.video.write import write_video
from sounding import RATE, heard, sounding_video

PICTURES = [np.full((48, 64, 3), value, np.uint8) for value in range(0, 230, 10)]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "aac"), ("a.mkv", "aac"), ("b.mkv", "pcm_s16le"), ("c.mkv", "ac3")],
)
def test_sound_is_taken_over(tmp_path: Path, name: str, codec: str) -> None:
    source = sounding_video(tmp_path / name, codec)
    assert probe(source).sound
    out = write_video(tmp_path / "out.mp4", PICTURES, Fraction(12), sound_of=source)
    found = heard(out)
    wanted = heard(source)
    assert abs(len(found) - len(wanted)) <= 2048  # a frame of the coder at either end
    spectrum = np.abs(np.fft.rfft(found[: RATE // 2]))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=4)


def test_a_silent_source_gives_a_silent_video(tmp_path: Path) -> None:
    silent = write_video(tmp_path / "silent.mp4", PICTURES, Fraction(12))
    out = write_video(tmp_path / "out.mp4", PICTURES, Fraction(12), sound_of=silent)
    assert not probe(out).sound
