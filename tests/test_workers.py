"""Work shared among processes."""

import os
import signal

import pytest

from conclvd.errors import ConclvdError
from conclvd.workers import each, one_thread_each


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
    with pytest.raises(ConclvdError, match=r"ended from outside.*fewer --workers"):
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
