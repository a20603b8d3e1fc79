"""The methods that a comparison can run: those of the paper's tables, and its ablations.

Importing this file loads no model library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conclvd.compare.hub_files import LCM_LORA, LIGHTNING_FILE, MODULE_FILES
from conclvd.errors import InvalidRequest
from conclvd.generate.request import Request
from conclvd.models.source import EMBEDDED, MOTION, resolve

if TYPE_CHECKING:
    from conclvd.compare.making import Sampler

SD15: Final = "--model stable-diffusion-v1-5/stable-diffusion-v1-5"
Loader = Callable[[Request, Path | None], "Sampler"]


@dataclass(frozen=True)
class Method:
    """A method. `fetch` says how to get the weights it needs, empty if it needs none of its own.

    `files` are what it takes from a Hub repository; `in_base` is whether a base may come with its
    weights. In `fetch` {model} stands for the comparison's base, {preset} for how to train on it.
    """

    name: str
    load: Loader
    files: tuple[str, ...] = MODULE_FILES
    fetch: str = ""
    in_base: bool = False

    @property
    def slug(self) -> str:
        """Its name on the command line and of its folder."""
        return slug_of(self.name)

    def how_to_fetch(self, model: str) -> str:
        """The commands that make or get its weights for the base `model`."""
        preset = EMBEDDED if model == EMBEDDED else "paper"
        return self.fetch.format(model=model, preset=preset, slug=self.slug)

    def lacks_weights(self, base: Path) -> bool:
        """Whether it needs weights to be given, for a base in the folder or file `base`."""
        return bool(self.fetch) and not (self.in_base and (base / MOTION).is_dir())

    def find(self, weights: str) -> Path:
        """Its weights as a folder or a file; ModelError when they are not to be had."""
        return resolve(weights, hub_files=self.files)


def slug_of(name: str) -> str:
    """A name as a part of paths: lower case, a hyphen for what is no letter, number or point."""
    kept = "".join(c if c.isalnum() or c in "._" else "-" for c in name.lower())
    return "-".join(part for part in kept.split("-") if part).strip(".")


def _motion(method: str, request: Request, weights: Path | None) -> Sampler:
    from conclvd.compare.motion import load_animatelcm, load_lightning, load_motion

    if method == "animatelcm":
        return load_animatelcm(request, weights)
    if method == "lightning":
        return load_lightning(request, weights)
    return load_motion(request, weights, method)


def _text2video_zero(request: Request, weights: Path | None) -> Sampler:
    from conclvd.compare.text2video_zero import Text2VideoZero

    return Text2VideoZero.load(request)


def _modelscope(request: Request, weights: Path | None) -> Sampler:
    from conclvd.compare.modelscope import ModelScope

    assert weights is not None
    return ModelScope(request, weights)


_TRAINED: Final = (
    "train it with `conclvd ablate {preset} --pretrained-model-name-or-path {model} "
    "--train-data-dir CLIPS --validation-prompt 'a misty lake' --output-dir ablations`, then give "
    "--motion {slug}=ablations/{slug}"
)
METHODS: Final = (
    Method("ConCLVD", partial(_motion, "conclvd"), fetch=_TRAINED, in_base=True),
    Method("without SC-Attn", partial(_motion, "without-sc-attn"), fetch=_TRAINED),
    Method("without CLofNoise", partial(_motion, "without-clofnoise"), fetch=_TRAINED),
    Method(
        "AnimateDiff",
        partial(_motion, "animatediff"),
        fetch=f"{_TRAINED}; or, with {SD15}, --motion {{slug}}=guoyww/animatediff-motion-adapter-"
        "v1-5-2",
    ),
    Method("Text2Video-Zero", _text2video_zero),
    Method(
        "AnimateLCM",
        partial(_motion, "animatelcm"),
        files=(*MODULE_FILES, LCM_LORA),
        fetch=f"give --motion {{slug}}=wangfuyun/AnimateLCM with {SD15}, or a folder with "
        f"{', '.join(MODULE_FILES)} and {LCM_LORA} from there",
    ),
    Method(
        "AnimateDiff-Lightning",
        partial(_motion, "lightning"),
        files=(LIGHTNING_FILE,),
        fetch=f"give --motion {{slug}}=ByteDance/AnimateDiff-Lightning with {SD15}, or the file "
        f"{LIGHTNING_FILE} from there",
    ),
    Method(
        "ModelScope",
        _modelscope,
        files=(
            "model_index.json",
            "*/*.json",
            "*/*.txt",
            "*/model.safetensors",
            "*/diffusion_pytorch_model.safetensors",
        ),
        fetch="give --motion {slug}=ali-vilab/text-to-video-ms-1.7b, or a folder with that "
        "repository",
    ),
)


def methods_called(slugs: Sequence[str]) -> list[Method]:
    """The methods of these names, in this order; InvalidRequest for one that is unknown."""
    known = {method.slug: method for method in METHODS}
    chosen = [known.get(slug_of(slug)) for slug in slugs]
    for slug, method in zip(slugs, chosen, strict=True):
        if method is None:
            raise InvalidRequest(
                f"there is no method {slug!r}; methods are {', '.join(known)}, and any other is "
                "given by --external NAME=FOLDER"
            )
    found = [method for method in chosen if method is not None]
    if not found or len(set(found)) < len(found):
        raise InvalidRequest(f"name each method once, found {', '.join(slugs) or 'none'}")
    return found
