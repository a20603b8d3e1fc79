"""Painting in background processes: what is painted, and that nothing of it outlives the parent."""

import os
import signal
import subprocess
import sys
import time

import pytest

from conclvd.errors import TrainingError
from conclvd.pretrain.painting import PaintingPool, PaintOrder

KILLED_WHILE_PAINTING = """
import time
from conclvd.pretrain.painting import PaintingPool, PaintOrder
if __name__ == "__main__":
    with PaintingPool(PaintOrder(frames=1, fps=1.0, sizes=((64, 64),)), 2) as pool:
        pool.take(wait=True)
        print(*[process.pid for process in pool._processes], flush=True)
        time.sleep(60)
"""


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as status:  # a zombie waits for its new parent only
        return status.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_pool_without_workers_is_refused():
    with pytest.raises(TrainingError, match="at least 1 worker"):
        PaintingPool(PaintOrder(frames=1, fps=1.0, sizes=((64, 64),)), 0)


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks processes up in /proc")
def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "paint.py"
    script.write_text(KILLED_WHILE_PAINTING)
    command = [sys.executable, script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(word) for word in parent.stdout.readline().split()]
        assert len(workers) == 2
        assert all(is_running(worker) for worker in workers)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while any(is_running(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not [worker for worker in workers if is_running(worker)]
