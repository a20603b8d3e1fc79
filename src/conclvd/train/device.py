"""The accelerator of a run, its optimizer, and its learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta
from importlib.util import find_spec
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs
from torch import nn

from conclvd.errors import InvalidRequest, TrainingError
from conclvd.train.journal import trackers
from conclvd.train.processes import all_processes
from conclvd.train.settings import TrainSettings

PATIENCE = timedelta(days=1)  # of processes that wait for one that encodes or validates
NO_8BIT = "use_8bit_adam needs bitsandbytes: pip install 'conclvd[8bit]', or leave it out"
NO_PEFT = "a motion LoRA (rank above 0) needs PEFT: pip install 'conclvd[train]'"
DTYPES = {"no": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def precision(settings: TrainSettings) -> str:
    """The number format of the run: "auto" is half precision on a GPU, bf16 where it has it."""
    if settings.mixed_precision != "auto":
        return settings.mixed_precision
    if not torch.cuda.is_available():
        return "no"
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"


def replays(settings: TrainSettings) -> bool:
    """Whether the run replays CUDA graphs."""
    return torch.cuda.is_available() if settings.cuda_graph is None else settings.cuda_graph


def check_device(settings: TrainSettings) -> None:
    """Raise InvalidRequest for what this machine cannot do, TrainingError for what it lacks."""
    if precision(settings) == "fp16" and not torch.cuda.is_available():
        raise InvalidRequest("mixed_precision fp16 needs a GPU; use no or bf16 on a CPU")
    if settings.cuda_graph and not torch.cuda.is_available():
        raise InvalidRequest("cuda_graph needs an NVIDIA GPU; leave it out")
    if settings.use_8bit_adam and find_spec("bitsandbytes") is None:
        raise TrainingError(NO_8BIT)
    if settings.rank and find_spec("peft") is None:
        raise TrainingError(NO_PEFT)
    trackers(settings.report_to)


def new_accelerator(settings: TrainSettings) -> Accelerator:
    """The accelerator of a run. Raises what `check_device` does."""
    check_device(settings)
    return all_processes(
        precision(settings),
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        log_with=trackers(settings.report_to) or None,
        project_dir=settings.output_dir,
        step_scheduler_with_optimizer=False,
        kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
    )


def new_optimizer(
    parameters: Iterable[nn.Parameter], settings: TrainSettings
) -> torch.optim.Optimizer:
    """AdamW, fused on a GPU, or with 8-bit states, for which `check_device` finds the package."""
    values: dict[str, Any] = {
        "lr": settings.learning_rate,
        "betas": (settings.adam_beta1, settings.adam_beta2),
        "weight_decay": settings.adam_weight_decay,
        "eps": settings.adam_epsilon,
    }
    if settings.use_8bit_adam:
        from conclvd.train.adam8bit import EightBitAdamW  # not everyone has bitsandbytes

        return EightBitAdamW(parameters, **values)
    return torch.optim.AdamW(parameters, fused=torch.cuda.is_available(), **values)


def learning_rate_at(step: int, settings: TrainSettings) -> float:
    """The learning rate of a step (from 0): linear warm-up, then as `lr_scheduler` says."""
    warmup, total = settings.lr_warmup_steps, settings.max_train_steps
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    passed = (step - warmup) / max(1, total - warmup)
    if settings.lr_scheduler == "linear":
        return settings.learning_rate * (1 - passed)
    if settings.lr_scheduler == "cosine":
        return settings.learning_rate * (1 + math.cos(math.pi * passed)) / 2
    return settings.learning_rate
