"""Videos made several at a time, on several devices, within a time, in files of other formats."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import JsonValue

from comparing import Compare, methods_of
from conclvd.cli.main import run
from conclvd.compare import methods
from conclvd.compare.crew import Crew, choose_devices
from conclvd.compare.making import Asked, Lost, Made, MethodFailed, Order, Sample
from conclvd.compare.methods import Method
from conclvd.compare.shift import batch_size, parts
from conclvd.errors import InvalidRequest, ModelError
from conclvd.evaluate.records import read_asked, read_videos
from conclvd.evaluate.rows import read_rows
from conclvd.evaluate.video_set import NOT_LISTED, find_videos
from conclvd.generate.generator import Generator, Progress
from conclvd.generate.request import Request
from conclvd.video.probe import probe
from conclvd.video.read import read_frames

CUDA = torch.device("cuda")  # named, not used
BOTH = ["--methods", "conclvd,text2video-zero"]


class Shades:
    """A method that paints its seed, all of a batch at once; `most` is what its memory holds.

    It gives no number for prompts that say so.
    """

    device = torch.device("cpu")
    request = Request("-", frames=2, width=16, height=16)
    settings: dict[str, JsonValue] = {}  # noqa: RUF012 - it is never changed

    def __init__(self, most: int = 100) -> None:
        self.most = most
        self.batches: list[int] = []

    def sample(self, videos: Sequence[Asked], progress: Progress) -> list[Sample]:
        self.batches.append(len(videos))
        if len(videos) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        if any(video.prompt == "nan" for video in videos):
            raise ModelError("not numbers")
        progress("denoise", 1, 1)
        return [Sample(np.full((2, 16, 16, 3), video.seed, np.uint8)) for video in videos]


def make(
    shades: Shades, folder: Path, prompts: Sequence[str], **order: float | None
) -> tuple[list[Made], list[Lost]]:
    told: list[Made | Lost | str] = []
    share = [(f"{seed}", Asked(prompt, seed)) for seed, prompt in enumerate(prompts)]
    with pytest.MonkeyPatch.context() as patch, closing(Crew(["cpu"])) as alone:
        patch.setattr(methods, "METHODS", [Method("Shades", lambda request, weights: shades)])
        alone.load("shades", shades.request, None)
        alone.make(share, Order(folder, "Shades", "png", **order), told.append)  # type: ignore[arg-type]
    return [e for e in told if isinstance(e, Made)], [e for e in told if isinstance(e, Lost)]


def test_a_batch_is_written_whole_and_each_video_has_its_share(tmp_path: Path) -> None:
    shades = Shades()
    made, lost = make(shades, tmp_path, ["boat"] * 5, batch=3)
    assert (shades.batches, lost) == ([2, 3], [])
    assert [(m.name, m.batch) for m in made] == [("0", 2), ("1", 2), ("2", 3), ("3", 3), ("4", 3)]
    for each in made:
        frames = np.stack(list(read_frames(tmp_path / each.name)))
        assert (frames == int(each.name)).all()


def test_one_video_that_fails_is_lost_alone(tmp_path: Path) -> None:
    prompts = ["boat"] * 6
    prompts[2] = "nan"
    made, lost = make(Shades(), tmp_path, prompts, batch=6)
    assert sorted(m.name for m in made) == ["0", "1", "3", "4", "5"]
    assert lost == [Lost("2", "not numbers")]


def test_a_method_whose_first_videos_all_fail_has_failed(tmp_path: Path) -> None:
    shades = Shades()
    with pytest.raises(MethodFailed, match="not numbers"):
        make(shades, tmp_path, ["nan"] * 50, batch=4)
    assert shades.batches == [4, 2, 1, 1, 2, 1]


def test_batches_that_do_not_fit_are_halved_and_so_are_the_next(tmp_path: Path) -> None:
    shades = Shades(most=3)
    made, lost = make(shades, tmp_path, ["boat"] * 16, batch=8)
    assert (len(made), lost) == (16, [])
    assert shades.batches == [8, 4, 2, 2, 2, 2, 2, 2, 2, 2]


def test_without_time_nothing_is_begun(tmp_path: Path) -> None:
    shades = Shades()
    assert make(shades, tmp_path, ["boat"], until=time.monotonic() - 1) == ([], [])
    assert shades.batches == []
    made, _ = make(shades, tmp_path, ["boat"], until=math.inf)
    assert len(made) == 1


def test_the_batch_suits_the_device_and_the_size() -> None:
    small = Request("-", frames=8, width=256, height=256)
    large = Request("-", frames=16, width=512, height=512)
    huge = Request("-", frames=32, width=1024, height=1024)
    assert [batch_size(CUDA, r) for r in (small, large, huge)] == [16, 2, 1]
    assert batch_size(torch.device("cpu"), small) == 1
    assert [list(part) for part in parts("abcdefg", 3)] == [["a", "b"], ["c", "d", "e"], ["f", "g"]]
    assert parts("", 3) == []


def test_devices_are_those_named() -> None:
    assert choose_devices("cpu, cpu") == ["cpu", "cpu"]
    with pytest.raises(InvalidRequest, match="'cuda:9'"):
        choose_devices("cpu,cuda:9")


def test_a_process_that_is_gone_fails_the_method_and_not_the_next(
    base_folder: Path, tmp_path: Path
) -> None:
    request = Request("-", model=str(base_folder), frames=2, steps=2, interpolation="none")
    order = Order(tmp_path, "ConCLVD", "mp4", batch=1)
    others = set(active_children())
    with closing(Crew(["cpu", "cpu"])) as both:
        loaded = both.load("conclvd", request, None)
        processes = set(active_children()) - others
        killed, there = processes
        told: list[Made | Lost | str] = []

        def tell(event: Made | Lost | str) -> None:
            told.append(event)
            if isinstance(event, Made) and killed.is_alive():
                killed.kill()

        share = [(f"{seed}.mp4", Asked("a boat", seed)) for seed in range(6)]
        with pytest.raises(MethodFailed, match=r"process .*ended"):
            both.make(share, order, tell)
        made = {event.name for event in told if isinstance(event, Made)}
        assert len(made) >= 4  # the other one goes on; what the killed one had in work is lost
        assert all((tmp_path / name).is_file() for name in made)
        assert both.load("conclvd", request, None) == loaded
        both.make(share[:2], order, lambda _: None)
        assert there in active_children()
        assert killed not in active_children()
    assert set(active_children()) == others


def frames_of(out: Path) -> dict[str, np.ndarray]:
    return {
        f"{folder.name}/{row.file_name.removesuffix('.mp4')}": np.stack(
            list(read_frames(folder / row.file_name))
        )
        for folder in sorted(out.iterdir())
        if folder.is_dir()
        for row in read_videos(folder)
    }


@pytest.mark.slow
def test_the_batch_and_the_devices_change_no_video(compare: Compare, tmp_path: Path) -> None:
    """Two prompts and three seeds: six a method."""
    given = [*BOTH, "--seeds", "0,1,2", "--format", "png"]
    assert compare(*given)[0] == 0
    (tmp_path / "out").rename(tmp_path / "alone")
    code, out, err = compare(*given, "--batch", 4, "--device", "cpu,cpu")
    assert code == 0, err
    assert "Text2Video-Zero: done, 6 videos" in out
    alone, together = frames_of(tmp_path / "alone"), frames_of(tmp_path / "out")
    assert len(together) == 12
    assert together.keys() == alone.keys()
    for name, frames in together.items():
        assert np.abs(frames.astype(int) - alone[name]).max() <= 1  # rounding to bytes
    videos = read_videos(tmp_path / "out" / "conclvd")
    assert Counter(video.batch for video in videos) == {3: 6}  # a batch of three for each process
    assert run(["evaluate", "videos", "--videos", "out", "--metrics", "seconds,flicker"]) == 0
    (device,) = {row.device for row in read_rows([tmp_path / "rows.jsonl"]) if row.device}
    assert device == "cpu, 3 at a time"


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), [("webp", "0000-s0.webp"), ("png", "0000-s0")])
def test_other_formats_are_kept_measured_and_shown(
    compare: Compare, tmp_path: Path, kind: str, name: str
) -> None:
    folder = tmp_path / "out" / "conclvd"
    given = ["--methods", "conclvd", "--format", kind]
    assert compare(*given)[0] == 0
    assert read_videos(folder)[0].file_name == name
    assert probe(folder / name).frames == 2
    before = (folder / "metadata.jsonl").read_bytes()
    assert compare(*given)[0] == 0  # nothing is made twice
    assert (folder / "metadata.jsonl").read_bytes() == before
    assert run(["evaluate", "gallery", "out"]) == 0
    page = (tmp_path / "out" / "gallery.html").read_text(encoding="utf-8")
    assert f"conclvd/{name}" in page
    assert compare("--methods", "conclvd")[0] == 0  # mp4: the others are not its videos
    assert [row.file_name for row in read_videos(folder)] == ["0000-s0.mp4", "0001-s0.mp4"]
    found = find_videos(tmp_path / "out", None, None)
    old = {f"conclvd/{index:04d}-s0{name[7:]}" for index in (0, 1)}
    assert [e.name for e in found if e.path] == [f"conclvd/000{i}-s0.mp4" for i in (0, 1)]
    assert {e.name for e in found if e.absent == NOT_LISTED} == old
    assert len(found) == 4


@pytest.mark.slow
def test_what_there_was_no_time_for_is_told_and_counted(
    compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("--methods", "conclvd")[0] == 0
    code, out, _ = compare(*BOTH, "--seeds", "0,1", "--seconds", 1e-6)
    assert code == 0
    assert "ConCLVD: unfinished, 2 videos: no time was left for 2 of 4 videos" in out
    assert methods_of(tmp_path / "out")["text2video-zero"].videos == 0
    assert [row.name for row in read_asked(tmp_path / "out")] == [
        "0000-s0", "0001-s0", "0000-s1", "0001-s1",
    ]  # fmt: skip
    assert run(["evaluate", "videos", "--videos", "out", "--metrics", "flicker"]) == 0
    assert run(["evaluate", "table", "rows.jsonl"]) == 0
    told = capsys.readouterr().out
    for method, count in (("ConCLVD", 2), ("Text2Video-Zero", 4)):
        reason = f"not made: no time was left for {count} of 4 videos"
        assert f"{method}: {count} skipped in every column: {reason}" in told
    assert "(n 2 of 4)" in told


def test_a_failed_video_is_no_reason_for_what_there_was_no_time_for(
    compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, calls = Generator.generate_together, []

    def slow(self: Generator, *arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            monkeypatch.setattr(time, "monotonic", lambda: math.inf)
            raise ModelError("not numbers")
        return whole(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Generator, "generate_together", slow)
    _, out, _ = compare("--methods", "conclvd", "--seeds", "0,1", "--seconds", 600)
    told = "1 of 4 videos, 0001-s0.mp4: not numbers; no time was left for 2 of 4 videos"
    assert f"ConCLVD: failed, 1 videos: {told}" in out
    no_time = "not made: no time was left for 2 of 4 videos"
    missing = [e.absent for e in find_videos(tmp_path / "out", None, None) if e.absent]
    assert missing == ["not made: not numbers", no_time, no_time]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--batch", "0"], "--batch must be 1 or more, found 0"),
        (["--seconds", "0"], "--seconds must be more than 0, found 0"),
        (["--seconds", "nan"], "--seconds must be more than 0, found nan"),
        (["--format", "gif"], "--format must be mp4, webp, png, found 'gif'"),
        (["--device", "cpu,cuda:7"], "this machine has no device 'cuda:7'"),
    ],
)
def test_wrong_use_is_one_line(compare: Compare, arguments: list[str], said: str) -> None:
    code, _, err = compare("--methods", "conclvd", *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert said in err
