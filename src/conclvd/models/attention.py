"""The temporal attentions of the paper, as attention processors for diffusers' `Attention`.

Both work on frame tokens [(b h w), n, c]: every spatial position is a row of the batch and the
n frames are its sequence (section 3.4.1). At 8 to 32 frames a plain batched product beats the
fused kernels, on CPU and GPU alike, and its backward pass has no limit on the size of the batch
(PyTorch's fused attention fails once pixels x clips passes 65,535).
"""

from __future__ import annotations

import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.embeddings import SinusoidalPositionalEmbedding
from torch import Tensor, nn

VERSATILE = "versatile"
SPARSE_CAUSAL = "sparse_causal"
ABSENT = "none"
ATTENTION_KINDS = (VERSATILE, SPARSE_CAUSAL, ABSENT)


def previous_frame(tokens: Tensor) -> Tensor:
    """Shift frame tokens [b n c] by one frame; frame 1, which has none before it, stays."""
    return torch.cat([tokens[:, :1], tokens[:, :-1]], dim=1)


def _project_out(attn: Attention, tokens: Tensor) -> Tensor:
    projected: Tensor = attn.to_out[0](tokens)
    return projected


class VersatileAttention:
    """Every frame attends to every frame: Eq. (6) with M = 1, Eq. (7)."""

    def __call__(self, attn: Attention, hidden_states: Tensor, **kwargs: object) -> Tensor:
        """Called by `Attention` with tokens [b n c]; returns as many."""
        batch, frames, _ = hidden_states.shape

        def heads(x: Tensor) -> Tensor:
            return x.view(batch, frames, attn.heads, -1).transpose(1, 2)

        query = heads(attn.to_q(hidden_states)) * attn.scale
        key, value = heads(attn.to_k(hidden_states)), heads(attn.to_v(hidden_states))
        weights = torch.softmax(query @ key.transpose(-1, -2), dim=-1)  # Eq. (6)
        mixed = (weights @ value).transpose(1, 2).reshape(batch, frames, -1)
        return _project_out(attn, mixed)


class SparseCausalAttention:
    """Every frame attends to the frame before it alone: Eq. (6) with Eq. (8).

    One key a query makes the softmax exactly 1, so the block is `to_out(to_v(previous frame))`
    and its query and key weights can neither act nor learn. diffusers has added the frame
    positions to the tokens by the time a processor sees them; the paper puts them on the
    versatile attention only, so they are taken off again.

    `positions` is the block's own positional embedding, asked at each call because moving a
    model to another device replaces its table.
    """

    def __init__(self, positions: SinusoidalPositionalEmbedding) -> None:
        self.positions = positions

    def __call__(self, attn: Attention, hidden_states: Tensor, **kwargs: object) -> Tensor:
        """Called by `Attention` with tokens [b n c]; returns as many."""
        positions = self.positions.pe[:, : hidden_states.shape[1]].to(hidden_states)
        value = attn.to_v(hidden_states - positions)
        return _project_out(attn, previous_frame(value))


class AbsentAttention:
    """No attention: what is added to the tokens is zero (Table 2, "without SC-Attn").

    The layout keeps its place for the weights, so that every module has AnimateDiff's names.
    """

    def __call__(self, attn: Attention, hidden_states: Tensor, **kwargs: object) -> Tensor:
        """Called by `Attention` with tokens [b n c]; returns as many zeros."""
        return torch.zeros_like(hidden_states)


class AddedSparseCausal(nn.Module):
    """Sparse-causal attention, Eq. (8), as a block of its own behind a trained motion block.

    A new one is the identity: its output projection starts at zero. It has no query and no key,
    which could not act (see `SparseCausalAttention`).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.to_v = nn.Linear(channels, channels, bias=False)
        self.to_out = nn.Linear(channels, channels)
        nn.init.zeros_(self.to_out.weight)
        nn.init.zeros_(self.to_out.bias)

    def forward(self, hidden_states: Tensor, **kwargs: object) -> Tensor:
        """Called like the transformer blocks before it, with tokens [b n c]."""
        value = self.to_v(self.norm(hidden_states))
        added: Tensor = self.to_out(previous_frame(value))
        return hidden_states + added
