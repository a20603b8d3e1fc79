"""Stable Diffusion 1.5 takes the same path: its settings at full size without weights, and a tiny
random model in exactly its files."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_animatediff_checkpoint_to_diffusers
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

import sd15
from conclvd.errors import ModelError
from conclvd.generate.generator import Generator
from conclvd.generate.request import Request
from conclvd.models.components import load_base
from conclvd.models.motion import ANIMATEDIFF, MotionModule, attach, motion_blocks
from conclvd.models.weights import config_of, save_motion_module
from tiny import GROUPS, TEXT_WIDTH, tiny_base


def shapes(model: nn.Module) -> sd15.Shapes:
    return {name: tuple(weight.shape) for name, weight in model.named_parameters()}


def count(model: nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())


def test_the_unet_at_full_size() -> None:
    with torch.device("meta"):
        unet = UNet2DConditionModel(**sd15.UNET)
    assert shapes(unet) == sd15.unet_shapes()
    assert len(shapes(unet)) == 686
    assert count(unet) == 859_520_964


def test_the_autoencoder_at_full_size() -> None:
    with torch.device("meta"):
        vae = AutoencoderKL(**sd15.VAE)
    assert shapes(vae) == sd15.vae_shapes()
    assert count(vae) == 83_653_863


def test_the_text_encoder_at_full_size() -> None:
    with torch.device("meta"):
        text = CLIPTextModel(CLIPTextConfig(**sd15.TEXT))
    found = {name.removeprefix("text_model."): shape for name, shape in shapes(text).items()}
    assert found == sd15.text_shapes()
    assert count(text) == 123_060_480


@pytest.mark.parametrize(("middle", "weights"), [(False, 417_137_600), (True, 453_209_280)])
def test_the_motion_module_at_full_size(middle: bool, weights: int) -> None:
    with torch.device("meta"):
        module = MotionModule(use_motion_mid_block=middle)
    assert shapes(module) == sd15.motion_shapes(middle=middle)
    assert count(module) == weights  # 22 c^2 + 21 c a layer


@pytest.mark.parametrize("middle", [False, True])
def test_base_and_module_together_at_full_size(middle: bool) -> None:
    with torch.device("meta"):
        video = attach(UNet2DConditionModel(**sd15.UNET), MotionModule(use_motion_mid_block=middle))
    assert shapes(video) == sd15.unet_shapes() | sd15.motion_shapes(middle=middle)
    assert len(motion_blocks(video)) == 20 + middle


@pytest.mark.parametrize(
    ("version", "middle", "positions"), [("v1", False, 24), ("v2", True, 32), ("v3", False, 32)]
)
def test_animatediff_files_at_full_size(version: str, middle: bool, positions: int) -> None:
    layout = sd15.animatediff_shapes(middle=middle, positions=positions)
    original = {name: torch.empty(shape, device="meta") for name, shape in layout.items()}
    config = config_of(original, Path(f"{version}.ckpt"))
    with torch.device("meta"):
        module = MotionModule(**config, attention_kinds=ANIMATEDIFF)
    converted = convert_animatediff_checkpoint_to_diffusers(original)
    assert {name: tuple(value.shape) for name, value in converted.items()} == shapes(module)
    assert module.config["motion_max_seq_length"] == positions
    assert module.config["use_motion_mid_block"] is middle
    assert module.config["motion_num_attention_heads"] == 8


@pytest.fixture(scope="module")
def stable_diffusion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model in the very files of the Stable Diffusion 1.5 repository."""
    folder = tiny_base(tmp_path_factory.mktemp("sd15") / "model", vocabulary=False)
    shutil.rmtree(folder / "motion_adapter")
    unet = UNet2DConditionModel(
        **{
            **sd15.UNET,
            "sample_size": 8,
            "block_out_channels": (16, 16, 32, 32),
            "cross_attention_dim": TEXT_WIDTH,
            "norm_num_groups": GROUPS,
        }
    )
    unet.save_pretrained(folder / "unet")
    vae = {**sd15.VAE, "sample_size": 64, "block_out_channels": (8, 8, 16, 16)}
    AutoencoderKL(**vae, norm_num_groups=4).save_pretrained(folder / "vae")
    (folder / "scheduler" / "scheduler_config.json").write_text(
        json.dumps(
            {
                "_class_name": "PNDMScheduler",
                "_diffusers_version": "0.6.0",
                "beta_end": 0.012,
                "beta_schedule": "scaled_linear",
                "beta_start": 0.00085,
                "num_train_timesteps": 1000,
                "set_alpha_to_one": False,
                "skip_prk_steps": True,
                "steps_offset": 1,
                "trained_betas": None,
                "clip_sample": False,
            }
        )
    )
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    (folder / "model_index.json").write_text(json.dumps(index))
    _as_older_transformers_wrote(folder)
    return folder


def _as_older_transformers_wrote(folder: Path) -> None:
    path = folder / "text_encoder" / "model.safetensors"
    tensors = {f"text_model.{k.removeprefix('text_model.')}": v for k, v in load_file(path).items()}
    positions = len(tensors["text_model.embeddings.position_embedding.weight"])
    tensors["text_model.embeddings.position_ids"] = torch.arange(positions)[None]
    save_file(tensors, path, metadata={"format": "pt"})
    tokenizer = json.loads((folder / "tokenizer" / "tokenizer.json").read_text())
    (folder / "tokenizer" / "vocab.json").write_text(json.dumps(tokenizer["model"]["vocab"]))
    (folder / "tokenizer" / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer" / "tokenizer.json").unlink()


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("motion")
    module = MotionModule(block_out_channels=(16, 16, 32, 32), motion_norm_num_groups=GROUPS)
    save_motion_module(module, folder)
    return folder


REQUEST = Request("a boat", negative_prompt="blur", frames=2, steps=2, seed=0, interpolation="none")


def frames(model: Path, motion: Path, request: Request = REQUEST) -> np.ndarray:
    generator = Generator.load(str(model), str(motion), device="cpu", dtype="float32")
    return generator.generate(request).frames


def test_its_folder_makes_a_video(stable_diffusion: Path, motion: Path) -> None:
    assert frames(stable_diffusion, motion).shape == (2, 64, 64, 3)


def test_text_weights_under_their_older_names_are_the_same(
    stable_diffusion: Path, base_folder: Path
) -> None:
    older = load_base(str(stable_diffusion)).text_encoder.state_dict()
    newer = load_base(str(base_folder)).text_encoder.state_dict()
    assert older.keys() == newer.keys()
    assert all(torch.equal(older[name], newer[name]) for name in older)


def test_its_older_tokenizer_files_give_the_same_tokens(
    stable_diffusion: Path, base_folder: Path
) -> None:
    older, newer = (load_base(str(f)).tokenizer for f in (stable_diffusion, base_folder))
    for text in ("a misty boat", "水墨山"):
        assert older(text).input_ids == newer(text).input_ids


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_its_single_file_makes_the_same_video(
    stable_diffusion: Path, motion: Path, suffix: str
) -> None:
    base = load_base(str(stable_diffusion))
    tensors = sd15.original_checkpoint(
        *(part.state_dict() for part in (base.unet, base.vae, base.text_encoder))
    )
    tensors = {name: value.clone() for name, value in tensors.items()}
    path = stable_diffusion / f"v1-5-pruned-emaonly{suffix}"  # as in its repository
    if suffix == ".ckpt":
        torch.save({"state_dict": tensors, "global_step": 840_000}, path)
    else:
        save_file(tensors, path)
    single = load_base(str(path))
    assert set(single.hashes) == set(base.hashes)
    for part in ("unet", "vae", "text_encoder"):
        stored, loaded = getattr(base, part).state_dict(), getattr(single, part).state_dict()
        assert stored.keys() == loaded.keys()
        assert all(torch.equal(stored[name], loaded[name]) for name in stored)
    assert np.array_equal(frames(path, motion), frames(stable_diffusion, motion))


def test_a_single_file_without_a_part_is_refused(stable_diffusion: Path, tmp_path: Path) -> None:
    base = load_base(str(stable_diffusion))
    tensors = sd15.original_checkpoint(base.unet.state_dict(), {}, base.text_encoder.state_dict())
    save_file({name: value.clone() for name, value in tensors.items()}, tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match="vae"):
        load_base(str(tmp_path / "a.safetensors"))


def test_a_module_of_another_model_is_refused(stable_diffusion: Path, base_folder: Path) -> None:
    with pytest.raises(ModelError, match=r"\b1\b.*\b2\b"):
        Generator.load(str(stable_diffusion), str(base_folder / "motion_adapter"), device="cpu")


def test_a_module_changes_its_video(stable_diffusion: Path, motion: Path, tmp_path: Path) -> None:
    """A new module is the identity; one that was trained is not."""
    active = MotionModule(block_out_channels=(16, 16, 32, 32), motion_norm_num_groups=GROUPS)
    for parameter in active.parameters():
        nn.init.normal_(parameter, std=0.1, generator=torch.Generator().manual_seed(0))
    save_motion_module(active, tmp_path)
    still = frames(stable_diffusion, motion, replace(REQUEST, guidance_scale=2.0))
    moved = frames(stable_diffusion, tmp_path, replace(REQUEST, guidance_scale=2.0))
    assert not np.array_equal(still, moved)
