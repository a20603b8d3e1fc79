"""How much memory a run will need on its device, before it is started."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from conclvd.models.motion import MotionModule
from conclvd.train.device import DTYPES, precision
from conclvd.train.masters import Masters
from conclvd.train.model import CHECKPOINTED, build_model
from conclvd.train.settings import TrainSettings

GIB = 2**30


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes on the device, by what they are for. Fragments, kernels and the driver come on top."""

    weights: int
    gradients: int
    optimizer: int
    average: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(vars(self).values())

    def __str__(self) -> str:
        shares = ", ".join(f"{name} {part / GIB:.2f}" for name, part in vars(self).items())
        return f"about {self.total / GIB:.2f} GiB ({shares})"


def device_memory() -> int:
    """Bytes of memory that the device which a run would use has."""
    if torch.cuda.is_available():
        return int(torch.cuda.get_device_properties(0).total_memory)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def estimate(
    unet: UNet2DConditionModel,
    module: MotionModule,
    settings: TrainSettings,
    *,
    channels: int,
    side: int,
    text: tuple[int, int],
) -> MemoryEstimate:
    """Estimate a run: latents of `channels` x `side` x `side`, text states of `text` (l, d).

    The model runs once without data (on PyTorch's meta device), and what its backward pass would
    keep is counted; what a layer needs while it runs is not.
    """
    number = DTYPES[precision(settings)]
    with torch.device("meta"):
        model = build_model(
            unet.to("meta"),
            module.to("meta"),
            settings,
            noise_size=channels * side * side,
            frozen_dtype=number,
        )
    masters = Masters(model, number, accumulates=settings.gradient_accumulation_steps > 1)
    trained = sum(p.numel() for p in masters.weights.values())
    copies, gradients = masters.extra_bytes
    states = 2 if settings.use_8bit_adam else 8
    return MemoryEstimate(
        weights=sum(p.nbytes for p in model.parameters()) + copies,
        gradients=gradients,
        optimizer=states * trained,
        average=4 * trained if settings.use_ema else 0,
        activations=kept_bytes(model, settings, channels, side, text),
    )


class _Fused(torch.autograd.Function):
    """The memory of a fused attention: inputs and output are kept, and nothing of all pairs."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        output = torch.empty_like(query)
        ctx.save_for_backward(query, key, value, output)
        return output


class FusedAttention(TorchFunctionMode):
    """Attention of the base as devices run it; on the meta device it would keep all pairs."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is functional.scaled_dot_product_attention:
            return _Fused.apply(*args[:3])  # type: ignore[no-untyped-call]
        return func(*args, **(kwargs or {}))


def kept_bytes(
    model: nn.Module, settings: TrainSettings, channels: int, side: int, text: tuple[int, int]
) -> int:
    """What a forward pass keeps for the backward pass, in bytes, the weights left out."""
    own = {p.untyped_storage()._cdata for p in model.parameters()}
    kept: dict[int, int] = {}
    alive: list[Tensor] = []  # a storage that is freed may give its number to another

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            kept[storage._cdata] = storage.nbytes()
            alive.append(tensor)
        return tensor

    def keep_inputs(_: nn.Module, given: tuple[object, ...], named: dict[str, object]) -> None:
        for value in (*given, *named.values()):
            if isinstance(value, Tensor):
                keep(value)

    if settings.gradient_checkpointing:
        for part in model.modules():
            if isinstance(part, CHECKPOINTED):
                part.register_forward_pre_hook(keep_inputs, with_kwargs=True)
    batch, frames = settings.train_batch_size, settings.num_frames
    with (
        torch.device("meta"),
        FusedAttention(),
        torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t),
    ):
        model.train()(
            torch.empty(batch, frames, channels, side, side),
            torch.zeros(batch, dtype=torch.long),
            torch.empty(batch, *text),
        )
    return sum(kept.values())
