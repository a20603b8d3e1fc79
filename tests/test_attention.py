"""The two temporal attentions against a plain masked softmax, Eq. (6) to (8)."""

from __future__ import annotations

import pytest
import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.embeddings import SinusoidalPositionalEmbedding
from torch import Tensor

from conclvd.generate.cpu import PixelwiseVersatileAttention
from conclvd.models.attention import SparseCausalAttention, VersatileAttention, previous_frame

PIXELS, FRAMES, WIDTH, HEADS = 5, 6, 16, 4


def masked_softmax(attention: Attention, tokens: Tensor, mask: Tensor) -> Tensor:
    """Eq. (6), Softmax(QK/sqrt(d))V, where `mask` [n n] says which key a query may see."""

    def heads(values: Tensor) -> Tensor:
        return values.unflatten(-1, (HEADS, -1)).transpose(1, 2)

    query = heads(attention.to_q(tokens))
    key, value = heads(attention.to_k(tokens)), heads(attention.to_v(tokens))
    scores = query @ key.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5
    weights = scores.masked_fill(~mask, float("-inf")).softmax(-1)
    return attention.to_out[0]((weights @ value).transpose(1, 2).flatten(2))


def sparse_causal_mask() -> Tensor:
    """Eq. (8): j = i - 1, and the empty first row sees itself."""
    mask = torch.zeros(FRAMES, FRAMES, dtype=torch.bool)
    mask[0, 0] = True
    mask[range(1, FRAMES), range(FRAMES - 1)] = True
    return mask


@pytest.fixture
def attention() -> Attention:
    torch.manual_seed(0)
    return Attention(WIDTH, heads=HEADS, dim_head=WIDTH // HEADS)


@pytest.fixture
def tokens() -> Tensor:
    return torch.randn(PIXELS, FRAMES, WIDTH, generator=torch.Generator().manual_seed(1))


def test_versatile_is_an_unmasked_softmax(attention: Attention, tokens: Tensor) -> None:
    everything = torch.ones(FRAMES, FRAMES, dtype=torch.bool)
    expected = masked_softmax(attention, tokens, everything)
    torch.testing.assert_close(VersatileAttention()(attention, tokens), expected)


@pytest.mark.parametrize("pixels", [1, 512, 600])
def test_versatile_along_the_pixels_is_the_same(attention: Attention, pixels: int) -> None:
    tokens = torch.randn(pixels, FRAMES, WIDTH, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        found = PixelwiseVersatileAttention()(attention, tokens)
        torch.testing.assert_close(found, VersatileAttention()(attention, tokens))


def test_sparse_causal_short_cut_is_the_masked_softmax(
    attention: Attention, tokens: Tensor
) -> None:
    positions = SinusoidalPositionalEmbedding(WIDTH, FRAMES)
    expected = masked_softmax(attention, tokens, sparse_causal_mask())
    # What a processor is handed has the positions added, and Eq. (8) is without them.
    short_cut = SparseCausalAttention(positions)(attention, positions(tokens))
    torch.testing.assert_close(short_cut, expected)


def test_the_masked_softmax_differs_without_the_mask(attention: Attention, tokens: Tensor) -> None:
    """Else the comparison above could not fail."""
    everything = torch.ones(FRAMES, FRAMES, dtype=torch.bool)
    masked = masked_softmax(attention, tokens, sparse_causal_mask())
    assert not torch.allclose(masked, masked_softmax(attention, tokens, everything), atol=1e-3)


@pytest.mark.parametrize("frame", range(FRAMES))
def test_a_frame_acts_on_the_next_alone(attention: Attention, tokens: Tensor, frame: int) -> None:
    processor = SparseCausalAttention(SinusoidalPositionalEmbedding(WIDTH, FRAMES))
    changed = tokens.clone()
    changed[:, frame] += 1
    difference = processor(attention, changed) - processor(attention, tokens)
    acted = {index for index in range(FRAMES) if difference[:, index].abs().max() > 1e-4}
    assert acted == ({0, 1} if frame == 0 else {frame + 1} & set(range(FRAMES)))


def test_queries_and_keys_of_sparse_causal_get_no_gradient(
    attention: Attention, tokens: Tensor
) -> None:
    processor = SparseCausalAttention(SinusoidalPositionalEmbedding(WIDTH, FRAMES))
    processor(attention, tokens).square().sum().backward()
    assert attention.to_q.weight.grad is None
    assert attention.to_k.weight.grad is None
    assert attention.to_v.weight.grad is not None
    assert attention.to_v.weight.grad.abs().sum() > 0


def test_previous_frame_keeps_the_first() -> None:
    frames = torch.arange(4.0)[None, :, None]
    assert previous_frame(frames).flatten().tolist() == [0, 0, 1, 2]
