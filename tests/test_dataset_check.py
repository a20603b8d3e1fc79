"""What `dataset check` finds, known faults one by one; splits, figures, the card."""

import json
import re
import shutil
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import films
from clip_folders import dataset
from conclvd.cli.main import run
from conclvd.curate.captions import CaptionLimit, common_words, word_count
from conclvd.curate.card import card
from conclvd.curate.check import check_dataset
from conclvd.curate.plots import draw
from conclvd.curate.split import split_dataset
from conclvd.curate.stats import collect
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.manifest import MANIFEST, read_manifest, write_manifest
from conclvd.paint.dataset import PaintSettings, paint_dataset
from conclvd.train.clips import find_clips
from conclvd.train.settings import check_settings

COUNT = 4


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good dataset of four clips of two sources, never to be changed."""

    def about(number: int) -> dict[str, Any]:
        caption, source = f"a boat and {number + 2} hills", f"film {number // 2}"
        return {"caption": caption, "source": source, "license": "CC0-1.0"}

    return dataset(tmp_path_factory.mktemp("good") / "set", COUNT, about=about)


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(good, tmp_path / "set"))


def change(folder: Path, number: int, **changes: Any) -> None:
    records = read_manifest(folder)
    records[number] = records[number].model_copy(update=changes)
    write_manifest(folder, records)


def findings(folder: Path, **more: Any) -> list[tuple[str | None, str, bool]]:
    checked = check_dataset(folder, workers=1, **more)
    return [(found.clip, found.message, found.warning) for found in checked.findings]


def only(folder: Path, message: str, clip: str | None = "clips/1.mp4", **more: Any) -> bool:
    """Whether there is one finding, this one; returns whether it is a warning."""
    ((found, told, warning),) = findings(folder, **more)
    assert found == clip
    assert message in told
    return warning


def test_a_good_folder_has_no_findings(folder: Path) -> None:
    assert findings(folder) == []


def test_painted_and_hand_made_folders_pass(tmp_path: Path) -> None:
    settings = PaintSettings(width=64, height=48, frames=3, fps=Fraction(6), seed=0)
    paint_dataset(tmp_path / "painted", 3, settings, workers=1)
    assert findings(tmp_path / "painted") == []
    by_hand = tmp_path / "hand made"
    by_hand.mkdir()
    films.write(by_hand / "山 水 1.mp4", films.shot(1, 3, 64, 48))
    row = {"file_name": "山 水 1.mp4", "text": "a hill"}
    (by_hand / MANIFEST).write_text(json.dumps(row))
    assert findings(by_hand, limit=CaptionLimit.of_model("ink-mini")) == []
    for place in (tmp_path / "painted", by_hand):  # and are trained on as they are
        settings = {"train_data_dir": place, "output_dir": tmp_path, "num_frames": 3}
        found = find_clips(check_settings({**settings, "sample_stride": 1}, "test"))
        assert found.skipped == ()
        assert len(found.clips) == len(read_manifest(place))


def test_every_line_that_does_not_fit_is_told(folder: Path) -> None:
    with (folder / MANIFEST).open("a") as file:
        file.write('{"file_name": "../out.mp4", "caption": "x"}\n{boat}\n')
    told = [message for _, message, _ in findings(folder)]
    assert len(told) == 2
    assert "line 5: file_name does not fit: name a file inside" in told[0]
    assert "line 6 is not JSON" in told[1]


def test_files_are_compared_with_their_records(folder: Path) -> None:
    change(folder, 1, width=128)
    assert not only(folder, "width is 64 in the file and 128 in the record")
    change(folder, 1, width=64, frames=5)
    only(folder, "frames is 6 in the file and 5 in the record")
    change(folder, 1, frames=6, fps=Fraction(25))
    only(folder, "fps is 24 in the file and 25 in the record")
    change(folder, 1, fps=Fraction(24), sha256="0" * 64)
    only(folder, "the file has changed since")


def test_missing_broken_and_foreign_files_are_told(folder: Path, tmp_path: Path) -> None:
    path = folder / "clips" / "1.mp4"
    content = path.read_bytes()
    path.unlink()
    only(folder, "the file is missing")
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(content)
    path.symlink_to(outside)
    only(folder, "leaves the dataset folder by a link")
    path.unlink()
    path.write_bytes(content[: len(content) // 2])
    change(folder, 1, sha256=None)
    only(folder, "cannot be read")
    path.write_bytes(content)
    path.rename(path.with_suffix(".avi"))
    change(folder, 1, file_name="clips/1.avi")
    assert findings(folder) == []


def test_damage_in_the_middle_is_found_by_decoding(folder: Path) -> None:
    path = films.write(folder / "clips" / "1.mp4", films.shot(7, 40, 64, 48))
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 1500
    content[start : start + 1500] = bytes(1500)
    path.write_bytes(content)
    change(folder, 1, sha256=None, frames=40)
    assert findings(folder, decode=False) == []
    ((clip, message, warning),) = findings(folder)
    assert (clip, warning) == ("clips/1.mp4", False)
    assert "cannot be read" in message or "frames is" in message


def test_captions_are_checked(folder: Path) -> None:
    limit = CaptionLimit.of_model("ink-mini")
    change(folder, 1, caption=" ")
    assert not only(folder, "the caption is empty")
    change(folder, 1, caption="a boat " * 60)
    assert not only(folder, "tokens and the encoder reads 64; shorten 'a boat", limit=limit)
    change(folder, 1, caption="a boat", caption_zh="舟" * 200)
    assert not only(folder, "shorten '舟", limit=limit)
    change(folder, 1, caption="a boat and 2 hills", caption_zh=None)
    assert only(folder, "the caption is that of clips/0.mp4: 'a boat and 2 hills'")
    change(folder, 1, caption="hills", suggested_by="a model")
    assert only(folder, "nobody has confirmed")
    change(folder, 1, reviewed_by="Li", license="unknown")
    assert only(folder, "its licence is unknown")


def test_one_source_in_two_splits_is_an_error(folder: Path) -> None:
    for number, name in enumerate(("train", "train", "train", "test")):
        change(folder, number, split=name)
    told = "its source, film 1, is in several splits (1 in test and 1 in train)"
    assert not only(folder, told, clip="clips/3.mp4")
    change(folder, 3, split=None)
    assert not only(folder, "1 of 4 clips are in no split", clip=None)


def test_files_that_are_not_listed_are_a_warning(folder: Path) -> None:
    write_manifest(folder, read_manifest(folder)[1:])
    assert only(folder, "1 files in clips/ are not listed", clip=None)


def test_an_empty_dataset_and_none_at_all(tmp_path: Path) -> None:
    write_manifest(tmp_path, [])
    assert not only(tmp_path, "there are no clips", clip=None)
    with pytest.raises(DatasetError, match=r"no metadata\.jsonl"):
        check_dataset(tmp_path / "none")


def test_exit_codes_are_for_ci(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["dataset", "check", str(folder), "--model", "", "--workers", "1"]
    assert run(command) == 0
    assert capsys.readouterr().out == f"{folder}: 4 clips, 0 errors, 0 warnings\n"
    change(folder, 1, caption="a boat and 2 hills")
    assert run(command) == 0
    assert run([*command, "--strict"]) == 1
    change(folder, 2, caption="")
    capsys.readouterr()
    assert run(command) == 1
    captured = capsys.readouterr()
    assert re.search(r"error: clips/2\.mp4: .*caption", captured.out)
    assert captured.err.endswith("is not ready: 4 clips, 1 errors, 1 warnings; see above\n")


def test_splits_keep_sources_together(folder: Path) -> None:
    counts = split_dataset(folder, {"train": 0.5, "test": 0.5})
    assert counts == Counter(train=2, test=2)
    homes = {(record.source, record.split) for record in read_manifest(folder)}
    assert len(homes) == 2
    assert findings(folder) == []
    before = read_manifest(folder)
    split_dataset(folder, {"train": 0.5, "test": 0.5})
    assert read_manifest(folder) == before
    with pytest.raises(InvalidRequest, match=r"0\.5.*0\.6"):
        split_dataset(folder, {"train": 0.5, "test": 0.6})


def test_figures_and_the_card(folder: Path, tmp_path: Path) -> None:
    change(
        folder,
        1,
        reviewed_by="Li <b>",
        tags=("season:autumn", "elements:鹤"),
        caption_zh="一叶扁舟",
    )
    change(folder, 2, source="film | <script>")
    records = read_manifest(folder)
    stats = collect(records)
    rows = dict(stats.rows())
    assert rows["clips"] == "4"
    assert rows["reviewed"] == "1 of 4"
    assert rows["seconds in all"] == "1.0"
    assert rows["size 64x48"] == "4"
    assert rows["tag season:autumn"] == "1"
    assert rows["commonest words"] == "boat 4, hills 4"
    for name, figures in {"plots": stats, "nothing": collect([])}.items():
        draw(figures, tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    text = card("CLV", records, stats)
    assert "4 single-scene clips" in text
    assert "| film 0 | CC0-1.0 | 2 | 0.5 |" in text
    assert "| film \\| &lt;script> | CC0-1.0 | 1 | 0.2 |" in text
    assert "Captions reviewed by Li &lt;b> (1)." in text
    assert "<script" not in text


def test_words_are_counted() -> None:
    assert word_count("a well-built boat, at dawn") == 5
    assert word_count("一叶扁舟，雾里") == 6
    assert common_words(["A boat on the lake", "boat boat"]) == Counter(boat=2, lake=1)
