"""Work shared among processes."""

import os
import signal

import pytest

from conclvd.errors import ConclvdError
from conclvd.workers import each


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
