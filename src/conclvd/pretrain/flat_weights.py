"""All weights of a model in one piece of memory, so that an optimizer step is a few operations."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast, reduce
from torch import Tensor, nn

# Every weight starts at a multiple of so many values: 128 bytes of bf16. Matrix products and
# convolutions of a GPU fall back to slow kernels where an operand is not at a multiple of 16 bytes.
ALIGNMENT = 64


class FlatWeights:
    """The weights of `module` as one fp32 vector `master`, and as the module computes with them.

    Clipping, AdamW, the moving average and the exchange between GPUs then work on one tensor
    instead of on hundreds. With `dtype` bfloat16 the module computes with a rounded copy, which
    `publish` renews after a step; otherwise with `master` itself. `channels_last` is the layout of
    convolutions. All parameters of the module must be fp32 and train.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        dtype: torch.dtype = torch.float32,
        channels_last: bool = False,
    ) -> None:
        self.parameters = list(module.parameters())
        self._last = channels_last
        self._starts = [0]
        for parameter in self.parameters:
            blocks = -(-parameter.numel() // ALIGNMENT)
            self._starts.append(self._starts[-1] + blocks * ALIGNMENT)
        device = self.parameters[0].device
        self.master = nn.Parameter(torch.zeros(self._starts[-1], device=device))
        self.gradient = torch.zeros_like(self.master.data)
        self.master.grad = self.gradient
        self._gradients = self._views(self.gradient)
        self._used = self.master.data.to(dtype)  # the same memory if dtype is fp32
        masters, used = self._views(self.master.data), self._views(self._used)
        for parameter, master, view in zip(self.parameters, masters, used, strict=True):
            master.copy_(parameter.data)
            view.copy_(parameter.data)
            parameter.data = view

    def _views(self, flat: Tensor) -> list[Tensor]:
        """The part of each parameter in a vector of all, in the parameter's shape."""
        views = []
        for start, parameter in zip(self._starts[:-1], self.parameters, strict=True):
            shape, part = parameter.shape, flat[start : start + parameter.numel()]
            if self._last and len(shape) == 4:
                outward, inward, height, width = shape
                views.append(part.view(outward, height, width, inward).permute(0, 3, 1, 2))
            else:
                views.append(part.view(shape))
        return views

    def collect(self, gradients: Sequence[Tensor]) -> None:
        """Take in the gradients of `parameters`, in their order, as fp32."""
        torch._foreach_copy_(self._gradients, list(gradients))

    @torch.no_grad()
    def share(self) -> None:
        """Give every process the weights of the first one."""
        self.master.copy_(broadcast(self.master.data))
        self.publish()

    def average_gradient(self, accelerator: Accelerator) -> None:
        """Replace the gradient by its mean over all processes."""
        if accelerator.num_processes > 1:
            self.gradient.copy_(reduce(self.gradient, "mean"))

    @torch.no_grad()
    def publish(self) -> None:
        """Let the module compute with what `master` is now."""
        if self._used.dtype != self.master.dtype:
            self._used.copy_(self.master)

    def release(self) -> None:
        """Give the module fp32 weights of its own, as they are saved; it shares nothing then."""
        for parameter, master in zip(self.parameters, self._views(self.master.data), strict=True):
            parameter.data = master.clone(memory_format=torch.contiguous_format)
