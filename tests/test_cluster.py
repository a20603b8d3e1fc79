"""The same work on a Ray cluster of two machines, both of them this one."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import films
from comparing import Compare
from conclvd.cli.main import run
from conclvd.cluster import RayProcess, room
from conclvd.curate.add import add_sources
from conclvd.curate.check import check_dataset
from conclvd.curate.cut import cut_sources
from conclvd.curate.plan import CutSettings
from conclvd.errors import MediaError
from conclvd.evaluate.records import read_videos
from conclvd.manifest import read_manifest, write_manifest
from conclvd.video.read import read_frames
from conclvd.workers import each

pytestmark = [
    pytest.mark.slow,
    # Ray Data's own, whenever its settings are made
    pytest.mark.filterwarnings("ignore:`use_.*` is deprecated:DeprecationWarning"),
]
SETTINGS = CutSettings(min_lines=90, min_seconds=1)
MEMORY = 80 * 2**20  # bytes of Ray's store, about the least that it takes


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two machines with one core each."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'conclvd[ray]'")
    from ray.cluster_utils import Cluster

    machine = {"num_cpus": 1, "object_store_memory": MEMORY, "include_dashboard": False}
    made = None
    try:
        try:
            made = Cluster(initialize_head=True, head_node_args=machine)
            made.add_node(num_cpus=1, object_store_memory=MEMORY)
            made.wait_for_nodes(timeout=60)
        except Exception as error:  # whatever a locked-down machine has against its processes
            pytest.skip(f"Ray does not start here ({error}): install and try it elsewhere")
        yield made.address
    finally:
        ray.shutdown()
        if made is not None:
            made.shutdown()


def content(folder: Path) -> dict[str, Any]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    return {
        str(path.relative_to(folder)): sorted(path.read_bytes().splitlines())
        if path.suffix == ".jsonl"  # lines as they came
        else path.read_bytes()
        for path in files
    }


def test_both_machines_work_and_every_result_comes(cluster: str, tmp_path: Path) -> None:
    def where(number: int) -> tuple[int, str, int]:
        """A task holds its machine until the other one has come to work too."""
        import time

        import ray

        machine = ray.get_runtime_context().get_node_id()
        (tmp_path / machine).touch()
        until = time.monotonic() + 60
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        return number, machine, os.getpid()

    found = sorted(each(where, range(6), None, cluster))
    assert [number for number, _, _ in found] == list(range(6))
    assert len({node for _, node, _ in found}) == 2
    assert os.getpid() not in {process for _, _, process in found}
    assert list(each(where, [], None, cluster)) == []


def test_an_error_of_ours_stays_one(cluster: str) -> None:
    def fail(number: int) -> int:
        raise MediaError(f"cannot read {number}")

    with pytest.raises(MediaError, match=r"^cannot read \d$"):
        list(each(fail, range(3), None, cluster))


def test_cutting_and_checking_give_the_same_there(cluster: str, tmp_path: Path) -> None:
    videos = [
        films.write(
            tmp_path / f"{n} 片.mp4",
            [*films.shot(n, 26, 160, 90), *films.shot(n + 10, 26, 160, 90)],
        )
        for n in range(3)
    ]
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, address in ((here, None), (there, cluster)):
        add_sources(folder, videos, license="CC0-1.0", workers=1)
        assert cut_sources(folder, SETTINGS, workers=1, cluster=address).made == 6
    assert content(here) == content(there)
    records = read_manifest(there)
    write_manifest(there, [records[0].model_copy(update={"frames": 7}), *records[1:]])
    (there / records[1].file_name).write_bytes(b"half")
    found = [
        check_dataset(there, workers=1, cluster=address).findings for address in (None, cluster)
    ]
    assert found[0] == found[1]
    assert "frames is 26 in the file and 7 in the record" in {f.message for f in found[0]}


def test_the_command_line_says_nothing_of_ray(
    cluster: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = films.write(tmp_path / "a.mp4", films.shot(1, 26, 160, 90))
    folder = str(tmp_path / "set")
    assert run(["dataset", "add", str(path), folder, "--license", "MIT", "--workers", "1"]) == 0
    capfd.readouterr()
    short = ["--min-lines", "90", "--min-seconds", "1"]
    cut = ["dataset", "cut", folder, *short, "--cluster", cluster]
    assert run(cut) == 0
    captured = capfd.readouterr()
    assert captured.out == f"{folder}: cut 1 clips\n"
    assert {
        line.split(":")[0] for line in captured.err.replace("\r", "\n").split("\n") if line
    } == {
        "finding scenes",
        "cutting clips",
    }


def test_a_comparison_makes_the_same_videos_there(
    cluster: str, compare: Compare, tmp_path: Path
) -> None:
    given = ["--methods", "conclvd,animatediff", "--seeds", "0,1", "--format", "png"]
    assert compare(*given)[0] == 0
    (tmp_path / "out").rename(tmp_path / "here")
    code, out, err = compare(*given, "--cluster", cluster, "--batch", 1)
    assert code == 0, err
    assert "ConCLVD: done, 4 videos" in out
    assert "AnimateDiff: not available" in out
    here, there = (read_videos(tmp_path / folder / "conclvd") for folder in ("here", "out"))
    assert [(row.file_name, row.settings) for row in there] == [
        (row.file_name, row.settings) for row in here
    ]
    for row in there:
        assert row.seconds
        assert row.peak_gib
        mine, its = (
            np.stack(list(read_frames(tmp_path / folder / "conclvd" / row.file_name)))
            for folder in ("here", "out")
        )
        assert np.abs(mine.astype(int) - its).max() <= 1  # rounding to bytes
    assert compare(*given, "--cluster", cluster, "--device", "cuda")[0] == 2  # it has none


def test_a_process_of_the_cluster_that_ends_is_broken(cluster: str) -> None:
    machines = room(cluster)
    assert machines == (0, 2)
    with RayProcess(cluster, gpu=False) as process:
        number = process.submit(os.getpid).result()
        assert number != os.getpid()
        assert process.submit(os.getpid).result() == number
        assert isinstance(process.submit(int, "x").exception(), ValueError)
        with pytest.raises(BrokenExecutor):
            process.submit(os.kill, number, signal.SIGKILL).result()
