"""What is asked for: every setting of one generation, checked once, here."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

from conclvd.errors import InvalidRequest

SCHEDULERS = ("ddim", "dpm++", "euler", "euler-a", "unipc", "euler-trailing", "lcm")
INTERPOLATIONS = ("none", "linear", "sofp")
FLOWS = ("dis", "raft")
DTYPES = ("auto", "float32", "float16", "bfloat16")
SIDE_STEP = 8  # pixels; the smallest autoencoder factor of the models in question
MAX_FRAMES = 32  # frame positions of the motion modules (docs/method.md section 2)
MAX_SIDE = 4096
MAX_STEPS = 1000  # diffusion steps in training
MAX_LCM_STEPS = 50  # the steps that latent consistency models are distilled from
MAX_GUIDANCE = 100.0
MAX_FPS = 240
SEEDS = 2**63
KEYFRAME_RATE = Fraction(6)  # of the training clips: every 4th frame of a 24 fps film


@dataclass(frozen=True)
class Request:
    """One generation. What is None is the model's or the program's choice.

    `frames` counts keyframes, `fps` is of the finished video in frames per second, `width` and
    `height` are pixels. Raises InvalidRequest, which says what was found, for a value that cannot
    be used.
    """

    # pydantic reads this where a request comes out of a file; no setting may be unknown.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    prompt: str
    negative_prompt: str = ""
    model: str = "ink-mini"
    motion: str | None = None
    frames: int = 8
    width: int | None = None
    height: int | None = None
    steps: int = 25
    guidance_scale: float = 8.0
    seed: int | None = None
    fps: Fraction | None = None
    scheduler: str = "ddim"
    interpolation: str = "sofp"
    flow: str = "dis"
    device: str = "auto"
    dtype: str = "auto"

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise InvalidRequest("the prompt is empty; describe the painting in a sentence")
        _within("frames", self.frames, 1, MAX_FRAMES)
        most = MAX_LCM_STEPS if self.scheduler == "lcm" else MAX_STEPS
        _within("steps", self.steps, 1, most)
        for name, side in (("width", self.width), ("height", self.height)):
            if side is not None:
                _within(name, side, SIDE_STEP, MAX_SIDE)
                check_side(name, side, SIDE_STEP)
        if not (math.isfinite(self.guidance_scale) and 0 <= self.guidance_scale <= MAX_GUIDANCE):
            raise InvalidRequest(
                f"guidance scale must be 0 to {MAX_GUIDANCE:g}, found {self.guidance_scale}"
            )
        if self.negative_prompt and self.guidance_scale <= 1:
            raise InvalidRequest(
                "a negative prompt acts only with a guidance scale above 1, found "
                f"{self.guidance_scale:g}; raise it or leave the negative prompt out"
            )
        if self.seed is not None:
            _within("seed", self.seed, 0, SEEDS - 1)
        if self.fps is not None and not 0 < self.fps <= MAX_FPS:
            raise InvalidRequest(f"fps must be above 0 and at most {MAX_FPS}, found {self.fps}")
        _one_of("scheduler", self.scheduler, SCHEDULERS)
        _one_of("interpolation", self.interpolation, INTERPOLATIONS)
        _one_of("flow", self.flow, FLOWS)
        _one_of("dtype", self.dtype, DTYPES)

    @property
    def guided(self) -> bool:
        """Whether classifier-free guidance is on, which doubles the work."""
        return self.guidance_scale > 1

    def settled(self, *, native_size: int, side_step: int, max_frames: int) -> Request:
        """This request with nothing left open, for a model of these limits.

        Size, seed and frame rate are chosen where they were left open: `native_size` pixels a
        side, a random seed, and six keyframes a second. Raises InvalidRequest when the model
        cannot make it.
        """
        if self.frames > max_frames:
            raise InvalidRequest(
                f"this motion module makes at most {max_frames} frames, found {self.frames}"
            )
        width, height = self.width or native_size, self.height or native_size
        check_side("width", width, side_step)
        check_side("height", height, side_step)
        rate = KEYFRAME_RATE * (1 if self.interpolation == "none" else 2)
        return replace(
            self,
            width=width,
            height=height,
            seed=secrets.randbelow(2**32) if self.seed is None else self.seed,
            fps=self.fps or rate,
        )


def check_side(name: str, side: int, step: int) -> None:
    """Raise InvalidRequest unless `side` pixels are a multiple of `step`."""
    if side % step:
        lower = side // step * step
        choices = f"{lower} or {lower + step}" if lower else str(step)
        raise InvalidRequest(f"{name} must be a multiple of {step}, found {side}; use {choices}")


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidRequest(f"{name} must be {least} to {most}, found {value}")


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidRequest(f"{name} must be one of {', '.join(choices)}, found {value!r}")
