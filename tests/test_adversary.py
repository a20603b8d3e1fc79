"""The adversary of the autoencoder, and how much of the strokes is left."""

import pytest
import torch
from torch.nn import functional

from conclvd.pretrain.adversary import Adversary, balanced, fooling_loss, telling_loss
from conclvd.pretrain.fidelity import gradient_ratio


def test_logits_of_both_scales_cover_the_picture():
    full, half = Adversary(8)(torch.zeros(2, 3, 64, 64))
    assert full.shape == (2, 1, 7, 7)
    assert half.shape == (2, 1, 3, 3)


def test_it_learns_to_tell_sharp_from_blurred():
    torch.manual_seed(0)
    adversary = Adversary(8)
    optimizer = torch.optim.Adam(adversary.parameters(), 2e-3)
    for _ in range(60):
        sharp = torch.rand(4, 3, 32, 32)
        both = torch.cat([sharp, functional.avg_pool2d(sharp, 3, 1, 1)])
        loss = telling_loss(adversary(both))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 1  # 2 for who cannot tell
    sharp = torch.rand(4, 3, 32, 32)
    blurred = functional.avg_pool2d(sharp, 3, 1, 1)
    assert fooling_loss(adversary(sharp)) < fooling_loss(adversary(blurred))


def test_losses_of_known_logits():
    judged = [torch.tensor([2.0, 0.5, -3.0, 0.0]).view(4, 1, 1, 1)]  # two painted, two decoded
    assert telling_loss(judged).item() == pytest.approx((0 + 0.5) / 2 + (0 + 1) / 2)
    assert fooling_loss([judged[0][2:]]).item() == 1.5


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_the_adversary_has_its_share_however_sure_it_is(size):
    near, fooled = torch.randn(2, 1, 3, 8, 8)
    added = balanced(near, size * fooled, 0.5) - near
    assert (added.norm() / near.norm()).item() == pytest.approx(0.5, rel=1e-3)
    assert torch.equal(balanced(near, torch.zeros_like(near), 0.5), near)


def test_blurred_strokes_have_lost_their_gradients():
    torch.manual_seed(0)
    wanted = (torch.rand(2, 3, 64, 64) > 0.9).float()
    blurred = functional.avg_pool2d(wanted, 5, 1, 2)
    found = [gradient_ratio(blurred, wanted, pixels).mean() for pixels in (1, 2, 4)]
    assert found[0] < found[1] < found[2] < 1
    assert gradient_ratio(wanted, wanted, 2).tolist() == [1, 1]
    assert gradient_ratio(wanted / 2, wanted, 1) == pytest.approx(torch.full((2,), 0.5))
