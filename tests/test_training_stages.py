"""Every stage of training an embedded base, at toy size on the CPU, with the real painter."""

from argparse import Namespace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from conclvd.errors import TrainingError
from conclvd.models.probe import load_probe
from conclvd.train.stages import run_stage

pytestmark = pytest.mark.slow


def stage(name: str, out: Path, model: Path | None, start: Path | None = None) -> dict[str, float]:
    settings = {"seconds": 4, "workers": 1, "batch": 4, "toy": True}
    return run_stage(Namespace(stage=name, out=out, model=model, start=start, **settings))


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    for name in ("tokenizer", "autoencoder", "judge", "base", "motion"):
        stage(name, folder, folder)
    return folder


def test_all_parts_are_written_in_half_precision(trained):
    for part in ("vae", "judge", "unet", "text_encoder", "motion_adapter"):
        (file,) = (trained / part).glob("*.safetensors")
        with safe_open(file, framework="pt") as weights:
            kinds = {weights.get_tensor(key).dtype for key in weights.keys()}  # noqa: SIM118
        assert torch.float16 in kinds
        assert not list(trained.glob("*.part"))


def test_motion_module_has_learned_and_knows_its_attentions(trained):
    from conclvd.models.motion import MotionModule, attention_kinds

    module = MotionModule.from_pretrained(trained / "motion_adapter")
    assert attention_kinds(module) == ("versatile", "sparse_causal")
    moved = [p.abs().max() for n, p in module.named_parameters() if n.endswith("proj_out.weight")]
    assert min(moved) > 0


def test_logs_tell_both_losses(trained):
    first = (trained / "motion.jsonl").read_text().splitlines()[0]
    assert "loss_diff" in first
    assert "loss_con" in first


def test_probe_is_written_and_read_back(tmp_path):
    stage("probe", tmp_path, None)
    probe = load_probe(tmp_path / "probe.safetensors")
    logits = probe(torch.zeros(2, 3, 64, 64))
    assert logits["palette"].shape == (2, 11)
    assert logits["presence"].shape == (2, len(probe.presence))


def test_stage_without_its_model_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="needs --model"):
        stage("base", tmp_path, None)


def test_stage_goes_on_from_earlier_weights(trained, tmp_path):
    stage("motion", tmp_path, trained, start=trained)
    first, again = (
        load_file(folder / "motion_adapter" / "diffusion_pytorch_model.safetensors")
        for folder in (trained, tmp_path)
    )
    key = next(name for name in first if name.endswith("proj_out.weight"))
    moved = (again[key] - first[key]).abs().max()
    assert 0 < moved < first[key].abs().max() * 3
