"""Training in processes of their own: one that is killed, two that share a step."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState

from conclvd.train.checkpoint import checkpoints, load_checkpoint
from conclvd.train.journal import read_log
from conclvd.train.loop import train
from conclvd.train.settings import TrainSettings
from training_states import close_gradients, last_state

pytestmark = pytest.mark.slow


def in_process(settings: TrainSettings, environment: dict[str, str]) -> None:
    """Train in a forked process, which has everything imported."""
    torch.set_num_threads(1)
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    os.environ.update(environment)
    os.setpgid(0, 0)  # a terminal's Ctrl-C goes to a group, which is not the tests' own
    train(settings)


def start(settings: TrainSettings, **environment: str) -> Any:
    context = multiprocessing.get_context("fork")
    process = context.Process(target=in_process, args=(settings, environment))
    process.start()
    return process


def test_kill_loses_at_most_the_steps_since_the_last_checkpoint(settings) -> None:
    """In half precision, to see that too."""
    given = settings(max_train_steps=5000, checkpointing_steps=3, mixed_precision="bf16")
    process = start(given)
    deadline = time.monotonic() + 120
    while len(read_log(given.output_dir)) < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.join()
    rows = read_log(given.output_dir)
    tensors, facts = load_checkpoint(checkpoints(given.output_dir)[-1])
    assert rows[-1]["step"] >= 8
    assert facts["step"] >= rows[-1]["step"] - 3
    assert {value.dtype for value in tensors.values()} == {torch.float32}
    resumed = start(given.model_copy(update={"max_train_steps": facts["step"] + 1}))
    resumed.join(120)
    assert resumed.exitcode == 0
    steps = [row["step"] for row in read_log(given.output_dir)]
    assert steps == list(range(1, facts["step"] + 2))
    json.loads((given.output_dir / "settings.json").read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_saves_although_workers_get_it_too(settings, number) -> None:
    """The step goes on for many batches after the signal, and all come from workers."""
    given = settings(max_train_steps=5000, gradient_accumulation_steps=20, dataloader_num_workers=2)
    process = start(given)
    deadline = time.monotonic() + 120
    while not read_log(given.output_dir) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, number)
    process.join(60)
    assert process.exitcode == 0
    (last,) = checkpoints(given.output_dir)
    assert last.name == f"checkpoint-{read_log(given.output_dir)[-1]['step']}"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # no worker is left


OPEN_LOADER = """
import numpy as np, os, signal, sys
from multiprocessing import active_children
from conclvd.train.samples import Samples, Window, batches
from conclvd.train.settings import check_settings

given = check_settings({"train_data_dir": ".", "dataloader_num_workers": 2}, "test")
window = Window(np.zeros((2, 3, 4, 8, 8)), (np.zeros((5, 6)),))
samples = Samples([window], np.zeros((5, 6)), given, diffusion_steps=10, scaling_factor=1.0)
stream = batches(samples, 0, rank=0, ranks=1, pin_memory=False)
next(stream), next(stream)  # one of each worker, which by then knows whose it is
print(*[child.pid for child in active_children()], flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
raise RuntimeError("an error that nobody catches")
"""


@pytest.mark.parametrize(("end", "code"), [("killed", -signal.SIGKILL), ("error", 1)])
def test_workers_end_with_the_run(end: str, code: int) -> None:
    command = [sys.executable, "-c", OPEN_LOADER, end]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    workers = [int(word) for word in done.stdout.split()]
    assert len(workers) == 2
    deadline = time.monotonic() + 30  # a worker looks for its parent every five seconds
    while any(map(is_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(is_alive, workers))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def train_on_two(settings: TrainSettings) -> None:
    shared = {
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(20_000 + os.getpid() % 20_000),
        "OMP_NUM_THREADS": "1",
    }
    processes = [start(settings, RANK=rank, LOCAL_RANK=rank, **shared) for rank in ("0", "1")]
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0]


LAUNCHED = """
import os, sys
from conclvd.cli import launched, main

if sys.argv.pop(1) == "alone" and os.environ["LOCAL_RANK"] == "1":
    launched.AFTER_THE_FIRST = 0.1
    sys.argv += ["--num-frames", "1"]
main.main()
"""


@pytest.mark.parametrize(
    ("who", "flags", "error"),
    [
        ("all", ["--num-frames", "1"], "--num-frames: Input should be"),  # before they meet
        ("all", [], "is no dataset"),  # after
        ("alone", [], "--num-frames: Input should be"),
    ],
)
def test_processes_of_a_launcher_tell_an_error_once(
    tmp_path: Path, who: str, flags: list[str], error: str
) -> None:
    (tmp_path / "launched.py").write_text(LAUNCHED)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*launcher, "--nproc-per-node", "2", str(tmp_path / "launched.py"), who, "train"]
    command += ["ink-mini", "--train-data-dir", str(tmp_path), "--output-dir", str(tmp_path / "x")]
    done = subprocess.run(
        [*command, *flags], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert error in told
    codes = re.findall(r"exitcode  : (-?\d+) ", done.stderr)
    assert len(codes) == 2
    assert "0" not in codes


def test_two_processes_are_one_with_twice_the_batch(settings) -> None:
    both = {"max_train_steps": 1, "num_held_out_clips": 2, "adam_epsilon": 1.0}  # no sign of noise
    one = settings("one", train_batch_size=4, **both)
    two = settings("two", train_batch_size=2, **both)
    train(one)
    train_on_two(two)
    close_gradients(last_state(one), last_state(two))
    first, second = (read_log(s.output_dir) for s in (one, two))
    assert len(first) == len(second) == 3
    for left, right in zip(first, second, strict=True):
        for name in left.keys() - {"seconds", "seconds_per_step"}:
            assert left[name] == pytest.approx(right[name], rel=1e-3), name
    log = two.output_dir / "log.jsonl"  # as a run leaves it that was killed while it measured
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:-1]))
    train_on_two(two)
    for name in second[-1].keys() - {"seconds"}:
        assert read_log(two.output_dir)[-1][name] == pytest.approx(second[-1][name], rel=1e-5), name
