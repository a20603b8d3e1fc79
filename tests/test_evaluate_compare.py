"""`conclvd evaluate compare`: every method's videos, what is kept, and what is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from comparing import PROMPTS, Compare, methods_of, written
from conclvd.cli.main import run
from conclvd.compare import memory
from conclvd.compare.methods import METHODS
from conclvd.evaluate.formats import markdown
from conclvd.evaluate.records import read_asked, read_methods, read_videos
from conclvd.evaluate.rows import read_rows
from conclvd.evaluate.table import build_table
from conclvd.evaluate.video_set import find_videos
from conclvd.generate.generator import Generator
from conclvd.generate.request import Request
from conclvd.models.attention import ABSENT, SPARSE_CAUSAL, VERSATILE
from conclvd.models.weights import save_motion_module
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from tiny import (
    SIZE,
    tiny_motion,
)

# diffusers' sigma samplers hand torch tensors to numpy 2 in a way that it warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

REQUEST = Request("-", frames=2, interpolation="none", device="cpu", dtype="float32")


def test_methods_make_the_same_prompts_and_seeds(compare: Compare, tmp_path: Path) -> None:
    code, out, err = compare("--methods", "conclvd,text2video-zero", "--seeds", "0,7")
    assert code == 0, err
    assert "ConCLVD: done, 4 videos" in out
    assert "4/4" in err
    rows = methods_of(tmp_path / "out")
    assert list(rows) == ["conclvd", "text2video-zero"]
    for slug, method in rows.items():
        assert (method.status, method.videos, method.reason) == ("done", 4, None)
        folder = tmp_path / "out" / slug
        videos = read_videos(folder)
        assert [(v.file_name, v.caption, v.seed) for v in videos] == [
            (f"{index:04d}-s{seed}.mp4", prompt, seed)
            for index, prompt in enumerate(PROMPTS)
            for seed in (0, 7)
        ]
        for video in videos:
            assert (video.method, video.device) == (method.name, "cpu")
            assert video.seconds is not None
            assert 0 < video.seconds < 60
            assert video.peak_gib is not None
            assert 0.05 < video.peak_gib < 20
            seen = probe(folder / video.file_name)
            assert (seen.frames, seen.width, seen.fps) == (2, SIZE, 6)
            told = json.loads(seen.metadata or "")
            assert video.caption in json.dumps(told, ensure_ascii=False)
        assert len({v.settings for v in videos}) == 1
        assert method.sampler is not None
        assert method.sampler["steps"] == 2
    first = (tmp_path / "out/conclvd/0000-s0.mp4").read_bytes()
    assert first != (tmp_path / "out/conclvd/0000-s7.mp4").read_bytes()


@pytest.mark.parametrize("clear", ["none/clear_refs", "."])  # not there; not to be written
def test_where_memory_is_not_told_seconds_are(
    compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clear: str
) -> None:
    monkeypatch.setattr(memory, "CLEAR", tmp_path / clear)
    assert compare("--methods", "conclvd")[0] == 0
    videos = read_videos(tmp_path / "out" / "conclvd")
    assert [video.peak_gib for video in videos] == [None, None]
    assert run(["evaluate", "videos", "--videos", "out", "--metrics", "seconds"]) == 0
    rows = read_rows([tmp_path / "rows.jsonl"])
    assert [row.value for row in rows] == [video.seconds for video in videos]
    assert run(["evaluate", "videos", "--videos", "out", "--metrics", "peak-memory"]) == 2
    assert run(["evaluate", "videos", "--videos", "out"]) == 0
    measured = {row.metric for row in read_rows([tmp_path / "rows.jsonl"])}
    assert "seconds" in measured
    assert "peak-memory" not in measured


def test_conclvd_is_what_generate_makes(
    compare: Compare, tmp_path: Path, base_folder: Path
) -> None:
    assert compare("--methods", "conclvd", "--seeds", "3")[0] == 0
    again = ["generate", "-o", "again.mp4", "--like", "out/conclvd/0001-s3.mp4"]
    assert run(again) == 0
    made = [
        np.stack(list(read_frames(tmp_path / p))) for p in ("again.mp4", "out/conclvd/0001-s3.mp4")
    ]
    assert np.array_equal(*made)


@pytest.mark.slow
def test_what_is_there_stays_and_what_is_not_is_made(compare: Compare, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "conclvd"
    assert compare("--methods", "conclvd")[0] == 0
    before = written(folder)
    assert compare("--methods", "conclvd")[0] == 0
    assert written(folder) == before
    assert compare("--methods", "conclvd", "--seeds", "0,1")[0] == 0  # more of the same
    now = written(folder)
    assert len(now) == 4
    assert before.items() <= now.items()
    whole = (folder / "0000-s0.mp4").read_bytes()
    (folder / "0000-s0.mp4").write_bytes(whole[:-100])  # as a broken disk leaves it
    (folder / "0001-s1.mp4").unlink()
    assert compare("--methods", "conclvd", "--seeds", "0,1")[0] == 0
    assert (folder / "0000-s0.mp4").read_bytes() == whole
    assert written(folder)["0001-s0.mp4"] == now["0001-s0.mp4"]
    assert len(read_videos(folder)) == 4


@pytest.mark.slow
def test_other_settings_and_other_prompts_are_made_anew(compare: Compare, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "conclvd"
    assert compare("--methods", "conclvd")[0] == 0
    old = {row.file_name: row.settings for row in read_videos(folder)}
    (tmp_path / "prompts.txt").write_text(f"{PROMPTS[0]}\nmountains\n", encoding="utf-8")
    kept = written(folder)["0000-s0.mp4"]
    assert compare("--methods", "conclvd")[0] == 0
    assert [row.caption for row in read_videos(folder)] == [PROMPTS[0], "mountains"]
    assert written(folder)["0000-s0.mp4"] == kept
    assert compare("--methods", "conclvd", "--guidance-scale", "3")[0] == 0
    assert written(folder)["0000-s0.mp4"] != kept
    assert {row.settings for row in read_videos(folder)}.isdisjoint(old.values())


def test_weights_that_were_trained_further_are_other_settings(
    compare: Compare, tmp_path: Path
) -> None:
    module = tiny_motion((VERSATILE, ABSENT))
    save_motion_module(module, tmp_path / "ablations/without-sc-attn/motion_adapter")
    name = "without-sc-attn"
    given = ["--methods", name, "--motion", f"{name}=ablations/{name}"]
    assert compare(*given)[0] == 0
    folder = tmp_path / "out" / "without-sc-attn"
    before = written(folder)
    with torch.no_grad():
        next(module.parameters()).add_(0.1)
    save_motion_module(module, tmp_path / "ablations/without-sc-attn/motion_adapter")
    assert compare(*given)[0] == 0
    assert all(time != before[name] for name, time in written(folder).items())


def test_ctrl_c_keeps_what_is_whole_and_goes_on(
    compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Generator.generate_together
    calls = []

    def interrupted(self: Generator, *arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Generator, "generate_together", interrupted)
    code, _, err = compare("--methods", "conclvd")
    assert (code, err.splitlines()[-1]) == (130, "stopped")
    folder = tmp_path / "out" / "conclvd"
    assert [row.file_name for row in read_videos(folder)] == ["0000-s0.mp4"]
    assert sorted(p.name for p in folder.iterdir()) == ["0000-s0.mp4", "metadata.jsonl"]
    (row,) = read_methods(tmp_path / "out")
    assert (row.status, row.reason) == ("unfinished", "the comparison was stopped before its end")
    missing = [entry for entry in find_videos(tmp_path / "out", None, None) if entry.path is None]
    assert [(e.prompt, e.absent) for e in missing] == [(PROMPTS[1], f"not made: {row.reason}")]
    code, out, _ = compare("--methods", "conclvd")
    assert (code, len(calls)) == (0, 3)
    assert "done, 2 videos" in out


def test_methods_that_are_not_there_are_named_with_what_to_do(
    compare: Compare, tmp_path: Path
) -> None:
    code, out, _ = compare()
    assert code == 0
    rows = methods_of(tmp_path / "out")
    assert list(rows) == [method.slug for method in METHODS]
    there = {slug for slug, row in rows.items() if row.status == "done"}
    assert there == {"conclvd", "text2video-zero"}
    for slug in rows.keys() - there:
        row = rows[slug]
        assert (row.status, row.videos) == ("not available", 0)
        assert row.fetch is not None
        assert f"--motion {slug}=" in row.fetch
        assert row.fetch in out
    assert "conclvd ablate paper --pretrained-model-name-or-path" in (
        rows["without-sc-attn"].fetch or ""
    )


def test_a_base_without_a_motion_module_lacks_conclvd(
    compare: Compare, tmp_path: Path, base_folder: Path
) -> None:
    shutil.copytree(base_folder, tmp_path / "still", ignore=shutil.ignore_patterns("motion_*"))
    code, out, err = compare("--methods", "conclvd", "--model", "still")
    assert code == 1
    assert "ConCLVD: not available" in out
    assert err.splitlines()[-1].startswith("error: there is not one video in out")


def test_a_method_that_fails_is_named_and_the_others_go_on(
    compare: Compare, tmp_path: Path
) -> None:
    broken = tiny_motion()
    with torch.no_grad():
        next(broken.parameters()).fill_(torch.nan)
    save_motion_module(broken, tmp_path / "broken")
    save_motion_module(tiny_motion((VERSATILE, SPARSE_CAUSAL)), tmp_path / "other")
    code, out, err = compare(
        "--methods", "conclvd,animatediff,text2video-zero",
        "--motion", "conclvd=broken", "--motion", "animatediff=other",
    )  # fmt: skip
    assert code == 1
    assert err.splitlines()[-1] == "error: 2 of 3 methods failed: ConCLVD, AnimateDiff"
    rows = methods_of(tmp_path / "out")
    assert "not numbers (NaN" in (rows["conclvd"].reason or "")
    assert "method's are versatile, versatile" in (rows["animatediff"].reason or "")
    assert (rows["text2video-zero"].status, rows["text2video-zero"].videos) == ("done", 2)
    assert "Text2Video-Zero: done, 2 videos" in out


def test_a_smaller_command_forgets_nothing_that_was_asked_for(
    compare: Compare, tmp_path: Path
) -> None:
    both, folder = ["--methods", "conclvd,text2video-zero"], tmp_path / "out"
    assert compare(*both, "--seeds", "0,1,2", "--seconds", 1e-6)[0] == 1  # nothing is made
    code, out, _ = compare("--methods", "conclvd")
    assert code == 0
    told = "unfinished, 2 videos: 4 more, asked for earlier, are missing; ask for them again"
    assert f"ConCLVD: {told}" in out
    missing = [e for e in find_videos(folder, None, None) if e.absent]
    asked = "not made: asked for earlier, and not made since"
    assert [(e.seed, e.absent) for e in missing if e.method == "ConCLVD"] == [
        (1, asked), (1, asked), (2, asked), (2, asked)
    ]  # fmt: skip
    code, out, _ = compare("--methods", "conclvd", "--guidance-scale", 3)
    assert "ConCLVD: done, 2 videos" in out  # it is another method now
    assert [row.seed for row in read_asked(folder) if "conclvd" in (row.methods or ())] == [0, 0]
    assert len([r for r in read_asked(folder) if "text2video-zero" in (r.methods or ())]) == 6


def test_a_method_that_no_longer_loads_says_so_beside_its_videos(
    compare: Compare, tmp_path: Path
) -> None:
    save_motion_module(tiny_motion(), tmp_path / "module")
    given = ["--methods", "conclvd", "--motion", "conclvd=module"]
    assert compare(*given)[0] == 0
    for path in (tmp_path / "module").rglob("*.safetensors"):
        path.write_bytes(b"broken")
    assert "2 videos: " in compare(*given)[1]
    assert methods_of(tmp_path / "out")["conclvd"].sampler is not None
    assert run(["evaluate", "videos", "--videos", "out", "--metrics", "flicker"]) == 0
    table = markdown(build_table(read_rows([tmp_path / "rows.jsonl"])))
    assert "ConCLVD: not available any more: " in table
    assert "(n 2)" in table


def test_one_module_under_two_names_is_named(
    compare: Compare, tmp_path: Path, base_folder: Path
) -> None:
    module = f"without-clofnoise={base_folder / 'motion_adapter'}"
    code, out, _ = compare("--methods", "conclvd,without-clofnoise", "--motion", module)
    assert code == 0
    assert "without CLofNoise: done, 2 videos: weights and settings are those of ConCLVD" in out
    assert methods_of(tmp_path / "out")["conclvd"].reason is None
