"""Motion modules on disk."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import MotionAdapter
from safetensors.torch import load_file, save_file
from torch import Tensor

from conclvd.errors import ModelError
from conclvd.models.attention import SPARSE_CAUSAL, VERSATILE
from conclvd.models.motion import ANIMATEDIFF, MotionModule, attention_kinds
from conclvd.models.weights import (
    load_motion_module,
    motion_files,
    read_header,
    save_motion_module,
)
from tiny import CHANNELS, tiny_motion

WEIGHTS = "diffusion_pytorch_model.safetensors"


def same(first: MotionAdapter, second: MotionAdapter) -> bool:
    left, right = first.state_dict(), second.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


def original_layout(module: MotionAdapter) -> dict[str, Tensor]:
    """The weights of `module` under AnimateDiff's own names."""
    renamed = {}
    for name, value in module.state_dict().items():
        if name.endswith("pos_embed.pe"):
            stem = name.removesuffix("pos_embed.pe")
            names = [f"{stem}attention_blocks.{block}.pos_encoder.pe" for block in (0, 1)]
        else:
            names = [name]
        for new in names:
            for ours, theirs in (
                (".norm1", ".norms.0"),
                (".norm2", ".norms.1"),
                (".norm3", ".ff_norm"),
                (".attn1", ".attention_blocks.0"),
                (".attn2", ".attention_blocks.1"),
            ):
                new = new.replace(ours, theirs)
            parts = new.split(".")
            position = 4 if parts[0] != "mid_block" else 3
            renamed[".".join([*parts[:position], "temporal_transformer", *parts[position:]])] = (
                value.clone()
            )
    return renamed


@pytest.fixture
def module() -> MotionModule:
    return tiny_motion()


@pytest.fixture
def folder(module: MotionModule, tmp_path: Path) -> Path:
    save_motion_module(module, tmp_path / "module", base_hash="ab12")
    return tmp_path / "module"


@pytest.mark.parametrize("kinds", [(VERSATILE, SPARSE_CAUSAL), ANIMATEDIFF])
def test_a_module_survives_its_folder(kinds: tuple[str, str], tmp_path: Path) -> None:
    module = tiny_motion(kinds)
    save_motion_module(module, tmp_path)
    loaded = load_motion_module(tmp_path)
    assert same(module, loaded)
    assert attention_kinds(loaded) == kinds
    assert dict(loaded.config)["block_out_channels"] == CHANNELS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", WEIGHTS]


def test_the_header_tells_what_the_weights_are(folder: Path) -> None:
    header = read_header(folder / WEIGHTS)
    assert header["conclvd.format"] == "conclvd-motion/1"
    assert header["conclvd.attention_kinds"] == "versatile,sparse_causal"
    assert header["conclvd.base_sha256"] == "ab12"
    assert header["conclvd.version"]


def test_the_same_module_gives_the_same_bytes(module: MotionModule, tmp_path: Path) -> None:
    for number in range(4):
        save_motion_module(module, tmp_path / str(number), base_hash="雪", dtype=torch.float16)
    files = [folder / name for folder in tmp_path.iterdir() for name in ("config.json", WEIGHTS)]
    assert len({file.read_bytes() for file in files}) == 2


def test_half_precision_on_disk(module: MotionModule, tmp_path: Path) -> None:
    save_motion_module(module, tmp_path, dtype=torch.float16)
    stored = load_file(tmp_path / WEIGHTS)
    assert {value.dtype for value in stored.values()} == {torch.float16}
    assert next(load_motion_module(tmp_path).parameters()).dtype == torch.float32


def test_half_precision_keeps_exact_positions(module: MotionModule, tmp_path: Path) -> None:
    save_motion_module(module, tmp_path, dtype=torch.float16)
    positions = [v for k, v in load_motion_module(tmp_path).state_dict().items() if "pos" in k]
    exact = [v for k, v in module.state_dict().items() if "pos" in k]
    assert all(torch.equal(a, b) for a, b in zip(positions, exact, strict=True))


def test_a_diffusers_folder_is_animatediff(tmp_path: Path) -> None:
    adapter = MotionAdapter(
        block_out_channels=CHANNELS, motion_layers_per_block=1, motion_norm_num_groups=8
    )
    adapter.save_pretrained(tmp_path)
    loaded = load_motion_module(tmp_path)
    assert attention_kinds(loaded) == ANIMATEDIFF
    assert same(adapter, loaded)
    assert loaded.config["use_motion_mid_block"] is True


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
@pytest.mark.parametrize("middle", [False, True])
def test_animatediff_single_files(tmp_path: Path, suffix: str, middle: bool) -> None:
    """v1 and v3 have no mid block and 24 or 32 positions, v2 has one."""
    module = MotionModule(
        block_out_channels=(32, 32, 64, 64),  # AnimateDiff's 32 groups are not in its files
        motion_layers_per_block=1,
        motion_max_seq_length=24,
        use_motion_mid_block=middle,
        attention_kinds=ANIMATEDIFF,
    )
    path = tmp_path / f"mm{suffix}"
    tensors = original_layout(module)
    if suffix == ".safetensors":
        save_file(tensors, path)
    else:  # as a training run leaves it, wrapped and with a prefix
        torch.save({"state_dict": {f"module.{k}": v for k, v in tensors.items()}}, path)
    loaded = load_motion_module(path)
    assert same(module, loaded)
    assert attention_kinds(loaded) == ANIMATEDIFF
    assert loaded.config["motion_max_seq_length"] == 24
    assert loaded.config["use_motion_mid_block"] is middle


def test_pickles_that_could_run_code_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "mm.ckpt"

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"state_dict": Trap()}, path, pickle_module=pickle)
    with pytest.raises(ModelError, match="code"):
        load_motion_module(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["config.json", WEIGHTS])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load_motion_module(folder)


def test_another_kind_of_model_is_refused(base_folder: Path) -> None:
    with pytest.raises(ModelError, match="UNet2DConditionModel"):
        load_motion_module(base_folder / "unet")


def test_a_config_that_contradicts_its_weights_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["attention_kinds"] = list(ANIMATEDIFF)
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="weights"):
        load_motion_module(folder)


def test_a_config_that_diffusers_wrote_over_ours_loses_nothing(folder: Path) -> None:
    """The weights' header still says which attentions they are."""
    config = json.loads((folder / "config.json").read_text())
    del config["attention_kinds"]
    (folder / "config.json").write_text(json.dumps({**config, "_class_name": "MotionAdapter"}))
    assert attention_kinds(load_motion_module(folder)) == (VERSATILE, SPARSE_CAUSAL)


def test_weights_of_another_shape_are_refused_by_name(folder: Path) -> None:
    other = tiny_motion(channels=(16, 16, 16, 16))
    shutil.copy(folder / "config.json", folder / "keep")
    save_motion_module(other, folder)
    shutil.move(folder / "keep", folder / "config.json")
    with pytest.raises(ModelError, match=r"down_blocks\.2.*\(16,\).*\(32,\)"):
        load_motion_module(folder)


def test_weights_too_few_or_too_many_are_refused_by_name(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    save_file({**tensors, "extra": torch.zeros(1)}, folder / WEIGHTS)
    with pytest.raises(ModelError, match="extra"):
        load_motion_module(folder)
    name = next(name for name in sorted(tensors) if name.endswith("proj_in.weight"))
    save_file({k: v for k, v in tensors.items() if k != name}, folder / WEIGHTS)
    with pytest.raises(ModelError, match=re.escape(name)):
        load_motion_module(folder)


def test_a_folder_that_has_a_motion_module_stands_for_it(base_folder: Path) -> None:
    inside = load_motion_module(base_folder / "motion_adapter").state_dict()
    found = load_motion_module(base_folder).state_dict()
    assert all(torch.equal(found[name], inside[name]) for name in inside)
    assert motion_files(base_folder) == [base_folder / "motion_adapter" / WEIGHTS]


def test_a_base_checkpoint_is_no_motion_module(base_folder: Path) -> None:
    with pytest.raises(ModelError, match="motion module"):
        load_motion_module(base_folder / "unet" / WEIGHTS)


def test_a_motion_lora_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lora.safetensors"
    key = "down_blocks.0.motion_modules.0.temporal_transformer.to_q_lora.down.weight"
    save_file({key: torch.zeros(1)}, path)
    with pytest.raises(ModelError, match="motion LoRA"):
        load_motion_module(path)


def test_our_folder_opens_in_diffusers_and_keeps_its_kinds(folder: Path) -> None:
    """diffusers keeps settings it does not know, so our pipeline still sees what the module is."""
    adapter = MotionAdapter.from_pretrained(folder)
    assert attention_kinds(adapter) == (VERSATILE, SPARSE_CAUSAL)


def test_a_single_file_in_diffusers_names_is_animatediff(tmp_path: Path) -> None:
    module = tiny_motion(ANIMATEDIFF, channels=(32, 32, 64, 64))
    path = tmp_path / "lightning.safetensors"
    save_file({name: value.contiguous() for name, value in module.state_dict().items()}, path)
    loaded = load_motion_module(path)
    assert same(module, loaded)
    assert attention_kinds(loaded) == ANIMATEDIFF


def test_our_weights_without_their_config_are_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match="folder"):
        load_motion_module(folder / WEIGHTS)
