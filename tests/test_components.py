"""Loading a base: what is there, and what is said of what is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from conclvd.errors import ModelError
from conclvd.models.base import Base
from conclvd.models.components import load_base, load_decoder
from conclvd.models.source import resolve
from tiny import SIZE, TEXT_WIDTH, TOKENS, tiny_unet, tiny_vae


@pytest.fixture
def copy(base_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base_folder, tmp_path / "copy"))


def test_a_folder_is_loaded_whole(base: Base, base_folder: Path) -> None:
    assert base.native_size == SIZE
    assert base.pixels_per_latent == 8
    assert base.tokenizer.model_max_length == TOKENS
    assert base.motion == base_folder / "motion_adapter"
    assert base.vocabulary is not None
    assert "boat" in base.vocabulary.en
    for part in (base.text_encoder, base.unet, base.vae):
        assert not part.training
        assert not any(parameter.requires_grad for parameter in part.parameters())


def test_the_weights_are_those_in_the_folder(base: Base, base_folder: Path) -> None:
    from safetensors.torch import load_file

    stored = load_file(base_folder / "unet" / "diffusion_pytorch_model.safetensors")
    loaded = base.unet.state_dict()
    assert stored.keys() == loaded.keys()
    assert all(torch.equal(stored[name], loaded[name]) for name in stored)


def test_the_decoder_alone_is_that_of_the_base(base: Base, base_folder: Path) -> None:
    vae, schedule = load_decoder(str(base_folder))
    wanted = base.vae.state_dict()
    assert all(torch.equal(value, wanted[name]) for name, value in vae.state_dict().items())
    assert schedule.config == base.scheduler.config


def test_number_formats_of_the_parts(base_folder: Path) -> None:
    base = load_base(str(base_folder), dtype=torch.bfloat16)
    assert base.unet.dtype == base.text_encoder.dtype == torch.bfloat16
    assert base.vae.dtype == torch.float32


def test_hashes_tell_weights_apart(base: Base, copy: Path) -> None:
    assert load_base(str(copy)).hashes == base.hashes
    tiny_unet().save_pretrained(copy / "unet")
    other = load_base(str(copy)).hashes
    assert other["unet"] != base.hashes["unet"]
    assert other["vae"] == base.hashes["vae"]


@pytest.mark.parametrize("part", ["tokenizer", "text_encoder", "unet", "vae", "scheduler"])
def test_a_missing_part_is_named(copy: Path, part: str) -> None:
    shutil.rmtree(copy / part)
    with pytest.raises(ModelError, match=part):
        load_base(str(copy))


@pytest.mark.parametrize("part", ["text_encoder", "unet", "vae"])
def test_missing_weights_are_named(copy: Path, part: str) -> None:
    next((copy / part).glob("*.safetensors")).unlink()
    with pytest.raises(ModelError, match=f"{part}.*weights"):
        load_base(str(copy))


@pytest.mark.parametrize("part", ["text_encoder", "unet", "vae"])
def test_broken_weights_are_one_line(copy: Path, part: str) -> None:
    weights = next((copy / part).glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match=part) as caught:
        load_base(str(copy))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", ["text_encoder", "unet", "vae"])
def test_weights_of_another_size_are_refused(copy: Path, part: str) -> None:
    config = copy / part / "config.json"
    settings = json.loads(config.read_text())
    if part == "text_encoder":
        settings["intermediate_size"] *= 2
    else:
        settings["block_out_channels"][-1] *= 2
    config.write_text(json.dumps(settings))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_base(str(copy))


def test_weights_with_a_hole_are_refused(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = copy / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    del tensors["conv_out.bias"]
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"conv_out\.bias"):
        load_base(str(copy))


def test_a_unet_of_other_latents_is_refused(copy: Path) -> None:
    tiny_vae(8).save_pretrained(copy / "vae")
    with pytest.raises(ModelError, match=r"\b4\b.*\b8\b"):
        load_base(str(copy))


def test_a_unet_of_other_text_is_refused(copy: Path) -> None:
    config = copy / "unet" / "config.json"
    from diffusers import UNet2DConditionModel

    settings = {**json.loads(config.read_text()), "cross_attention_dim": 2 * TEXT_WIDTH}
    UNet2DConditionModel.from_config(settings).save_pretrained(copy / "unet")
    with pytest.raises(ModelError, match=r"\b32\b.*\b16\b"):
        load_base(str(copy))


def test_a_video_unet_is_no_base(copy: Path) -> None:
    config = copy / "unet" / "config.json"
    config.write_text(json.dumps({"_class_name": "UNetMotionModel"}))
    with pytest.raises(ModelError, match="UNetMotionModel"):
        load_base(str(copy))


def test_stable_diffusion_xl_is_refused(copy: Path) -> None:
    (copy / "text_encoder_2").mkdir()
    with pytest.raises(ModelError, match="Stable Diffusion XL"):
        load_base(str(copy))


def test_names_that_are_nothing() -> None:
    with pytest.raises(ModelError, match="nothing like it"):
        load_base("nothing like it")


def test_a_file_of_another_type_is_refused(tmp_path: Path) -> None:
    picture = tmp_path / "boat.png"
    picture.write_bytes(b"")
    with pytest.raises(ModelError, match=r"\.png"):
        load_base(str(picture))


def test_a_hub_id_without_the_hub_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="someone/model") as caught:
        load_base("someone/model")
    assert "\n" not in str(caught.value)


def test_home_folders_are_found(monkeypatch: pytest.MonkeyPatch, base_folder: Path) -> None:
    monkeypatch.setenv("HOME", str(base_folder.parent))
    assert resolve(f"~/{base_folder.name}", hub_files=()) == base_folder
