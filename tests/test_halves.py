"""The two halves of a batch, computed side by side."""

import pytest
import torch
from diffusers.models.unets.unet_motion_model import UNetMotionOutput
from torch import nn

from conclvd.generate.halves import run_in_halves


class Denoiser(nn.Module):
    """Something with a U-Net's signature that remembers the batches it was given."""

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.mix, self.kind, self.batches = nn.Linear(3, 3), kind, list[tuple[int, int, int]]()

    def forward(self, sample, timestep, states, scale=1.0):
        self.batches.append((len(sample), len(states), torch.get_num_threads()))
        result = self.mix(sample) * scale + timestep + states.view(len(sample), -1, 3).sum(1)
        if self.kind is UNetMotionOutput:
            return UNetMotionOutput(sample=result)
        return (result,) if self.kind is tuple else result


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def result_of(module: nn.Module, batch: int) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    sample, states = (torch.randn(n, 3, generator=draw) for n in (batch, 4 * batch))
    found = module(sample, torch.tensor(7), states=states, scale=2.0)
    if isinstance(found, torch.Tensor):
        return found
    return found[0] if isinstance(found, tuple) else found.sample


@pytest.mark.parametrize("kind", [torch.Tensor, tuple, UNetMotionOutput])
def test_halves_give_what_the_whole_gives(two_threads, kind):
    module = Denoiser(kind)
    with torch.inference_mode():
        whole = result_of(module, 4)
        run_in_halves(module)
        assert torch.allclose(result_of(module, 4), whole)
    assert module.batches == [(4, 16, 2), (2, 8, 1), (2, 8, 1)]
    assert torch.get_num_threads() == 2


def test_an_odd_batch_and_training_are_left_whole(two_threads):
    module = Denoiser(torch.Tensor)
    run_in_halves(module)
    with torch.inference_mode():
        result_of(module, 3)
    result_of(module, 4).sum().backward()
    assert [batch for batch, _, _ in module.batches] == [3, 4]
    assert module.mix.weight.grad is not None


def test_what_fails_in_a_half_is_raised(two_threads):
    module = Denoiser(torch.Tensor)
    run_in_halves(module)
    with torch.inference_mode(), pytest.raises(RuntimeError, match="shape"):
        module(torch.zeros(2, 3), 1, torch.zeros(2, 5))
