"""The samplers, all on the noise schedule that motion modules are trained with."""

from __future__ import annotations

from typing import Any

from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    UniPCMultistepScheduler,
)

from conclvd.generate.request import SCHEDULERS

CLASSES = {
    "ddim": DDIMScheduler,
    "dpm++": DPMSolverMultistepScheduler,
    "euler": EulerDiscreteScheduler,
    "euler-a": EulerAncestralDiscreteScheduler,
    "unipc": UniPCMultistepScheduler,
    "euler-trailing": EulerDiscreteScheduler,
    "lcm": LCMScheduler,
}
assert tuple(CLASSES) == SCHEDULERS
# What samplers may share; the rest of a saved scheduler belongs to its own kind.
SHARED = ("num_train_timesteps", "beta_start", "beta_end", "prediction_type", "timestep_spacing")
EXACT_STEPS = {"steps_offset": 1}
DDIM = {"clip_sample": False, "set_alpha_to_one": False}
# What few samplers have to themselves. Modules distilled to a few steps want the first of them at
# the noisiest one (AnimateDiff-Lightning), or a sampler of their own (latent consistency models).
OWN: dict[str, dict[str, Any]] = {
    "ddim": DDIM,
    "lcm": DDIM,
    "euler-trailing": {"timestep_spacing": "trailing"},
}


def scheduler_named(name: str, base: Any) -> Any:
    """The sampler `name` with the linear betas of docs/method.md section 1.

    `base` is the scheduler that came with the model; its number of diffusion steps, the ends of
    its betas and what its U-Net predicts are kept. Stable Diffusion's own betas are
    scaled-linear, which motion modules are not trained for.
    """
    shared = {key: base.config[key] for key in SHARED if key in base.config}
    settings = {**shared, **EXACT_STEPS, "beta_schedule": "linear", **OWN.get(name, {})}
    return CLASSES[name](**settings)
