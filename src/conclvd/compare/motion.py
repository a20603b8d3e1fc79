"""Methods that are a motion module on the comparison's base, by the program's own generator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from pydantic import JsonValue

from conclvd.compare.hub_files import LCM_LORA, LIGHTNING_FILE
from conclvd.compare.making import Asked, Sample, shared_settings
from conclvd.errors import InvalidRequest, ModelError
from conclvd.files import sha256_of
from conclvd.generate.generator import Generator, Progress
from conclvd.generate.request import Request
from conclvd.models.attention import ABSENT, SPARSE_CAUSAL, VERSATILE
from conclvd.models.motion import ANIMATEDIFF, attention_kinds
from conclvd.tensor_file import model_errors

# The attentions of a block that each method may have; a third is one added to AnimateDiff's own.
KINDS = {
    "conclvd": ((VERSATILE, SPARSE_CAUSAL), (VERSATILE, VERSATILE, SPARSE_CAUSAL)),
    "without-sc-attn": ((VERSATILE, ABSENT),),
    "without-clofnoise": ((VERSATILE, SPARSE_CAUSAL), (VERSATILE, VERSATILE, SPARSE_CAUSAL)),
    "animatediff": (ANIMATEDIFF,),
}
LCM_LORA_WEIGHT = 0.8  # as its authors use it
LCM_STEPS, LCM_GUIDANCE = 6, 1.5
STEPS_IN_NAME = re.compile(r"(?<!\d)([1248])step")


class MotionMethod:
    """A generator and what all of its videos share.

    `added` is the sha256 of weights that a recipe has no word for, empty when there are none.
    """

    def __init__(self, generator: Generator, request: Request, added: str = "") -> None:
        self.generator, self.added = generator, added
        self.request = generator.settle(request)
        self.device = generator.device

    @property
    def settings(self) -> dict[str, JsonValue]:
        """Everything but prompt and seed on which the pixels depend."""
        pipeline = self.generator.pipeline
        weights: dict[str, JsonValue] = dict(self.generator.weights)
        return {
            **shared_settings(self.request.scheduler, self.request),
            "attention_kinds": list(attention_kinds(pipeline.motion_adapter)),
            "dtype": str(pipeline.unet.dtype).removeprefix("torch."),
            "weights": weights | ({"lora": self.added} if self.added else {}),
        }

    def sample(self, videos: Sequence[Asked], progress: Progress) -> list[Sample]:
        """Make videos as one batch."""
        requests = [replace(self.request, prompt=v.prompt, seed=v.seed) for v in videos]
        made = self.generator.generate_together(requests, progress)
        return [Sample(v.frames, None if self.added else v.recipe.to_json()) for v in made]


def load_motion(request: Request, weights: Path | None, method: str) -> MotionMethod:
    """Load a motion module, None for the base's own; its attentions must be those of `method`."""
    generator = _generator(request, weights)
    found = attention_kinds(generator.pipeline.motion_adapter)
    if found not in KINDS[method]:
        wanted = " or ".join(", ".join(kinds) for kinds in KINDS[method])
        raise ModelError(
            f"the motion module of {method} has the attentions {', '.join(found)}, but the "
            f"method's are {wanted}; name the module that was trained for it"
        )
    return MotionMethod(generator, request)


def load_animatelcm(request: Request, weights: Path | None) -> MotionMethod:
    """Load AnimateLCM: a folder with its motion module and its LoRA for the image layers."""
    assert weights is not None
    lora = weights / LCM_LORA
    if not lora.is_file():
        raise ModelError(f"{weights} has no {LCM_LORA}; fetch it from wangfuyun/AnimateLCM")
    if find_spec("peft") is None:
        raise ModelError("AnimateLCM's LoRA needs PEFT: pip install 'conclvd[train]'")
    generator = _generator(request, weights)
    with model_errors(str(lora)):
        generator.pipeline.load_lora_weights(weights, weight_name=LCM_LORA, local_files_only=True)
        generator.pipeline.fuse_lora(lora_scale=LCM_LORA_WEIGHT)
        generator.pipeline.unload_lora_weights()
    few = replace(request, scheduler="lcm", steps=LCM_STEPS, guidance_scale=LCM_GUIDANCE)
    return MotionMethod(generator, few, added=sha256_of(lora))


def load_lightning(request: Request, weights: Path | None) -> MotionMethod:
    """Load AnimateDiff-Lightning: its 4-step file in a folder, or the file of any of its steps."""
    assert weights is not None
    file = weights / LIGHTNING_FILE if weights.is_dir() else weights
    if not file.is_file():
        raise ModelError(f"{weights} has no {LIGHTNING_FILE}; fetch it or name the file you have")
    told = STEPS_IN_NAME.search(file.name)
    if told is None:
        raise InvalidRequest(
            f"the name of {file.name} does not say for how many steps it was distilled; name it "
            f"as its authors do, such as {LIGHTNING_FILE}"
        )
    few = replace(request, scheduler="euler-trailing", steps=int(told[1]), guidance_scale=1.0)
    return MotionMethod(_generator(request, file), few)


def _generator(request: Request, weights: Path | None) -> Generator:
    return Generator.load(
        request.model,
        None if weights is None else str(weights),
        device=request.device,
        dtype=request.dtype,
    )
