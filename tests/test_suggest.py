"""Captions by a model: written where nothing is, marked as unreviewed, never over people's work."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import captioners
import films
from clip_folders import dataset
from conclvd.cli.main import run
from conclvd.curate.annotations import Annotations, Conflict, version_of
from conclvd.curate.captioner import Captioner
from conclvd.curate.check import check_dataset
from conclvd.curate.history import HISTORY
from conclvd.curate.suggest import middle_frame, suggest_captions
from conclvd.errors import ModelError
from conclvd.lock import writing
from conclvd.manifest import MANIFEST, read_manifest, write_manifest

pytestmark = pytest.mark.slow

FOLDERS = (captioners.blip, captioners.vit_gpt2, captioners.llava)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return captioners.blip(tmp_path_factory.mktemp("models") / "tiny blip")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three clips; a person has written the second one's caption."""
    made = dataset(tmp_path / "set")
    records = read_manifest(made)
    blank = [
        r.model_copy(update={"caption": "" if n != 1 else "hers"}) for n, r in enumerate(records)
    ]
    write_manifest(made, blank)
    return made


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8)


@pytest.mark.parametrize("make", FOLDERS, ids=lambda make: make.__name__)
def test_any_kind_of_model_says_one_line(make: Callable[[Path], Path], tmp_path: Path) -> None:
    captioner = Captioner(str(make(tmp_path / "model")))
    said = captioner(picture(0))
    assert said
    assert set(said.split()) <= set(captioners.WORDS)  # the model's words, none of the question
    assert captioner(picture(0)) == said
    assert len({captioner(np.full((48, 64, 3), shade, np.uint8)) for shade in (0, 120, 250)}) > 1
    assert captioner.name == "model"


def test_a_prompt_is_passed_on_and_not_said(model: Path, tmp_path: Path) -> None:
    asked = Captioner(str(model), prompt="a boat")
    assert asked(picture(0)) != Captioner(str(model))(picture(0))
    chat = captioners.llava(tmp_path / "chat")
    questions = ("the lake", "ink wash on pine hills")
    inputs = [Captioner(str(chat), "zh", q)._inputs(picture(0))["input_ids"] for q in questions]
    assert inputs[0].shape[1] + 3 == inputs[1].shape[1]


def test_clips_without_a_caption_get_one_unreviewed(folder: Path, model: Path) -> None:
    seen: list[tuple[int, int]] = []
    captioner = Captioner(str(model))
    result = suggest_captions(folder, captioner, report=lambda *n: seen.append(n))
    assert (result.written, result.left_out) == (2, ())
    assert seen == [(1, 3), (2, 3), (3, 3)]
    records = read_manifest(folder)
    assert [r.suggested_by for r in records] == ["tiny blip", None, "tiny blip"]
    assert [r.reviewed_by for r in records] == [None] * 3
    assert records[1].caption == "hers"
    assert records[0].caption == captioner(middle_frame(folder / "clips" / "0.mp4"))
    entries = [json.loads(line) for line in (folder / HISTORY).read_text().splitlines()]
    assert [(e["action"], e["by"]) for e in entries] == [("suggest", "tiny blip")] * 2
    told = [f.message for f in check_dataset(folder, workers=1).findings if f.warning]
    assert told.count("nobody has confirmed the suggested caption") == 2
    before = (folder / MANIFEST).read_bytes()
    assert suggest_captions(folder, captioner).written == 0
    assert (folder / MANIFEST).read_bytes() == before


def test_people_confirm_and_nothing_of_theirs_is_replaced(folder: Path, model: Path) -> None:
    captioner = Captioner(str(model))
    suggest_captions(folder, captioner)
    notes = Annotations(folder)
    record = notes.records()[0]
    with pytest.raises(Conflict, match="suggestion"):
        notes.suggest(record.file_name, version_of(record), "other", caption="again")
    notes.save(
        record.file_name, version_of(record), "Li", caption=record.caption, caption_zh=None,
        tags=(), confirm=True,
    )  # fmt: skip
    suggest_captions(folder, captioner, language="zh")
    first, second, third = read_manifest(folder)
    assert (first.reviewed_by, first.suggested_by, first.caption_zh) == ("Li", "tiny blip", None)
    assert (second.caption, second.suggested_by) == ("hers", "tiny blip")
    assert second.caption_zh
    assert third.caption_zh
    notes = Annotations(folder)
    assert notes.undo("Li").action == "save"
    assert read_manifest(folder)[0] == record
    version = version_of(record)
    notes.suggest(record.file_name, version, "other", caption_zh=" 山 ")
    assert read_manifest(folder)[0].suggested_by == "tiny blip, other"
    assert notes.records()[0].caption_zh == "山"


def test_stopping_keeps_what_is_written_and_goes_on(folder: Path, model: Path) -> None:
    straight = Path(shutil.copytree(folder, folder.with_name("straight")))
    captioner = Captioner(str(model))
    suggest_captions(straight, captioner)

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        suggest_captions(folder, captioner, report=stop)
    assert [bool(record.suggested_by) for record in read_manifest(folder)] == [True, False, False]
    assert suggest_captions(folder, captioner).written == 1
    assert read_manifest(folder) == read_manifest(straight)


def test_a_broken_clip_is_left_out_with_the_reason(folder: Path, model: Path) -> None:
    (folder / "clips" / "0.mp4").write_bytes(b"half")
    result = suggest_captions(folder, Captioner(str(model)))
    assert result.written == 1
    assert len(result.left_out) == 1
    assert result.left_out[0].startswith("clips/0.mp4: cannot read")


def test_the_middle_frame_is_upright(tmp_path: Path) -> None:
    film = films.shot(1, 9, 64, 48, speed=2)
    path = films.write(tmp_path / "a.mp4", film, rotation=90, options={"crf": "4"})
    found = middle_frame(path)
    assert found.shape == (64, 48, 3)
    distances = [np.abs(np.rot90(frame).astype(int) - found).mean() for frame in film]
    assert int(np.argmin(distances)) == 4


def test_models_that_cannot_caption_are_refused(
    tmp_path: Path, model: Path, base_folder: Path
) -> None:
    pickled = Path(shutil.copytree(model, tmp_path / "pickled"))
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    empty = tmp_path / "empty"
    empty.mkdir()
    for name in (pickled, empty, base_folder, base_folder / "text_encoder"):
        with pytest.raises(ModelError, match="captions"):
            Captioner(str(name))
    with pytest.raises(ModelError, match="none"):
        Captioner("none")


def test_on_the_command_line(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["dataset", "suggest", str(folder), "--model", str(model)]
    with writing(folder, "conclvd dataset annotate"):
        assert run(command) == 1
    assert "is in use by `conclvd dataset annotate`" in capsys.readouterr().err
    assert run(command) == 0
    captured = capsys.readouterr()
    told = f"{folder}: tiny blip suggested 2 captions; `conclvd dataset annotate {folder}` confirms"
    assert captured.out.startswith(told)
    assert "captioning" in captured.err
    assert run([*command, "--language", "fr"]) == 2
    assert run(["dataset", "suggest", str(tmp_path / "none"), "--model", str(model)]) == 1
    assert run(["dataset", "suggest", str(folder)]) == 2
    assert "--model" in capsys.readouterr().err
