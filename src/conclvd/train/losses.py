"""The training losses, as pure functions (section 3.4.2; docs/method.md sections 3 and 4)."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

TEMPERATURE = 0.07  # tau of Eq. (10)
NEGATIVE_DISTANCE = 4  # m of Eq. (10): frames further away than this are negatives
LAMBDA_DIFF = 1.0  # Eq. (13)
LAMBDA_CON = 0.07  # Eq. (13)


def add_noise(
    clean: Float[Tensor, b * shape],
    noise: Float[Tensor, b * shape],
    alphas_cumprod: Float[Tensor, b],
) -> Float[Tensor, b * shape]:
    """z_t = sqrt(alpha_t) z_0 + sqrt(1 - alpha_t) eps, Eq. (2); one alpha a sample."""
    alpha = alphas_cumprod.view(-1, *[1] * (clean.ndim - 1))
    return alpha.sqrt() * clean + (1 - alpha).sqrt() * noise


def min_snr_weights(alphas_cumprod: Float[Tensor, b], gamma: float = 5.0) -> Float[Tensor, b]:
    """Loss weights min(SNR, gamma) / SNR for noise prediction (Hang et al. 2023)."""
    snr = alphas_cumprod / (1 - alphas_cumprod)
    return snr.clamp(max=gamma) / snr


def velocity_weights(alphas_cumprod: Float[Tensor, b]) -> Float[Tensor, b]:
    """Loss weights 1 / alpha, which make an error of the noise one of v (Salimans & Ho 2022).

    v = sqrt(alpha) eps - sqrt(1 - alpha) z_0. Close to pure noise an error of the noise is small
    and ruins the picture all the same: at t = T one of 0.03 moves the colours by 0.75 deviations.
    """
    return 1 / alphas_cumprod


def diffusion_loss(
    predicted: Float[Tensor, b * shape],
    noise: Float[Tensor, b * shape],
    weights: Float[Tensor, b] | None = None,
) -> Float[Tensor, ""]:
    """Mean squared error of the predicted noise, Eq. (12); optionally weighted by sample."""
    error = (predicted.float() - noise.float()).square().flatten(1).mean(1)
    return (error if weights is None else error * weights).mean()


def frame_similarities(embedded: Float[Tensor, "b n e"]) -> Float[Tensor, "b n n"]:
    """r(i, j), the cosine of the embedded noise of frames i and j of a clip, Eq. (9)."""
    unit = functional.normalize(embedded.float(), dim=-1)
    return unit @ unit.transpose(1, 2)


def contrastive_logits(
    embedded: Float[Tensor, "b n e"],
    temperature: float = TEMPERATURE,
    distance: int = NEGATIVE_DISTANCE,
) -> Float[Tensor, "b n-1 n+1"]:
    """For each anchor frame i < N: r(i, i+1) / tau first, then r(i, k) / tau of every frame k.

    Frames that are no negatives (|k - i| <= m) are at minus infinity.
    """
    similarity = frame_similarities(embedded) / temperature
    frames = torch.arange(similarity.shape[-1], device=similarity.device)
    is_negative = (frames[None, :] - frames[:-1, None]).abs() > distance
    negatives = similarity[:, :-1].masked_fill(~is_negative, -torch.inf)
    positives = similarity.diagonal(offset=1, dim1=1, dim2=2)
    return torch.cat([positives[..., None], negatives], dim=-1)


def contrastive_loss(
    embedded: Float[Tensor, "b n e"],
    temperature: float = TEMPERATURE,
    distance: int = NEGATIVE_DISTANCE,
) -> Float[Tensor, ""]:
    """L_con, Eqs. (10) and (11): the next frame against all frames further than `distance`.

    An anchor without a negative contributes exactly 0 and is counted in the mean.
    """
    logits = contrastive_logits(embedded, temperature, distance)
    return (torch.logsumexp(logits, dim=-1) - logits[..., 0]).mean()


def contrastive_accuracy(
    embedded: Float[Tensor, "b n e"], distance: int = NEGATIVE_DISTANCE
) -> Float[Tensor, ""]:
    """How often the next frame beats all negatives, over the anchors that have any (NaN if none).

    Nothing in it waits for the device.
    """
    logits = contrastive_logits(embedded, 1.0, distance)
    hardest = logits[..., 1:].amax(dim=-1)
    has_negative = hardest > -torch.inf
    return ((logits[..., 0] > hardest) & has_negative).sum() / has_negative.sum()


@torch.no_grad()
def frame_errors(
    predicted: Float[Tensor, "b n c h w"], noise: Float[Tensor, "b n c h w"]
) -> Float[Tensor, "n c"]:
    """The mean error of each frame's channels, less that of all frames: what depends on the place
    in the clip alone."""
    error = (predicted.float() - noise.float()).mean(dim=(0, 3, 4))
    return error - error.mean(dim=0)


def frame_offset(errors: Float[Tensor, "*n"]) -> Float[Tensor, ""]:
    """The root mean square of `frame_errors`, 0 if nothing depends on the place in the clip alone.

    L_con rewards such an offset, for it tells far frames apart; in the picture it is a colour that
    changes through the clip: at t = T an error of 0.03 is 0.75 deviations of the latents.
    """
    return errors.square().mean().sqrt()


def caption_contrast_loss(
    similarities: Float[Tensor, "b b"],
) -> Float[Tensor, ""]:
    """CLIP's symmetric loss over a batch of scaled image-text cosines (Radford et al. 2021)."""
    pairs: Int[Tensor, b] = torch.arange(len(similarities), device=similarities.device)
    rows = functional.cross_entropy(similarities, pairs)
    columns = functional.cross_entropy(similarities.t(), pairs)
    return (rows + columns) / 2
