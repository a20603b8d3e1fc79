"""`conclvd evaluate compare`: every method's videos, what is kept, and what is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AnimateDiffPipeline, TextToVideoSDPipeline, UNet3DConditionModel
from safetensors.torch import save_file

from conclvd.cli.main import run
from conclvd.errors import ModelError
from conclvd.evaluate.compare import method_folder
from conclvd.evaluate.compare.memory import forget_peak, peak_gib
from conclvd.evaluate.compare.methods import LCM_LORA, LIGHTNING_FILE, METHODS, methods_called
from conclvd.evaluate.compare.motion import load_animatelcm, load_lightning
from conclvd.evaluate.compare.records import MethodRow, read_methods, read_videos
from conclvd.generate.generator import Generator, no_progress
from conclvd.generate.request import Request
from conclvd.models.attention import ABSENT, SPARSE_CAUSAL, VERSATILE
from conclvd.models.weights import save_motion_module
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video
from tiny import (
    GROUPS,
    SIZE,
    TEXT_WIDTH,
    tiny_base,
    tiny_motion,
    tiny_scheduler,
    tiny_text_encoder,
    tiny_tokenizer,
    tiny_unet,
    tiny_vae,
)

# diffusers' sigma samplers hand torch tensors to numpy 2 in a way that it warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PROMPTS = ["a misty boat", "水墨山，小船向左漂"]
QUICK = ["--frames", "2", "--steps", "2", "--device", "cpu", "--dtype", "float32"]
REQUEST = Request("-", frames=2, interpolation="none", device="cpu", dtype="float32")
Compare = Callable[..., tuple[int, str, str]]


@pytest.fixture
def compare(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    base_folder: Path,
) -> Compare:
    """Compare into the folder `out` on two prompts; exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts.txt").write_text("\n".join(PROMPTS) + "\n\n", encoding="utf-8")
    command = ["evaluate", "compare", "--prompts", "prompts.txt", "-o", "out", *QUICK]

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([*command, "--model", str(base_folder), *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def methods_of(out: Path) -> dict[str, MethodRow]:
    return {row.slug: row for row in read_methods(out)}


def written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.mp4")}


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
    whole = Generator.generate
    calls = []

    def interrupted(self: Generator, *arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Generator, "generate", interrupted)
    code, _, err = compare("--methods", "conclvd")
    assert (code, err.splitlines()[-1]) == (130, "stopped")
    folder = tmp_path / "out" / "conclvd"
    assert [row.file_name for row in read_videos(folder)] == ["0000-s0.mp4"]
    assert sorted(p.name for p in folder.iterdir()) == ["0000-s0.mp4", "metadata.jsonl"]
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


def test_one_module_under_two_names_is_named(
    compare: Compare, tmp_path: Path, base_folder: Path
) -> None:
    module = f"without-clofnoise={base_folder / 'motion_adapter'}"
    code, out, _ = compare("--methods", "conclvd,without-clofnoise", "--motion", module)
    assert code == 0
    assert "without CLofNoise: done, 2 videos: weights and settings are those of ConCLVD" in out
    assert methods_of(tmp_path / "out")["conclvd"].reason is None


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory\nmore"), MemoryError()]
)
def test_out_of_memory_is_a_failure_of_the_method(error: Exception) -> None:
    told = r"^(CUDA out of memory|MemoryError)$"
    with pytest.raises(method_folder.MethodFailed, match=told), method_folder.failures():
        raise error


def test_videos_of_others_are_taken_over_by_prompt(compare: Compare, tmp_path: Path) -> None:
    frames = [np.full((33, 40, 3), shade, np.uint8) for shade in (20, 120, 220)]
    pika = tmp_path / "pika"
    pika.mkdir()
    write_video(pika / "0001-s5.gif", frames, Fraction(8))
    write_video(pika / "told.gif", frames, Fraction(8))
    (pika / "told.txt").write_text(PROMPTS[0], encoding="utf-8")
    write_video(pika / "odd one.gif", frames, Fraction(8))
    code, out, err = compare("--methods", "", "--external", "Pika 1.0=pika")
    assert code == 0, err
    folder = tmp_path / "out" / "pika-1.0"
    rows = read_videos(folder)
    assert [(r.file_name, r.caption, r.seed, r.method) for r in rows] == [
        ("0000-s0.mp4", PROMPTS[0], 0, "Pika 1.0"),
        ("0001-s5.mp4", PROMPTS[1], 5, "Pika 1.0"),
    ]
    assert rows[0].seconds is rows[0].peak_gib is rows[0].device is None
    seen = probe(folder / "0001-s5.mp4")
    assert (seen.frames, seen.width, seen.height) == (3, 40, 32)
    assert "1 of the videos in pika belong to no prompt: odd one.gif" in out
    before = written(folder)
    assert compare("--methods", "", "--external", "Pika 1.0=pika")[0] == 0
    assert written(folder) == before


def test_a_comparison_can_be_another_s_external(compare: Compare, tmp_path: Path) -> None:
    assert compare("--methods", "conclvd", "--seeds", "4")[0] == 0
    shutil.move(tmp_path / "out" / "conclvd", tmp_path / "gen2")
    (tmp_path / "prompts.txt").write_text(PROMPTS[1], encoding="utf-8")
    assert compare("--methods", "text2video-zero", "--external", "Gen-2=gen2")[0] == 0
    (row,) = read_videos(tmp_path / "out" / "gen-2")
    assert (row.file_name, row.caption, row.seed) == ("0000-s4.mp4", PROMPTS[1], 4)
    source = (tmp_path / "gen2" / "0001-s4.mp4").read_bytes()
    assert (tmp_path / "out" / "gen-2" / "0000-s4.mp4").read_bytes() == source


def test_files_that_are_no_videos_are_a_failure_that_is_named(
    compare: Compare, tmp_path: Path
) -> None:
    (tmp_path / "pika").mkdir()
    (tmp_path / "pika" / "0000.mp4").write_text("no video")
    code, out, err = compare("--methods", "", "--external", "Pika=pika")
    assert code == 1
    assert "cannot read pika/0000.mp4 as a video" in out
    assert "1 of 1 methods failed: Pika" in err


def animatelcm_folder(folder: Path, base_folder: Path) -> Path:
    """A tiny module and, as AnimateLCM has it, a LoRA for the image layers."""
    from peft import LoraConfig, get_peft_model_state_dict

    save_motion_module(tiny_motion((VERSATILE, VERSATILE)), folder)
    unet = Generator.load(str(base_folder), device="cpu").pipeline.unet
    torch.manual_seed(0)
    unet.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=r".*attentions.*to_q"))
    AnimateDiffPipeline.save_lora_weights(
        folder, unet_lora_layers=get_peft_model_state_dict(unet), weight_name=LCM_LORA
    )
    return folder


@pytest.mark.slow
def test_animatelcm_runs_with_its_lora_and_sampler(base_folder: Path, tmp_path: Path) -> None:
    folder = animatelcm_folder(tmp_path / "lcm", base_folder)
    request = Request(**{**vars(REQUEST), "model": str(base_folder)})
    method = load_animatelcm(request, folder)
    assert (method.request.scheduler, method.request.steps) == ("lcm", 6)
    assert method.request.guidance_scale == 1.5
    sample = method.sample("a boat", 1, no_progress)
    assert sample.recipe is None  # there is no word for the LoRA in it
    assert np.array_equal(method.sample("a boat", 1, no_progress).frames, sample.frames)
    plain = Generator.load(str(base_folder), str(folder), device="cpu", dtype="float32")
    bare = plain.generate(Request(**{**vars(method.request), "prompt": "a boat", "seed": 1}))
    assert not np.array_equal(bare.frames, sample.frames)
    weights = method.settings["weights"]
    assert isinstance(weights, dict)
    assert "lora" in weights
    (folder / LCM_LORA).unlink()
    with pytest.raises(ModelError, match=f"has no {LCM_LORA}"):
        load_animatelcm(request, folder)


@pytest.mark.slow
def test_lightning_runs_from_its_own_file(tmp_path: Path) -> None:
    channels = (32, 32, 64, 64)  # a module in one file does not tell its groups: they are 32
    base = tiny_base(tmp_path / "base", vocabulary=False)
    shutil.rmtree(base / "motion_adapter")
    tiny_unet(channels=channels).save_pretrained(base / "unet")
    weights = tiny_motion((VERSATILE, VERSATILE), channels=channels).state_dict()
    file = tmp_path / LIGHTNING_FILE
    save_file({name: value.contiguous() for name, value in weights.items()}, file)
    request = Request(**{**vars(REQUEST), "model": str(base)})
    for given in (tmp_path, file):
        method = load_lightning(request, given)
        asked = method.request
        assert (asked.scheduler, asked.steps, asked.guidance_scale) == ("euler-trailing", 4, 1.0)
    assert method.sample("a boat", 1, no_progress).frames.std() > 1
    times = method.generator.pipeline.scheduler.timesteps
    assert [round(float(time)) for time in times] == [999, 749, 499, 249]
    file.rename(tmp_path / "animatediff_lightning_2step_comfyui.safetensors")
    two = load_lightning(request, tmp_path / "animatediff_lightning_2step_comfyui.safetensors")
    assert two.request.steps == 2


@pytest.mark.slow
def test_modelscope_runs_through_diffusers(compare: Compare, tmp_path: Path) -> None:
    torch.manual_seed(0)
    unet = UNet3DConditionModel(
        sample_size=SIZE // 8,
        block_out_channels=(GROUPS, 2 * GROUPS),
        layers_per_block=1,
        norm_num_groups=GROUPS,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
    )
    TextToVideoSDPipeline(
        vae=tiny_vae(),
        text_encoder=tiny_text_encoder(),
        tokenizer=tiny_tokenizer(),
        unet=unet,
        scheduler=tiny_scheduler(),
    ).save_pretrained(tmp_path / "modelscope")
    code, out, err = compare("--methods", "modelscope", "--motion", "modelscope=modelscope")
    assert code == 0, (out, err)
    folder = tmp_path / "out" / "modelscope"
    assert len(read_videos(folder)) == 2
    seen = probe(folder / "0001-s0.mp4")
    assert (seen.frames, seen.width) == (2, SIZE)
    before = (folder / "0000-s0.mp4").read_bytes()
    (folder / "0000-s0.mp4").unlink()
    assert compare("--methods", "modelscope", "--motion", "modelscope=modelscope")[0] == 0
    assert (folder / "0000-s0.mp4").read_bytes() == before  # the same seed, the same video
    (tmp_path / "modelscope/vae/diffusion_pytorch_model.safetensors").unlink()
    code, out, _ = compare("--methods", "modelscope", "--motion", "modelscope=modelscope")
    assert code == 1
    assert "vae/diffusion_pytorch_model.safetensors is missing" in out


def test_peak_memory_is_of_one_video_alone() -> None:
    cpu = torch.device("cpu")
    forget_peak(cpu)
    before = peak_gib(cpu)
    assert before is not None
    block = torch.ones(1 << 26)  # a quarter of a GiB
    assert block.sum() > 0
    del block
    peak = peak_gib(cpu)
    assert peak is not None
    assert peak - before > 0.2
    forget_peak(cpu)
    after = peak_gib(cpu)
    assert after is not None
    assert after < peak - 0.2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--methods", "dance"], "there is no method 'dance'; methods are conclvd, "),
        (["--methods", "conclvd,ConCLVD"], "name each method once"),
        (["--methods", ""], "there is nothing to compare"),
        (["--seeds", "0,x"], "seeds are different numbers such as 0,1,2, found '0,x'"),
        (["--seeds", "1,1"], "seeds are different numbers"),
        (["--motion", "conclvd"], "--motion takes NAME=VALUE"),
        (["--motion", "dance=x"], "--motion names 'dance', which is not compared"),
        (["--motion", "conclvd=no/such/folder"], "names 'no/such/folder', which is not there"),
        (["--external", "ConCLVD=."], "each method needs a name of its own"),
        (["--external", "..=."], "each method needs a name of its own"),
        (["--external", "Pika=none"], "--external Pika names none, which is no folder"),
        (["--prompts", "none.txt"], "there is no file of prompts at none.txt"),
        (["--steps", "0"], "steps must be 1 to 1000"),
        (["--device", "cuda:77"], "no device 'cuda:77'"),
    ],
)
def test_wrong_use_is_one_line_and_makes_nothing(
    compare: Compare, tmp_path: Path, arguments: list[str], message: str
) -> None:
    code, _, err = compare(*arguments)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "\n \n", "holds 0 prompts"),
        ("a.jsonl", '{"caption": "a boat"}\nboat', "line 2 is not JSON"),
        ("a.jsonl", '{"text": "a boat"}', "line 1 has no caption"),
    ],
)
def test_prompts_that_are_none(
    compare: Compare, tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    code, _, err = compare("--prompts", name)
    assert code == 1
    assert message in err


def test_the_metadata_of_a_dataset_are_prompts(compare: Compare, tmp_path: Path) -> None:
    rows = [{"file_name": "a.mp4", "caption": p, "tags": []} for p in PROMPTS]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code, _, err = compare("--methods", "text2video-zero", "--prompts", "metadata.jsonl")
    assert code == 0, err
    assert [r.caption for r in read_videos(tmp_path / "out" / "text2video-zero")] == PROMPTS


def test_rows_of_another_program_are_refused(compare: Compare, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "methods.jsonl").write_text('{"name": "ours"}\n')
    code, _, err = compare("--methods", "conclvd")
    assert code == 1
    assert "methods.jsonl line 1: slug: Field required" in err


def test_names_are_found_as_people_write_them() -> None:
    assert [m.name for m in methods_called(["Without SC-Attn", " AnimateLCM"])] == [
        "without SC-Attn",
        "AnimateLCM",
    ]
