"""`conclvd train` from the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conclvd.cli.main import run
from conclvd.train.settings import TrainSettings
from naming import named
from training_clips import square_dataset, square_video

Output = tuple[int, str, str]
Run = Callable[..., Output]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = square_dataset(tmp_path_factory.mktemp("clips"), 3)
    square_video(folder / "short.mp4", frames=3)
    square_video(folder / "test.mp4")
    with (folder / "metadata.jsonl").open("a") as file:
        file.write('{"file_name": "short.mp4", "text": "too short"}\n')
        file.write('{"file_name": "test.mp4", "text": "kept for tests", "split": "test"}\n')
    return folder


@pytest.fixture
def conclvd(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    data: Path,
    base_folder: Path,
) -> Run:
    """Run a command in a folder with a config; exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    lines = [
        f'pretrained_model_name_or_path = "{base_folder}"',
        f'train_data_dir = "{data}"',
        f'cache_dir = "{data}/cache"',
        "resolution = 64\nsample_stride = 2\nmotion_num_attention_heads = 2",
        'max_train_steps = 2\nreport_to = "none"\noutput_dir = "out"',
    ]
    Path("c.toml").write_text("\n".join(lines))

    def command(*arguments: object) -> Output:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_every_setting_is_a_flag(conclvd: Run) -> None:
    code, out, _ = conclvd("train", "--help")
    assert code == 0
    for name in TrainSettings.model_fields:
        assert f"--{name.replace('_', '-')}" in out
    assert "ink-mini" in out


@pytest.mark.slow
def test_a_run_writes_a_module_and_goes_on(conclvd: Run, data: Path) -> None:
    code, out, err = conclvd("train", "c.toml", "--seed", 3)
    assert code == 0, err
    assert out == "out/motion_adapter\n"
    short = f"passed over: {data / 'short.mp4'} has 3 frames; 8 at stride 2 need 15"
    assert short in err
    code, _, err = conclvd("train", "c.toml", "--seed", 3)
    assert code == 0
    made = "going on from checkpoint-2, where all steps are made: raise max_train_steps for more"
    assert made in err
    assert made in conclvd("train", "c.toml", "--seed", 3, "--dry-run")[1]
    code, _, err = conclvd("train", "c.toml", "--seed", 3, "--max-train-steps", 3)
    assert code == 0
    assert "checkpoint-2\n" in err
    code, _, err = conclvd("train", "c.toml", "--seed", 4)
    assert code == 1
    assert re.search(r"seed.*\b3\b.*\b4\b", err)


def test_a_dry_run_tells_and_writes_nothing(conclvd: Run, tmp_path: Path, data: Path) -> None:
    flags = [
        "--train-batch-size",
        2,
        "--gradient-accumulation-steps",
        3,
        "--gradient-checkpointing",
    ]
    code, out, err = conclvd("train", "c.toml", "--dry-run", *flags, "--num-held-out-clips", 1)
    assert code == 0, err
    lines = out.splitlines()
    assert "has 3 frames" in lines[0]
    kept = "is in the split test, and only train is trained on"
    assert lines[1] == f"passed over: {data / 'test.mp4'} {kept}"
    assert lines[2].startswith("clips: 3 of 5 can be used; 1 are held out, 2 give 4 samples")
    assert "versatile, sparse_causal, from the identity" in lines[3]
    assert lines[4] == "steps: 2 of 6 samples a process, 3.0 epochs, from the start"
    assert lines[5].startswith("memory: about ")
    assert re.search(r"\), in float32, of [\d.]+ GiB here$", lines[5])
    assert [path.name for path in tmp_path.iterdir()] == ["c.toml"]


@pytest.mark.parametrize("flag", ["--dry-run", "--preview-data"])
def test_one_process_of_a_launcher_looks_ahead(
    conclvd: Run, monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert conclvd("train", "c.toml", flag) == (0, "", "")
    assert not Path("out").exists()


def test_libraries_show_no_bars_of_their_own(conclvd: Run, data: Path) -> None:
    """The weights of ink-mini are in several files, which diffusers counts."""
    flags = ["--train-data-dir", data, "--resolution", 64, "--sample-stride", 2, "--dry-run"]
    code, _, err = conclvd("train", "ink-mini", *flags)
    assert code == 0, err
    assert "reading clips" in err
    assert "Loading" not in err


def test_the_preview_is_a_sheet(conclvd: Run) -> None:
    code, out, err = conclvd("train", "c.toml", "--preview-data")
    assert code == 0, err
    assert out.splitlines()[-1] == "out/preview.png"
    assert "0.mp4, from frame 0: boat 0" in out.splitlines()[0]
    assert "passed over" in err
    assert Path("out/preview.png").stat().st_size > 1000


def test_ctrl_c_says_what_is_saved(conclvd: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import signal

    from conclvd.cli import progress

    class Interrupted(progress.Bars):
        def __call__(self, stage: str, done: int, total: int) -> None:
            super().__call__(stage, done, total)
            if stage == "train" and done == 1:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("conclvd.cli.train.Bars", Interrupted)
    code, out, err = conclvd("train", "c.toml", "--max-train-steps", 90)
    assert code == 130
    assert out == ""
    assert re.search(r"step 2\b.*--max-train", err)
    assert Path("out/checkpoint-2").is_dir()
    code, out, _ = conclvd("train", "c.toml", "--max-train-steps", 2)
    assert (code, out) == (0, "out/motion_adapter\n")
    assert Path("out/report.html").is_file()


# What accelerate and conclvd use of wandb.
WANDB = """
import json, os

class Error(Exception): pass
class config: update = staticmethod(lambda values, **_: None)
class Run:
    def log(self, values, step): tell("log", step=step, names=sorted(values))
    def finish(self): tell("finish")

def tell(what, **given):
    with open("wandb.jsonl", "a") as file:
        file.write(json.dumps([what, given]) + "\\n")

def login():
    if "WANDB_MODE" not in os.environ:
        raise Error("No API key configured.")

def init(**given):
    login()
    tell("init", **given)
    return Run()
"""


@pytest.fixture
def wandb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Output]:
    """Run a command where the stand-in is installed; accelerate looks for it when it is loaded."""
    folder = tmp_path / "site"
    (folder / "wandb-1.dist-info").mkdir(parents=True)
    (folder / "wandb-1.dist-info/METADATA").write_text("Name: wandb\nVersion: 1\n")
    (folder / "wandb.py").write_text(WANDB)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *sys.path]))

    def command(*arguments: str) -> Output:
        script = "from conclvd.cli.main import main; main()"
        line = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout, done.stderr

    return command


@pytest.mark.slow
def test_wandb_gets_the_figures_and_writes_into_the_output(
    conclvd: Run, wandb: Callable[..., Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    flags = ["c.toml", "--report-to", "wandb", "--output-dir", "runs/one", "--logging-steps", "1"]
    for more in ([], ["--dry-run"]):  # before the clips are encoded
        code, out, err = wandb("train", *flags, *more)
        assert (code, out) == (1, "")
        assert "error: wandb" in err
        assert "`wandb login`" in err
        assert not Path("runs").exists()
    monkeypatch.setenv("WANDB_MODE", "offline")
    code, out, err = wandb("train", *flags)
    assert (code, out) == (0, "runs/one/motion_adapter\n"), err
    lines = [json.loads(line) for line in Path("wandb.jsonl").read_text().splitlines()]
    assert lines[0] == ["init", {"project": "conclvd", "dir": "runs/one", "name": "one"}]
    assert [given["step"] for what, given in lines if what == "log"] == [1, 2]
    assert "loss_diff" in lines[1][1]["names"]
    assert lines[-1] == ["finish", {}]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train"], 2, "argument"),
        (["train", "none.toml"], 2, "'none.toml' preset"),
        (["train", "paper"], 2, "--train-data-dir"),
        (["train", "c.toml", "--speed", "9"], 2, "--speed"),
        (["train", "c.toml", "--seed", "x"], 2, "--seed"),
        (["train", "c.toml", "--num-frames", "1"], 2, "--num-frames"),
        (["train", "c.toml", "--attention-kinds", "x"], 2, "--attention-kinds"),
        (["train", "c.toml", "--mixed-precision", "int8"], 2, "--mixed-precision"),
        (["train", "c.toml", "--dry-run", "--preview-data"], 2, "--dry-run --preview-data"),
        (["train", "c.toml", "--preview-data", "--output-dir", "c.toml"], 1, "c.toml"),
        (["train", "c.toml", "--motion-num-attention-heads", "3"], 2, "3 16"),
        (["train", "c.toml", "--train-data-dir", "none"], 1, "none"),
        (["train", "c.toml", "--num-frames", "9"], 1, "clip"),
        (["train", "c.toml", "--pretrained-model-name-or-path", "none"], 1, "'none'"),
        (["train", "c.toml", "--motion-module-name-or-path", "no"], 1, "'no'"),
    ],
)
def test_bad_input_is_one_line(conclvd: Run, arguments: list[str], code: int, words: str) -> None:
    found, out, err = conclvd(*arguments)
    assert found == code, err
    assert re.match(named(words), err)
    assert out == ""
    assert sum(line.startswith("error: ") for line in err.splitlines()) == 1


@pytest.mark.slow
def test_ablations_are_trained_and_compared(conclvd: Run) -> None:
    flags = ["--validation-prompt", "a boat", "--num-held-out-clips", 1, "--validation-steps", 2]
    flags += ["--validation-inference-steps", 2]
    code, _, err = conclvd("ablate", "c.toml", "--max-train-steps", 1)
    assert code == 2
    assert "--validation-prompt" in err
    code, out, err = conclvd("ablate", "c.toml", *flags)
    assert code == 0, err
    for name in ("ConCLVD", "without SC-Attn", "without CLofNoise", "AnimateDiff"):
        assert out.count(f"\n| {name} | ") == 2  # once trained, once measured
    assert "held-out L_diff" in out
    assert "dynamic degree" in out
    assert "CLIP-temp" not in out  # this model comes without a CLIP
    assert Path("out/ablations.md").read_text() == out
