"""`conclvd generate`, `info` and `vocabulary`, from the command line to the file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conclvd.cli.main import run
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from tiny import VOCABULARY

Output = tuple[int, str, str]
Run = Callable[..., Output]

QUICK = ["--frames", "2", "--steps", "1", "--device", "cpu", "--dtype", "float32"]


@pytest.fixture
def conclvd(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run a command in an empty folder; exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> Output:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def frames_in(path: Path) -> np.ndarray:
    return np.stack(list(read_frames(path)))


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.webp", "a.png", "folder"])
def test_a_sentence_becomes_a_file(
    conclvd: Run, base_folder: Path, tmp_path: Path, name: str
) -> None:
    # The seed is fixed: random weights can paint two frames alike, which a gif stores as one.
    code, out, err = conclvd(
        "generate", "a boat", "-o", name, "--model", base_folder, "--seed", 1, *QUICK
    )
    assert code == 0, err
    written = tmp_path / out.strip()
    video = probe(written)
    assert (video.frames, video.width, video.height, video.fps) == (3, 64, 64, 12)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {written.name}


def test_without_a_seed_the_chosen_one_is_printed(
    conclvd: Run, base_folder: Path, tmp_path: Path
) -> None:
    code, out, err = conclvd("generate", "a boat", "--model", base_folder, *QUICK)
    assert code == 0
    seed = next(line for line in err.splitlines() if line.startswith("seed ")).split()[1]
    assert out.strip() == f"conclvd-{seed}.mp4"
    assert json.loads(conclvd("info", out.strip(), "--json")[1])["request"]["seed"] == int(seed)


def test_info_prints_every_setting(conclvd: Run, base_folder: Path) -> None:
    conclvd("generate", "小船 boat", "-o", "a.mp4", "--model", base_folder, "--seed", 5, *QUICK)
    code, out, _ = conclvd("info", "a.mp4")
    assert code == 0
    for line in (
        "a.mp4: 3 frames, 64x64, 12 fps, 0.25 s",
        "  prompt: 小船 boat",
        "  seed: 5",
        "  steps: 1",
        "  scheduler: ddim",
        "attention_kinds: versatile, sparse_causal",
        "device: cpu",
    ):
        assert line in out.splitlines()


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_like_makes_the_same_video(
    conclvd: Run, base_folder: Path, tmp_path: Path, name: str
) -> None:
    conclvd("generate", "a boat", "-o", name, "--model", base_folder, *QUICK)
    path = tmp_path / name.removesuffix(".png")
    first = frames_in(path)
    code, _, err = conclvd("generate", "--like", path, "-o", "b" + name)
    assert code == 0
    assert "warning" not in err
    assert np.array_equal(frames_in(tmp_path / ("b" + name.removesuffix(".png"))), first)


def test_options_beside_like_change_it(conclvd: Run, base_folder: Path) -> None:
    conclvd("generate", "a boat", "-o", "a.mp4", "--model", base_folder, "--seed", 3, *QUICK)
    code, _, err = conclvd(
        "generate", "mountains", "--like", "a.mp4", "-o", "b.mp4", "--interpolation", "none"
    )
    assert code == 0, err
    request = json.loads(conclvd("info", "b.mp4", "--json")[1])["request"]
    assert request["prompt"] == "mountains"
    assert request["seed"] == 3
    assert request["fps"] == "6"  # it followed from the interpolation, not from the file


def test_like_with_other_weights_says_so(conclvd: Run, base_folder: Path, tmp_path: Path) -> None:
    from tiny import tiny_unet

    model = Path(shutil.copytree(base_folder, tmp_path / "model"))
    conclvd("generate", "a boat", "-o", "a.mp4", "--model", "model", *QUICK)
    tiny_unet().save_pretrained(model / "unet")
    code, _, err = conclvd("generate", "--like", "a.mp4", "-o", "b.mp4")
    assert code == 0
    assert "the weights of the unet are not those of the original video" in err


def test_unknown_words_are_named(conclvd: Run, base_folder: Path) -> None:
    _, _, err = conclvd("generate", "a dragon", "-o", "a.gif", "--model", base_folder, *QUICK)
    assert "never learned: 'dragon'; `conclvd vocabulary`" in err


def test_what_is_cut_is_named(conclvd: Run, base_folder: Path) -> None:
    code, _, err = conclvd(
        "generate", "a misty boat drifts to the left", "-o", "a.gif", "--model", base_folder, *QUICK
    )
    assert code == 0
    assert "this is cut: 'eft'" in err


def test_the_vocabulary_is_listed(conclvd: Run, base_folder: Path) -> None:
    code, out, _ = conclvd("vocabulary", "--model", base_folder)
    assert code == 0
    assert out.split() == sorted(VOCABULARY["en"]) + sorted(VOCABULARY["zh"])
    _, out, _ = conclvd("vocabulary", "--model", base_folder, "--language", "zh")
    assert out.split() == sorted(VOCABULARY["zh"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["generate"], 2, "there is no prompt"),
        (["generate", " "], 2, "the prompt is empty"),
        (["generate", "a boat", "--frames", "0"], 2, "frames must be 1 to 32, found 0"),
        (["generate", "a boat", "--frames", "1000"], 2, "frames must be 1 to 32, found 1000"),
        (["generate", "a boat", "--frames", "many"], 2, "--frames"),
        (["generate", "a boat", "--width", "250"], 2, "use 248 or 256"),
        (["generate", "a boat", "--fps", "fast"], 2, "fast"),
        (["generate", "a boat", "--scheduler", "ddpm"], 2, "scheduler must be one of"),
        (["generate", "a boat", "--device", "tpu9"], 2, "device must be auto"),
        (["generate", "a boat", "--model", "nothing like it"], 1, "no model 'nothing like it'"),
        (["generate", "a boat", "--model", "picture.png"], 1, "is a .png file"),
        (["generate", "a boat", "--model", "empty"], 1, "has no tokenizer/"),
        (["generate", "a boat", "-o", "a.avi"], 2, "end the name in .mp4"),
        (["generate", "a boat", "-o", "nowhere/a.mp4"], 1, "there is no folder nowhere"),
        (["generate", "a boat", "-o", "/proc/a.mp4"], 1, "cannot write /proc/a.mp4"),
        (["generate", "--like", "missing.mp4"], 1, "missing.mp4"),
        (["generate", "--like", "picture.png"], 1, "picture"),
        (["info", "missing.mp4"], 1, "missing.mp4"),
        (["vocabulary", "--language", "fr"], 2, "language must be en or zh"),
        (["vocabulary", "--model", "empty"], 1, "has no vocabulary.json"),
    ],
)
def test_bad_input_is_one_line(
    conclvd: Run, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "picture.png").write_bytes(b"no picture")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    found, out, err = conclvd(*arguments)
    assert found == code
    assert message in err
    assert out == ""
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert set(err.splitlines()) - set(errors) <= {f"loading {arguments[-1]}", "loading ink-mini"}
    assert sorted(tmp_path.rglob("*")) == before


def test_a_module_of_other_channels_is_refused(
    conclvd: Run, base_folder: Path, tmp_path: Path
) -> None:
    from conclvd.models.weights import save_motion_module
    from tiny import tiny_motion

    save_motion_module(tiny_motion(channels=(16, 16, 16, 16)), tmp_path / "other")
    code, _, err = conclvd(
        "generate", "a boat", "-o", "a.mp4", "--model", base_folder, "--motion", "other", *QUICK
    )
    assert code == 1
    assert "made for a U-Net of channels (16, 16, 16, 16)" in err


def test_a_video_that_conclvd_did_not_make(conclvd: Run, tmp_path: Path) -> None:
    from fractions import Fraction

    from conclvd.video.write import write_video

    write_video(tmp_path / "a.gif", np.zeros((2, 16, 16, 3), np.uint8), Fraction(5))
    code, _, err = conclvd("info", "a.gif")
    assert code == 2
    assert "conclvd did not make it" in err


def test_ctrl_c_leaves_nothing(
    conclvd: Run, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conclvd.cli import progress

    class Interrupted(progress.Bars):
        def __call__(self, stage: str, done: int, total: int) -> None:
            super().__call__(stage, done, total)
            if stage == "decode":
                raise KeyboardInterrupt

    monkeypatch.setattr("conclvd.cli.generate.Bars", Interrupted)
    code, out, _ = conclvd("generate", "a boat", "-o", "a.mp4", "--model", base_folder, *QUICK)
    assert code == 130
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(
    conclvd: Run, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from PIL import Image

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    code, _, err = conclvd("generate", "a boat", "-o", "a.gif", "--model", base_folder, *QUICK)
    assert code == 1
    assert "No space left on device" in err
    assert list(tmp_path.iterdir()) == []
