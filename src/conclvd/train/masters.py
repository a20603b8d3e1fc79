"""The weights that learn as AdamW sees them: in float32, behind a model in half precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, distributed, nn

from conclvd.train.video_denoiser import learning, to_format

PART = 16 * 2**20  # numbers whose gradients are in float32 at the same time


class Masters:
    """float32 masters of what learns in `model`, which computes in `dtype` from now on.

    There is no autocast, which casts at every layer and keeps what norms give in float32. A weight
    that stays in float32 is its own master. Gradients have their weight's number format, in which
    matrix products make them anyway; with `accumulates`, where an update takes several batches,
    they are added up in float32. Those of one format lie in one buffer: a single operation clears,
    measures or exchanges them, and a CUDA graph finds them where they were. `channels_last` is the
    layout of convolutions that learn.

    `weights` are the masters by name.
    """

    def __init__(
        self,
        model: nn.Module,
        dtype: torch.dtype,
        *,
        accumulates: bool = False,
        channels_last: bool = False,
    ) -> None:
        self._live = learning(model)
        for weight in self._live.values() if channels_last else ():
            if weight.ndim == 4:
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        before = {name: weight.data for name, weight in self._live.items()}
        to_format(model, dtype)
        self.weights = {
            name: weight if weight.dtype == torch.float32 else nn.Parameter(before[name])
            for name, weight in self._live.items()
        }
        formats = dict.fromkeys(weight.dtype for weight in self._live.values())
        groups = [[n for n, w in self._live.items() if w.dtype == each] for each in formats]
        self._made = [self._zeros(names, self._live[names[0]].dtype) for names in groups]
        self._sums = self._made
        if accumulates and dtype != torch.float32:
            self._sums = [self._zeros(names, torch.float32) for names in groups]
        for names, buffer in zip(groups, self._made, strict=True):
            for name, view in self._views(names, buffer).items():
                self._live[name].grad = view
        self._own = {n: w.grad for n, w in self.weights.items() if w is self._live[n]}
        self._parts: list[tuple[list[str], Tensor]] = []
        for names, buffer in zip(groups, self._sums, strict=True):
            sizes = {name: self._live[name].numel() for name in names}
            parts = in_parts(sizes, PART)
            counts = [sum(sizes[name] for name in part) for part in parts]
            self._parts += zip(parts, torch.split(buffer, counts), strict=True)

    def _zeros(self, names: Sequence[str], dtype: torch.dtype) -> Tensor:
        count = sum(self._live[name].numel() for name in names)
        return torch.zeros(count, dtype=dtype, device=self._live[names[0]].device)

    def _views(self, names: Sequence[str], buffer: Tensor) -> dict[str, Tensor]:
        """The part of a buffer that belongs to each weight, in its shape and layout."""
        parts = torch.split(buffer, [self._live[name].numel() for name in names])
        return {n: _laid_out(part, self._live[n]) for n, part in zip(names, parts, strict=True)}

    @property
    def extra_bytes(self) -> tuple[int, int]:
        """What masters that are not the model's own weights take, and what gradients take."""
        own = (w for n, w in self.weights.items() if w is not self._live[n])
        buffers = {id(buffer): buffer for buffer in (*self._made, *self._sums)}
        return (
            sum(weight.nbytes for weight in own),
            sum(buffer.nbytes for buffer in buffers.values()),
        )

    @torch.no_grad()
    def share(self) -> None:
        """Give every process the weights of the first one."""
        if distributed.is_initialized():
            for weight in self.weights.values():
                distributed.broadcast(weight.data, 0)
        self.publish()

    def differentiate(self, loss: Tensor) -> None:
        """Put the gradients of one batch in the place of those that are there, a few copies in all.

        A backward pass adds them up instead, weight by weight.
        """
        made = torch.autograd.grad(loss, list(self._live.values()))
        places = [weight.grad for weight in self._live.values() if weight.grad is not None]
        torch._foreach_copy_(places, list(made))

    @torch.no_grad()
    def collect(self) -> None:
        """Take in the gradients of one batch; call it after every backward pass."""
        if self._sums is not self._made:
            for total, made in zip(self._sums, self._made, strict=True):
                total += made
                made.zero_()

    def clear(self) -> None:
        """Forget all gradients."""
        for buffer in (*self._made, *self._sums):
            buffer.zero_()

    @torch.no_grad()
    def step(
        self,
        optimizer: torch.optim.Optimizer,
        max_grad_norm: float,
        scaler: torch.amp.GradScaler | None = None,
    ) -> Tensor:
        """Update the weights by the mean of all processes' gradients, which are then cleared.

        Returns the norm of the gradients before they are clipped to `max_grad_norm`, without
        waiting for the device. With a `scaler` (fp16) the gradients are of a loss that it has
        scaled, and where one is infinite the weights stay as they are.
        """
        if distributed.is_initialized():
            for buffer in self._sums:
                distributed.all_reduce(buffer)
                buffer /= distributed.get_world_size()
        if scaler is None:
            norm = self._step_in_parts(optimizer, max_grad_norm)
        else:
            self._lend(self._parts)
            scaler.unscale_(optimizer)
            norm = nn.utils.clip_grad_norm_(self.weights.values(), max_grad_norm)
            scaler.step(optimizer)
            scaler.update()
        self.publish()
        self.clear()
        for name, weight in self.weights.items():
            weight.grad = self._own.get(name)
        return norm

    def _step_in_parts(self, optimizer: torch.optim.Optimizer, max_grad_norm: float) -> Tensor:
        """Some weights at a time, so that not all gradients are there in float32 as well."""
        norms = [torch.linalg.vector_norm(b, dtype=torch.float32) for b in self._sums]
        norm: Tensor = torch.linalg.vector_norm(torch.stack(norms))
        scale = (max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        for part in self._parts:
            self._lend([part], scale)
            optimizer.step()
        return norm

    def _lend(self, parts: Sequence[tuple[list[str], Tensor]], scale: Tensor | None = None) -> None:
        """Give the masters of these parts, and no others, their gradients, times `scale`."""
        for weight in self.weights.values():
            weight.grad = None
        for names, gradients in parts:
            # Of one dimension, float32 makes a product with half precision float32; of none, not.
            lent = gradients.float() if scale is None else gradients * scale.view(1)
            for name, gradient in self._views(names, lent).items():
                self.weights[name].grad = gradient

    @torch.no_grad()
    def publish(self) -> None:
        """Put the masters, after they have changed, into the model."""
        halves = [name for name, weight in self.weights.items() if weight is not self._live[name]]
        if halves:
            torch._foreach_copy_(
                [self._live[name].data for name in halves], [self.weights[n].data for n in halves]
            )

    def settle(self) -> None:
        """Make the masters the model's own weights, for good: it has done its training."""
        for name, weight in self._live.items():
            weight.grad, weight.data = None, self.weights[name].data.contiguous()


def _laid_out(part: Tensor, like: Tensor) -> Tensor:
    """The numbers of `part` in the shape and the memory layout of `like`."""
    if like.is_contiguous():
        return part.view_as(like)
    outward, inward, height, width = like.shape  # a convolution in channels_last
    return part.view(outward, height, width, inward).permute(0, 3, 1, 2)


def in_parts(sizes: Mapping[str, int], most: int) -> list[list[str]]:
    """The names in order, in lists of at most `most` numbers, or of one name that has more."""
    found: list[list[str]] = []
    room = 0
    for name, size in sizes.items():
        if size > room:
            found.append([])
            room = most
        found[-1].append(name)
        room -= size
    return found
