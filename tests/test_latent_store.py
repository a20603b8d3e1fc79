"""Clips encoded into the store: each with its own captions, in any number format."""

import numpy as np
import pytest
import torch

from conclvd.train.autoencoder import new_autoencoder
from conclvd.train.clip_folder import ClipFolder
from conclvd.train.latent_store import LatentStore, encode_frames
from conclvd.train.painting import PaintedSample, PaintOrder
from conclvd.train.sizes import TOY
from conclvd.train.text import encode_captions
from conclvd.train.tokenizer import train_tokenizer

CAPTIONS = [("a boat", "水墨"), ("a pagoda in mist", "一叶扁舟"), ("geese", "远山含雾")]


def samples() -> list[PaintedSample]:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (len(CAPTIONS), 2, 64, 64, 3), dtype=np.uint8)
    spots = rng.integers(0, 256, (len(CAPTIONS), 2, 8, 8), dtype=np.uint8)
    return [
        PaintedSample(i, frames[i], captions, {}, interest=spots[i])
        for i, captions in enumerate(CAPTIONS)
    ]


@pytest.fixture(scope="module")
def autoencoder():
    torch.manual_seed(0)
    return new_autoencoder(TOY).eval().requires_grad_(False)


def test_pictures_come_with_their_own_captions_and_places(tmp_path, autoencoder):
    tokenizer = train_tokenizer(
        [caption for both in CAPTIONS for caption in both], vocabulary=700, max_tokens=64
    )
    order = PaintOrder(frames=2, fps=2.0, size=64)
    store = LatentStore(
        ClipFolder(tmp_path, order), autoencoder, tokenizer,
        frames=2, capacity=2, device=torch.device("cpu"),
    )  # fmt: skip
    painted = samples()
    store.put(painted)  # the third takes the place of the first
    assert (store.painted, len(store)) == (3, 2)
    latents, tokens, spots = store.pictures(50)
    assert spots is not None
    for latent, token, spot in zip(latents, tokens, spots, strict=True):
        fits = []
        for sample in painted[1:]:
            encoded = encode_frames(autoencoder, torch.from_numpy(sample.frames)[None])[0]
            near = [torch.allclose(latent, each, rtol=0.02, atol=0.02) for each in encoded]
            told = (encode_captions(tokenizer, sample.captions) == token).all(1).any()
            assert sample.interest is not None
            seen = [np.allclose(spot, each / 255, atol=1e-6) for each in sample.interest]
            fits.append(near == seen and any(near) and bool(told))
        assert sum(fits) == 1


def test_half_precision_weights_encode_nearly_the_same(autoencoder):
    frames = torch.stack([torch.from_numpy(sample.frames) for sample in samples()])
    exact = encode_frames(autoencoder, frames)
    again = new_autoencoder(TOY)
    again.load_state_dict(autoencoder.state_dict())
    half = encode_frames(again.to(torch.bfloat16), frames)
    assert half.dtype == torch.float32
    assert ((half - exact).norm() / exact.norm()).item() < 0.03
