"""Reading datasets: every layout, and what is passed over with its reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conclvd.errors import DatasetError, MediaError
from conclvd.manifest import ClipRecord, write_manifest
from conclvd.train.clips import Clip, ClipList, find_clips
from conclvd.train.preview import write_preview
from conclvd.train.settings import TrainSettings, check_settings
from conclvd.train.windows import fit, read_windows, window_starts
from training_clips import square_video

CAPTIONS = {"a": "a boat", "b": "小船, with a comma", "c": "mountains"}


def settings(folder: Path, **given: object) -> TrainSettings:
    values = {"train_data_dir": folder, "num_frames": 4, "sample_stride": 2, "resolution": 32}
    return check_settings({**values, "output_dir": folder / "out", **given}, "test")


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for number, name in enumerate(CAPTIONS):
        square_video(tmp_path / f"{name}.mp4", frames=8, shade=90 + 50 * number)
    return tmp_path


def jsonl(folder: Path) -> None:
    rows = [{"file_name": f"{n}.mp4", "text": t, "fps": 24} for n, t in CAPTIONS.items()]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "metadata.jsonl").write_text(text, encoding="utf-8")


def table(folder: Path) -> None:
    rows = "".join(f'{n}.mp4,"{t}"\n' for n, t in CAPTIONS.items())
    (folder / "metadata.csv").write_text("file_name,text\n" + rows, encoding="utf-8")


def lists(folder: Path) -> None:
    (folder / "prompts.txt").write_text("\n".join(CAPTIONS.values()) + "\n", encoding="utf-8")
    (folder / "videos.txt").write_text("".join(f"{n}.mp4\n" for n in CAPTIONS))


def pairs(folder: Path) -> None:
    for name, text in CAPTIONS.items():
        (folder / f"{name}.txt").write_text(text + "\n", encoding="utf-8")


def animatediff(folder: Path) -> None:
    rows = "".join(f'{n},"{t}",page\n' for n, t in CAPTIONS.items())
    (folder / "results_10M.csv").write_text("videoid,name,page_dir\n" + rows, encoding="utf-8")
    (folder / "page").mkdir()
    (folder / "c.mp4").rename(folder / "page" / "c.mp4")  # both places are usual


@pytest.mark.parametrize("layout", [jsonl, table, lists, pairs, animatediff])
def test_every_layout_gives_the_same_clips(videos: Path, layout) -> None:
    expected = find_all(videos)
    layout(videos)
    found = find_clips(settings(videos))
    assert {clip.path.stem: clip.captions for clip in found.clips} == {
        name: (text,) for name, text in CAPTIONS.items()
    }
    assert found.skipped == ()
    assert found.sha256 == expected


def find_all(folder: Path) -> str:
    """The dataset's hash by another way: read as pairs in a copy."""
    import shutil

    copy = Path(shutil.copytree(folder, folder.parent / f"{folder.name}-copy"))
    pairs(copy)
    return find_clips(settings(copy)).sha256


def test_a_csv_file_can_be_named_itself(videos: Path) -> None:
    animatediff(videos)
    assert len(find_clips(settings(videos / "results_10M.csv")).clips) == 3


@pytest.mark.parametrize("layout", [jsonl, table])
def test_the_list_of_a_videofolder_can_be_named_itself(videos: Path, layout) -> None:
    layout(videos)
    (name,) = videos.glob("metadata.*")
    assert len(find_clips(settings(name)).clips) == 3
    with pytest.raises(DatasetError, match=r"a\.mp4 .*CSV"):
        find_clips(settings(videos / "a.mp4"))


def test_unfit_clips_are_listed_with_the_reason(videos: Path) -> None:
    square_video(videos / "short.mp4", frames=6)
    (videos / "broken.mp4").write_bytes(b"no video")
    (videos / "old.avi").write_bytes(b"RIFF")
    names = ["a.mp4", "short.mp4", "broken.mp4", "gone.mp4", "a.mp4", "old.avi"]
    rows = [{"file_name": name, "text": "x"} for name in names]
    rows.append({"file_name": "b.mp4", "text": " "})
    (videos / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = find_clips(settings(videos))
    assert [clip.path.name for clip in found.clips] == ["a.mp4"]
    reasons = {Path(skipped.name).name: skipped.reason for skipped in found.skipped}
    assert reasons["short.mp4"] == "has 6 frames; 4 at stride 2 need 7"
    assert reasons["gone.mp4"] == "is not there"
    assert reasons["a.mp4"] == "is listed twice"
    assert reasons["b.mp4"] == "has no caption"
    assert "cannot read" in reasons["broken.mp4"]
    assert "cannot read" in reasons["old.avi"]


def test_only_the_training_split_is_trained_on(videos: Path) -> None:
    homes = {"a": "test", "b": "train", "c": "validation"}
    records = [ClipRecord(file_name=f"{n}.mp4", caption="x", split=s) for n, s in homes.items()]
    write_manifest(videos, records)
    found = find_clips(settings(videos))
    assert [clip.path.name for clip in found.clips] == ["b.mp4"]
    assert [(Path(skipped.name).name, skipped.reason) for skipped in found.skipped] == [
        ("a.mp4", "is in the split test, and only train is trained on"),
        ("c.mp4", "is in the split validation, and only train is trained on"),
    ]
    (videos / "metadata.jsonl").unlink()
    (videos / "metadata.csv").write_text("file_name,text,split\na.mp4,x,\nb.mp4,x,test\n")
    assert [clip.path.name for clip in find_clips(settings(videos)).clips] == ["a.mp4"]


def test_a_line_of_prompts_ends_where_an_editor_ends_it(videos: Path) -> None:
    (videos / "prompts.txt").write_bytes("a boat\u2028at dawn\r\nmountains\r\n".encode())
    (videos / "videos.txt").write_bytes(b"a.mp4\r\nb.mp4\r\n")
    found = [clip.captions for clip in find_clips(settings(videos)).clips]
    assert found == [("a boat\u2028at dawn",), ("mountains",)]


def test_a_row_without_the_column_of_captions_is_a_clip_without_caption(videos: Path) -> None:
    (videos / "metadata.jsonl").write_text(
        '{"file_name": "a.mp4"}\n{"file_name": "b.mp4", "text": "a boat"}\n'
    )
    found = find_clips(settings(videos))
    assert [clip.path.name for clip in found.clips] == ["b.mp4"]
    assert [skipped.reason for skipped in found.skipped] == ["has no caption"]


def test_captions_beside_clips_are_utf_8_with_or_without_a_mark(videos: Path) -> None:
    (videos / "a.txt").write_text("小船", encoding="utf-8-sig")
    (videos / "b.txt").write_text("小船", encoding="gbk")
    found = find_clips(settings(videos))
    assert [clip.captions for clip in found.clips] == [("小船",)]
    reasons = {Path(skipped.name).name: skipped.reason for skipped in found.skipped}
    assert reasons["b.mp4"].startswith("has no caption: cannot read ")
    assert reasons["b.mp4"].endswith("; save it as UTF-8")
    assert reasons["c.mp4"] == "has no caption; write one into c.txt beside it"


def test_several_caption_columns(videos: Path) -> None:
    row = {"file_name": "a.mp4", "text": "a boat", "text_zh": "小船", "other": ""}
    (videos / "metadata.jsonl").write_text(json.dumps(row))
    (clip,) = find_clips(settings(videos, caption_column=["text", "text_zh", "other"])).clips
    assert clip.captions == ("a boat", "小船")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("metadata.jsonl", "{\n", "line 1 .*JSON"),
        ("metadata.jsonl", '{"text": "a"}', "file_name, but text"),
        ("metadata.csv", "file_name;text\na.mp4;x\n", "file_name, but file_name;text"),
        ("metadata.csv", "file_name,text\n,x\n", "line 2 .*file_name"),
        ("metadata.jsonl", '{"file_name": "../a.mp4", "text": "a"}', "leaves the folder"),
        ("metadata.jsonl", '{"file_name": "/a.mp4", "text": "a"}', "leaves the folder"),
        (
            "metadata.jsonl",
            '{"file_name": "a.mp4", "title": "x"}',
            "text, but file_name, title",
        ),
        ("metadata.jsonl", '{"file_name": "gone.mp4", "text": "x"}', "1 listed.*gone.mp4"),
        ("clips.csv", "id,caption\n1,x\n", "videoid, name, page_dir, found id, caption"),
        ("videos.txt", "a.mp4\nb.mp4", "prompts.txt .*1 .*videos.txt 2"),
    ],
)
def test_a_bad_list_is_one_error(videos: Path, name: str, text: str, message: str) -> None:
    (videos / "prompts.txt").write_text("one")
    (videos / name).write_text(text)
    with pytest.raises(DatasetError, match=message):
        find_clips(settings(videos))


def test_a_table_in_another_encoding_is_told(videos: Path) -> None:
    (videos / "metadata.csv").write_text("file_name,text\na.mp4,小船\n", encoding="gbk")
    with pytest.raises(DatasetError, match=r"metadata\.csv.*UTF-8"):
        find_clips(settings(videos))


def test_no_dataset_at_all(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=str(tmp_path)):
        find_clips(settings(tmp_path))
    with pytest.raises(DatasetError, match=str(tmp_path / "none")):
        find_clips(settings(tmp_path / "none"))


def test_windows_cover_a_clip(tmp_path: Path) -> None:
    given = settings(tmp_path)  # a window spans 7 frames
    assert window_starts(7, given) == [0]
    assert window_starts(8, given) == [0, 1]
    assert window_starts(107, given) == [0, 33, 67, 100]


def test_frames_are_resized_and_the_centre_is_cropped() -> None:
    wide = np.zeros((40, 120, 3), np.uint8)
    wide[:, 40:80] = 255
    assert fit(wide, 20).shape == (20, 20, 3)
    assert fit(wide, 20).min() > 250
    tall = np.ascontiguousarray(wide.transpose(1, 0, 2))
    assert fit(tall, 64)[4:-4].min() > 250  # enlarged; the cubic blends the edges


def test_a_window_is_every_nth_frame(tmp_path: Path) -> None:
    path = square_video(tmp_path / "a.mp4", frames=8, speed=4)
    windows = read_windows(Clip(path, ("x",), 8, ""), settings(tmp_path, resolution=64))
    assert [window.shape for window in windows] == [(4, 64, 64, 3)] * 2
    lefts = [int((frame[32, :, 0] > 120).argmax()) for frame in windows[0]]
    assert np.abs(np.array(lefts) - [0, 8, 16, 24]).max() <= 1


def test_a_clip_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    path = square_video(tmp_path / "a.mp4", frames=8)
    with pytest.raises(MediaError, match="12 frames"):
        read_windows(Clip(path, ("x",), 12, ""), settings(tmp_path))


def test_the_hash_of_a_dataset_is_of_its_contents() -> None:
    one, two = Clip(Path("a"), ("x",), 8, "11"), Clip(Path("b"), ("y",), 8, "22")
    digest = ClipList((one, two), ()).sha256
    assert ClipList((two, one), ()).sha256 == digest
    assert ClipList((Clip(Path("z"), ("x",), 8, "11"), two), ()).sha256 == digest
    assert ClipList((Clip(Path("a"), ("!",), 8, "11"), two), ()).sha256 != digest


def test_the_preview_shows_the_frames_of_training(videos: Path) -> None:
    import cv2

    pairs(videos)
    given = settings(videos)
    path, rows = write_preview(find_clips(given), given)
    assert [row.file.name for row in rows] == ["a.mp4", "b.mp4", "c.mp4"]
    assert [row.first_frame for row in rows] == [0, 1, 0]
    sheet = cv2.imread(str(path))
    assert sheet.shape == (3 * 130, 40 + 4 * 130, 3)
    assert abs(int(sheet[130 + 64, 40 + 20, 0]) - 140) < 12  # the square of clip b


def test_the_preview_tells_what_it_cannot_show(videos: Path) -> None:
    pairs(videos)
    given = settings(videos)
    first, *others = find_clips(given).clips
    lines: list[str] = []
    listed = ClipList((replace(first, frames=99), *others), ())
    _, rows = write_preview(listed, given, lines.append)
    assert [row.file.name for row in rows] == ["b.mp4", "c.mp4"]
    (line,) = lines
    assert line.startswith(f"passed over: {first.path} ")
    assert "breaks off" in line
