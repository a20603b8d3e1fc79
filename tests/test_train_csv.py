"""Datasets listed as CSV: no caption is cut in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from conclvd.errors import DatasetError
from conclvd.train.clips import ClipList, find_clips
from conclvd.train.settings import check_settings
from training_clips import square_video


def find(folder: Path, **given: object) -> ClipList:
    values = {"train_data_dir": folder, "num_frames": 4, "sample_stride": 2, "resolution": 32}
    return find_clips(check_settings({**values, **given}, "test"))


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for number, name in enumerate("ab"):
        square_video(tmp_path / f"{name}.mp4", frames=8, shade=90 + 50 * number)
    return tmp_path


ODD = "a boat\non a lake\u2028at dawn"  # U+2028 ends no line, whatever str.splitlines says


@pytest.mark.parametrize(
    ("name", "head", "row"),
    [("metadata.csv", "file_name,text", "a.mp4"), ("x.csv", "videoid,name", "a")],
)
def test_line_breaks_in_a_quoted_caption_are_kept(videos: Path, name, head, row) -> None:
    (videos / name).write_text(f'{head}\n{row},"{ODD}"\n', encoding="utf-8")
    (clip,) = find(videos).clips
    assert clip.captions == (ODD,)


@pytest.mark.parametrize(
    ("head", "row", "whole", "reason"),
    [
        ("file_name,text", "a.mp4,a boat, far", "b.mp4,mist", "1 too many"),
        ("file_name,text,source", "a.mp4,a boat, far,", "b.mp4,mist,", "1 too many"),
        ("text,file_name", "a boat, far,a.mp4", "mist,b.mp4", "1 too many"),
        ("file_name,text,,", "a.mp4,a boat, far,", "b.mp4,mist,,", "2 too many"),
        ("videoid,name,page_dir", "a,a boat, far,page", "b,mist,page", "1 too many"),
        ("videoid,name,page_dir", "a,a boat, far,", "b,mist,", "1 too many"),
        (
            "videoid,name,page_dir",
            "a,a boat, far",
            "b,mist",
            "has the page_dir ' far', which",
        ),
    ],
)
def test_a_caption_with_a_comma_and_no_quotes_is_listed_not_cut(
    videos: Path, head: str, row: str, whole: str, reason: str
) -> None:
    name = "x.csv" if head.startswith("videoid") else "metadata.csv"
    (videos / name).write_text(f"{head}\n{row}\n{whole}\n")
    found = find(videos)
    assert [(clip.path.name, clip.captions) for clip in found.clips] == [("b.mp4", ("mist",))]
    (skipped,) = found.skipped
    assert skipped.name == f"{videos / name} line 2"
    assert reason in skipped.reason
    assert "put a caption that has commas in quotes" in skipped.reason


def test_a_metadata_csv_without_the_column_of_captions_is_one_error(videos: Path) -> None:
    (videos / "metadata.csv").write_text("file_name,text\na.mp4,a boat\n")
    with pytest.raises(DatasetError, match=r"line 2 .*name_of_it, but file_name, text"):
        find(videos, caption_column=["name_of_it"])


def test_a_quote_that_is_never_closed_is_an_error(videos: Path) -> None:
    """It would take in all the rows after it."""
    (videos / "metadata.csv").write_text('file_name,text\na.mp4,"a boat\nb.mp4,mist\n')
    with pytest.raises(DatasetError, match=r"metadata\.csv: .* line 1 .*CSV"):
        find(videos)
