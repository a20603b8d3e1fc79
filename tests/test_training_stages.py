"""Every stage of training an embedded base, at toy size on the CPU, with the real painter."""

import json
import shutil
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from conclvd.errors import TrainingError
from conclvd.models.probe import load_probe
from conclvd.pretrain.__main__ import main
from conclvd.pretrain.autoencoder import AutoencoderRun, train_autoencoder
from conclvd.pretrain.clip_folder import ClipFolder, read_clip, write_clip
from conclvd.pretrain.painting import FIRST_TRAINING_SEED, PaintOrder, paint_sample
from conclvd.pretrain.sizes import TOY
from conclvd.pretrain.stages import run_stage

pytestmark = pytest.mark.slow
CLIPS = 12  # squares: eight to begin with and four held out, what a stage waits for


def stage(
    name: str,
    out: Path,
    model: Path | None,
    *,
    weights: Path | None = None,
    clips: Path | None = None,
    seconds: float = 1,  # ten steps are made in any case
) -> dict[str, float]:
    settings = {"seconds": seconds, "workers": 1, "batch": 4, "toy": True}
    settings |= {"eager": False, "form": None, "frames": None, "keep": None}
    settings |= {"patience": 0.0, "frozen": False}
    return run_stage(
        Namespace(stage=name, out=out, model=model, weights=weights, clips=clips, **settings)
    )


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    painted = int(stage("clips", folder, None)["clips"])
    assert painted == len(list(folder.glob("*.clip")))
    assert not list(folder.glob("*.part"))
    order = PaintOrder(frames=8, fps=6.0, sizes=(TOY.square,), long_every=10)
    for seed in range(FIRST_TRAINING_SEED + painted, FIRST_TRAINING_SEED + painted + CLIPS):
        write_clip(folder, paint_sample(seed, order))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory, clips) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    for name in ("tokenizer", "autoencoder", "judge", "base"):
        stage(name, folder, folder, clips=None if name == "base" else clips)
    stage("motion", folder, folder, clips=clips)
    return folder


def test_all_parts_are_written_in_half_precision(trained):
    for part in ("vae", "judge", "unet", "text_encoder", "motion_adapter"):
        (file,) = (trained / part).glob("*.safetensors")
        with safe_open(file, framework="pt") as weights:
            kinds = {weights.get_tensor(key).dtype for key in weights.keys()}  # noqa: SIM118
        assert torch.float16 in kinds
        assert not list(trained.glob("*.part"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("base", "--model", "nowhere"), "nowhere, which --model names"),
        (("autoencoder", "--clips", "nowhere"), "nowhere, which --clips names"),
        (("judge", "--weights", "nowhere"), "nowhere, which --weights names"),
        (("base", "--form", "round"), "'round'"),
        (("motion",), "motion needs --model"),
    ],
)
def test_wrong_arguments_are_told_in_a_line(tmp_path, monkeypatch, given, told):
    monkeypatch.setattr(sys, "argv", ["train", *given, "--toy", "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert str(ended.value.code).startswith("error: ")
    assert told in str(ended.value.code)
    assert not (tmp_path / "out").exists()


def test_motion_module_has_learned_and_knows_its_attentions(trained):
    from conclvd.models.motion import MotionModule, attention_kinds

    module = MotionModule.from_pretrained(trained / "motion_adapter")
    assert attention_kinds(module) == ("versatile", "sparse_causal")
    moved = [p.abs().max() for n, p in module.named_parameters() if n.endswith("proj_out.weight")]
    assert min(moved) > 0


def test_processes_of_one_stage_know_of_each_other(tmp_path):
    script = tmp_path / "start.py"
    script.write_text(
        "from pathlib import Path\n"
        "from conclvd.pretrain.stage import start\n"
        "a = start()\n"
        # a file each: what two processes print at once may be mixed up
        "Path(__file__).with_name(f'{a.process_index}.txt').write_text(str(a.num_processes))\n"
        "a.end_training()\n"
    )
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    subprocess.run([*torchrun, script], capture_output=True, check=True)
    told = {file.name: file.read_text() for file in tmp_path.glob("*.txt")}
    assert told == {"0.txt": "2", "1.txt": "2"}


def test_logs_tell_both_losses(trained):
    first = (trained / "motion.jsonl").read_text().splitlines()[0]
    assert "loss_diff" in first
    assert "loss_con" in first


def test_readers_of_a_folder_share_its_clips(clips):
    order = PaintOrder(frames=3, fps=2.0, sizes=TOY.pictures)
    there = {int(file.stem) for file in clips.glob("*.clip")}
    for rank in (0, 1):
        wanted = {seed for seed in there if seed % 2 == rank}
        with ClipFolder(clips, order, rank=rank, ranks=2) as folder:
            sample = folder.take(wait=True)
            assert sample is not None
            assert len(sample.frames) == 3
            assert sample.size in TOY.pictures
            found, until = {sample.seed}, time.monotonic() + 60
            while found != wanted and time.monotonic() < until:
                found |= {s.seed for s in folder.ready()}
                time.sleep(0.05)
        assert found == wanted


def test_a_clip_is_written_and_read_back(tmp_path):
    order = PaintOrder(frames=2, fps=2.0, sizes=((64, 64),))
    sample = paint_sample(10_000_001, order)
    write_clip(tmp_path, sample)
    again = read_clip(tmp_path / "10000001.clip")
    assert (again.frames == sample.frames).all()
    assert (again.seed, again.captions, again.mirrored, again.attributes) == (
        sample.seed,
        sample.captions,
        sample.mirrored,
        json.loads(json.dumps(sample.attributes)),
    )


def test_a_clip_that_is_still_being_written_is_passed_over(tmp_path):
    order = PaintOrder(frames=1, fps=2.0, sizes=((64, 64),))
    write_clip(tmp_path, paint_sample(10_000_001, order))
    whole = (tmp_path / "10000001.clip").read_bytes()
    (tmp_path / ".10000000.484.part.clip").write_bytes(whole[: len(whole) // 2])
    with ClipFolder(tmp_path, order) as folder:
        sample = folder.take(wait=True)
    assert sample is not None
    assert sample.seed == 10_000_001


def test_probe_is_written_and_read_back(tmp_path, clips):
    stage("probe", tmp_path, None, clips=clips)
    probe = load_probe(tmp_path / "probe.safetensors")
    logits = probe(torch.zeros(2, 3, 64, 64))
    assert logits["palette"].shape == (2, 11)
    assert logits["presence"].shape == (2, len(probe.presence))


def test_stage_without_its_model_is_refused(tmp_path):
    with pytest.raises(TrainingError, match=r"base .*--model"):
        stage("base", tmp_path, None)


def test_the_mean_of_two_bases_is_halfway(trained, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(trained, moved)
    (file,) = (moved / "unet").glob("*.safetensors")
    weights = load_file(file)
    save_file({name: 3 * weight for name, weight in weights.items()}, file, {"format": "pt"})
    apart = stage("average", tmp_path / "mean", moved, weights=trained)
    assert apart == {"text_encoder": 0, "unet": pytest.approx(2, rel=1e-3)}
    mean = load_file(tmp_path / "mean" / "unet" / file.name)
    for name, weight in weights.items():
        torch.testing.assert_close(mean[name], 2 * weight)
    with pytest.raises(TrainingError, match="--model and --weights"):
        stage("average", tmp_path / "none", trained)
    config = json.loads((moved / "text_encoder" / "config.json").read_text())
    config["num_hidden_layers"] += 1
    (moved / "text_encoder" / "config.json").write_text(json.dumps(config))
    with pytest.raises(TrainingError, match=str(moved / "text_encoder")):
        stage("average", tmp_path / "none", moved, weights=trained)


def test_stage_goes_on_from_earlier_weights(trained, clips, tmp_path):
    stage("motion", tmp_path, trained, weights=trained, clips=clips)
    first, again = (
        load_file(folder / "motion_adapter" / "diffusion_pytorch_model.safetensors")
        for folder in (trained, tmp_path)
    )
    key = next(name for name in first if name.endswith("proj_out.weight"))
    moved = (again[key] - first[key]).abs().max()
    assert 0 < moved < first[key].abs().max() * 3
    assert str(trained) not in (tmp_path / "motion_adapter" / "config.json").read_text()


def test_the_adversary_joins_and_a_part_does_not_name_what_it_was_started_from(
    trained, clips, tmp_path
):
    run = AutoencoderRun(
        sizes=TOY, out=tmp_path, seconds=0.1, workers=1, clips=clips, batch=4, capacity=64,
        first_clips=8, held_out=4, weights=trained, adversary_from=0, compile=False,
    )  # fmt: skip
    train_autoencoder(run)
    first = json.loads((tmp_path / "autoencoder.jsonl").read_text().splitlines()[0])
    assert first["adversary"] > 0
    assert "_name_or_path" not in json.loads((tmp_path / "vae" / "config.json").read_text())


def test_a_frozen_encoder_stays_as_it_is(trained, clips, tmp_path):
    run = AutoencoderRun(
        sizes=TOY, out=tmp_path, seconds=0.1, workers=1, clips=clips, batch=4, capacity=64,
        first_clips=8, held_out=4, weights=trained, frozen=True, compile=False,
    )  # fmt: skip
    train_autoencoder(run)
    name = "vae/diffusion_pytorch_model.safetensors"
    before, after = load_file(trained / name), load_file(tmp_path / name)
    changed = {key for key, weight in before.items() if not torch.equal(weight, after[key])}
    assert changed
    assert all(key.startswith(("decoder.", "post_quant_conv.")) for key in changed)
