"""Work shared among processes."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from conclvd.errors import ConclvdError
from conclvd.workers import STOPPING, Here, OwnProcess, each, one_thread_each


def double(number: int) -> int:
    return 2 * number


def fall(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.slow
def test_every_result_comes_once() -> None:
    assert sorted(each(double, range(20), 2)) == list(range(0, 40, 2))
    assert list(each(double, [], 2)) == []


@pytest.mark.slow
def test_a_process_that_is_ended_from_outside_is_one_line() -> None:
    with pytest.raises(ConclvdError, match="--workers"):
        list(each(fall, range(4), 2))


def threads(_: int) -> str:
    return os.environ["OMP_NUM_THREADS"]


@pytest.mark.slow
def test_processes_compute_on_one_thread_and_their_parent_as_before(monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert set(each(threads, range(4), 2)) == {"1"}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    monkeypatch.delenv("OMP_NUM_THREADS")
    with one_thread_each():
        pass
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_call_here_is_done_at_once_and_keeps_its_error() -> None:
    assert Here().submit(double, 4).result(0) == 8
    assert isinstance(Here().submit(int, "x").exception(0), ValueError)


def own() -> int:
    return os.getpid()


@pytest.mark.slow
def test_an_own_process_stays_until_it_is_ended_whatever_it_does() -> None:
    process = OwnProcess()
    assert process.submit(own).result() == process.submit(own).result() != os.getpid()
    asleep = process.submit(time.sleep, 600)
    while not asleep.running():
        time.sleep(0.01)
    begun = time.monotonic()
    process.shutdown()
    assert time.monotonic() - begun < STOPPING
    assert not process.process.is_alive()


@pytest.mark.slow
def test_an_own_process_that_is_killed_is_broken_and_can_be_ended() -> None:
    with OwnProcess() as process:
        with pytest.raises(BrokenExecutor):
            process.submit(fall, 1).result()
        with pytest.raises(BrokenExecutor):
            process.submit(double, 1)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="this system does not list processes")
@pytest.mark.parametrize("start", ["own = OwnProcess()", "pool = each(time.sleep, range(9), 2)"])
def test_processes_end_with_their_parent_however_it_ends(start: str, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import multiprocessing, os, signal, time\n"
        "from conclvd.workers import OwnProcess, each\n"
        "if __name__ == '__main__':\n"
        f"    {start}\n"
        "    next(pool) if 'pool' in globals() else own.submit(os.getpid).result()\n"
        "    print(*(child.pid for child in multiprocessing.active_children()), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    children = [Path(f"/proc/{pid}") for pid in ended.stdout.split()]
    assert children
    until = time.monotonic() + 30
    while any(map(alive, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, children))


def alive(process: Path) -> bool:
    """A process that ended and that nobody has asked for its exit code is dead too."""
    try:
        return process.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
