import math

import pytest
import torch

from conclvd.models.noise_adapter import NoiseAdapter
from conclvd.train.losses import (
    add_noise,
    caption_contrast_loss,
    contrastive_accuracy,
    contrastive_loss,
    diffusion_loss,
    frame_errors,
    frame_offset,
    frame_similarities,
    min_snr_weights,
    velocity_weights,
)


def reference_contrastive_loss(embedded, temperature=0.07, distance=4):
    """Eqs. (9) to (11) written out, term by term."""
    total, anchors = 0.0, 0
    for clip in embedded.double():
        unit = clip / clip.norm(dim=1, keepdim=True)
        frames = len(unit)
        for i in range(frames - 1):
            positive = math.exp(float(unit[i] @ unit[i + 1]) / temperature)
            negatives = sum(
                math.exp(float(unit[i] @ unit[k]) / temperature)
                for k in range(frames)
                if abs(k - i) > distance
            )
            total -= math.log(positive / (positive + negatives))
            anchors += 1
    return total / anchors


@pytest.mark.parametrize("frames", [2, 5, 6, 8, 16])
def test_contrastive_loss_is_eq_10_and_11(frames):
    embedded = torch.randn(3, frames, 12, generator=torch.Generator().manual_seed(frames))
    assert float(contrastive_loss(embedded)) == pytest.approx(
        reference_contrastive_loss(embedded), rel=1e-4, abs=1e-6
    )


def test_clip_without_negatives_costs_exactly_nothing():
    embedded = torch.randn(2, 5, 7, requires_grad=True)
    loss = contrastive_loss(embedded)
    loss.backward()
    assert loss == 0
    assert torch.count_nonzero(embedded.grad) == 0


def test_only_anchors_4_and_5_of_8_frames_have_no_negative():
    embedded = torch.randn(1, 8, 7)
    free = [i + 1 for i in range(7) if not any(abs(k - i) > 4 for k in range(8))]
    assert free == [4, 5]
    assert contrastive_loss(embedded) > 0


def test_frame_order_matters_and_channel_order_does_not():
    torch.manual_seed(0)
    adapter = NoiseAdapter(4 * 3 * 3, 16, 8)
    noise = torch.randn(2, 8, 4, 3, 3)
    loss = contrastive_loss(adapter(noise))
    shuffled = noise[:, torch.randperm(8, generator=torch.Generator().manual_seed(1))]
    assert not torch.isclose(loss, contrastive_loss(adapter(shuffled)))
    order = torch.tensor([2, 0, 3, 1])
    moved = NoiseAdapter(4 * 3 * 3, 16, 8)
    moved.load_state_dict(adapter.state_dict())
    first = adapter.layers[0].weight.detach().view(16, 4, 9)
    moved.layers[0].weight.data = first[:, order].reshape(16, 36)
    assert torch.allclose(loss, contrastive_loss(moved(noise[:, :, order])), atol=1e-6)


def test_batch_is_the_mean_over_clips():
    embedded = torch.randn(3, 8, 5)
    alone = torch.stack([contrastive_loss(clip[None]) for clip in embedded]).mean()
    assert torch.allclose(contrastive_loss(embedded), alone)


def test_accuracy_counts_anchors_with_negatives_only():
    line = torch.eye(8)[None]  # all cosines 0: the next frame never beats a negative
    assert contrastive_accuracy(line) == 0
    angles = torch.arange(8) * 0.2
    turning = torch.stack([angles.cos(), angles.sin()], dim=-1)[None]
    assert contrastive_accuracy(turning) == 1


def test_similarities_are_cosines():
    embedded = torch.randn(1, 4, 6)
    similarity = frame_similarities(embedded)
    assert torch.allclose(similarity.diagonal(dim1=1, dim2=2), torch.ones(1, 4), atol=1e-6)
    wanted = torch.cosine_similarity(embedded[0, 1], embedded[0, 3], dim=0)
    assert torch.allclose(similarity[0, 1, 3], wanted, atol=1e-6)


def test_add_noise_is_eq_2():
    clean, noise = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    noisy = add_noise(clean, noise, torch.tensor([1.0, 0.25]))
    assert torch.equal(noisy[0], clean[0])
    assert torch.allclose(noisy[1], 0.5 * clean[1] + 0.75**0.5 * noise[1])


def test_diffusion_loss_weights_samples():
    noise = torch.zeros(2, 3)
    predicted = torch.tensor([[1.0, 1, 1], [2, 2, 2]])
    assert diffusion_loss(predicted, noise) == 2.5
    assert diffusion_loss(predicted, noise, torch.tensor([1.0, 0.0])) == 0.5


def test_min_snr_weights_limit_the_easy_steps():
    alphas = torch.tensor([0.5, 0.99])  # signal to noise 1 and 99
    assert torch.allclose(min_snr_weights(alphas), torch.tensor([1.0, 5 / 99]))


def test_velocity_weights_make_the_loss_that_of_v():
    torch.manual_seed(0)
    clean, noise, predicted = torch.randn(3, 2, 3, 4, 4)
    alphas = torch.tensor([0.9, 0.1])
    a = alphas.view(2, 1, 1, 1)
    noisy = add_noise(clean, noise, alphas)
    v = a.sqrt() * noise - (1 - a).sqrt() * clean
    found_clean = (noisy - (1 - a).sqrt() * predicted) / a.sqrt()
    found = a.sqrt() * predicted - (1 - a).sqrt() * found_clean
    wanted = diffusion_loss(found, v)
    assert torch.allclose(diffusion_loss(predicted, noise, velocity_weights(alphas)), wanted)


def test_caption_contrast_prefers_the_right_pairs():
    right = caption_contrast_loss(10 * torch.eye(6))
    wrong = caption_contrast_loss(10 * torch.eye(6).roll(1, 0))
    assert right < 0.01 < wrong
    assert caption_contrast_loss(torch.zeros(6, 6)) == pytest.approx(math.log(6))


def test_frame_offset_is_what_depends_on_the_place_in_the_clip_alone():
    def offset(predicted, noise):
        return frame_offset(frame_errors(predicted, noise))

    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(2, 4, 3, 8, 8, generator=generator)
    assert offset(noise + 0.3, noise) == pytest.approx(0, abs=1e-6)  # the same in all frames
    signs = torch.tensor([1.0, 1.0, -1.0, -1.0]).view(1, 4, 1, 1, 1)
    assert offset(noise + 0.05 * signs, noise) == pytest.approx(0.05, rel=1e-4)
    each_clip_its_own = torch.cat([noise[:1] + 0.05 * signs, noise[1:] - 0.05 * signs])
    assert offset(each_clip_its_own, noise) == pytest.approx(0, abs=1e-6)
