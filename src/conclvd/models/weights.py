"""Motion modules on disk: a folder of config.json and safetensors, or AnimateDiff's single files.

The header of our weights repeats what the config says and adds which base they were trained for,
so that a weights file that lost its folder still tells what it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import MotionAdapter
from torch import Tensor

from conclvd import __version__
from conclvd.errors import ModelError
from conclvd.files import whole, write_text
from conclvd.models.motion import ANIMATEDIFF, MotionModule, attention_kinds
from conclvd.models.source import MOTION, resolve
from conclvd.tensor_file import model_errors, read_header, read_tensors, write_tensors

CONFIG, WEIGHTS = "config.json", "diffusion_pytorch_model.safetensors"
FORMAT = "conclvd-motion/1"
HUB_FILES = (CONFIG, WEIGHTS)
KINDS = "conclvd.attention_kinds"
POSITIONS = "pos_embed.pe"
# AnimateDiff's name or diffusers' of what tells a module's sizes
POSITION_TABLES = ("pos_encoder.pe", POSITIONS)
GROUP_NORM = re.compile(
    r"down_blocks\.\d+\.motion_modules\.\d+\.(temporal_transformer\.)?norm\.weight"
)


def save_motion_module(
    module: MotionModule,
    folder: Path,
    *,
    base_hash: str = "",
    dataset_hash: str = "",
    dtype: torch.dtype | None = None,
) -> None:
    """Write `module` into `folder`, its weights in `dtype` (None: as they are).

    `base_hash` is the sha256 of the U-Net that it was trained for, `dataset_hash` that of the
    clips and captions. The file is whole or not there; the same weights give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    module.save_config(folder)
    forget_origin(folder / "config.json")
    weights = {name: value.to("cpu", dtype) for name, value in module.state_dict().items()}
    header = {
        "format": "pt",  # what diffusers looks for
        "conclvd.format": FORMAT,
        KINDS: ",".join(attention_kinds(module)),
        "conclvd.base_sha256": base_hash,
        "conclvd.dataset_sha256": dataset_hash,
        "conclvd.version": __version__,
    }
    with whole(folder / WEIGHTS, ModelError) as part:
        write_tensors(part, weights, header)


def forget_origin(config: Path) -> None:
    """Take out of a config the folder that its part was loaded from: it means nothing elsewhere."""
    if config.is_file():
        values = json.loads(config.read_text(encoding="utf-8"))
        if values.pop("_name_or_path", None) is not None:
            write_text(config, json.dumps(values, indent=2) + "\n", ModelError)


def motion_files(name: str | Path) -> list[Path]:
    """The weights file, in a list, of the motion module called `name`."""
    path = _find(name)
    return [path / WEIGHTS] if path.is_dir() else [path]


def load_motion_module(name: str | Path, *, dtype: torch.dtype = torch.float32) -> MotionModule:
    """Load a motion module: a folder of ours or of AnimateDiff's, one file of theirs, or a Hub id.

    It may also be the folder of a base or of a training run that has one, `ink-mini` among them.
    What says nothing else has AnimateDiff's two versatile attentions. Raises ModelError when it is
    not found, not a motion module, or its weights are not those its config describes.
    """
    path = _find(name)
    module = _from_folder(path) if path.is_dir() else _from_file(path)
    frozen: MotionModule = module.to(dtype).eval().requires_grad_(False)
    return frozen


def _find(name: str | Path) -> Path:
    path = resolve(str(name), hub_files=HUB_FILES)
    inside = path / MOTION
    return inside if inside.is_dir() else path


def _from_folder(folder: Path) -> MotionModule:
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise ModelError(f"{folder} is no motion module: it has no {name}")
    with model_errors(str(folder / CONFIG)):
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        kind = config["_class_name"]
    if kind not in (MotionModule.__name__, MotionAdapter.__name__):
        raise ModelError(f"{folder} holds a {kind}, not a motion module")
    if config.get("conv_in_channels"):
        raise ModelError(f"{folder} is a PIA module, which wants an input picture; use another")
    weights = folder / WEIGHTS
    header = read_header(weights).get(KINDS)
    # A MotionAdapter's config says nothing of the two attentions; the header of our weights does.
    default = tuple(header.split(",")) if header else ANIMATEDIFF
    kinds = config.setdefault("attention_kinds", default)
    if header is not None and tuple(header.split(",")) != tuple(kinds):
        raise ModelError(
            f"{folder}: the attentions in {CONFIG} ({', '.join(kinds)}) are not those the weights "
            f"were saved with ({header.replace(',', ', ')}); restore the {CONFIG} of these weights"
        )
    with model_errors(str(folder)):
        module = MotionModule.from_config(config)
    tensors = read_tensors(weights)
    return _fill(module, tensors, weights)


def _from_file(path: Path) -> MotionModule:
    """Load AnimateDiff's own layout, or diffusers'; the config is in the shapes and the names."""
    from diffusers.loaders.single_file_utils import convert_animatediff_checkpoint_to_diffusers

    if path.suffix == ".safetensors" and KINDS in read_header(path):
        raise ModelError(
            f"{path} is the weights file of a ConCLVD motion module, whose heads and attentions "
            f"are in its {CONFIG}; name the folder that holds both"
        )
    original = {
        name.removeprefix("module."): value
        for name, value in read_tensors(path).items()
        if ".motion_modules." in name
    }
    if any("lora" in name for name in original):
        raise ModelError(f"{path} is a motion LoRA, not a whole motion module")
    config = config_of(original, path)
    with model_errors(str(path)):
        module = MotionModule(**config, attention_kinds=ANIMATEDIFF)
    # leaves names that are diffusers' already as they are, such as AnimateDiff-Lightning's
    return _fill(module, convert_animatediff_checkpoint_to_diffusers(original), path)


def config_of(original: Mapping[str, Tensor], path: Path) -> dict[str, Any]:
    """The settings of a module in AnimateDiff's or diffusers' layout, off its names and shapes.

    The number of heads is in neither; it is AnimateDiff's 8.
    """
    inputs = {
        name.split(".")[1]: value.shape[0]
        for name, value in sorted(original.items())
        if GROUP_NORM.fullmatch(name)
    }
    positions = [value for name, value in original.items() if name.endswith(POSITION_TABLES)]
    if not inputs or not positions:
        raise ModelError(
            f"{path} is no motion module in AnimateDiff's layout (weights called "
            "down_blocks.0.motion_modules.0.temporal_transformer...), nor in diffusers'"
        )
    layers = {name.split(".")[3] for name in original if name.startswith("down_blocks.0.")}
    return {
        "block_out_channels": tuple(inputs[block] for block in sorted(inputs)),
        "motion_layers_per_block": len(layers),
        "motion_max_seq_length": positions[0].shape[1],
        "use_motion_mid_block": any(name.startswith("mid_block.") for name in original),
    }


def _fill(module: MotionModule, tensors: Mapping[str, Tensor], path: Path) -> MotionModule:
    wanted = module.state_dict()
    # The position table is computed, and AnimateDiff's files keep it elsewhere.
    given = {name: value for name, value in tensors.items() if not name.endswith(POSITIONS)}
    for name, value in wanted.items():
        if name.endswith(POSITIONS):
            continue
        if name not in given:
            raise ModelError(f"{path} lacks the weight {name}")
        if given[name].shape != value.shape:
            raise ModelError(
                f"{path}: {name} has shape {tuple(given[name].shape)}, expected "
                f"{tuple(value.shape)}; the weights are of another size than the config says"
            )
    surplus = sorted(given.keys() - wanted.keys())
    if surplus:
        raise ModelError(f"{path} has a weight {surplus[0]} that a motion module has no place for")
    module.load_state_dict(given, strict=False)
    return module
