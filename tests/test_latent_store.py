"""The store of latents that the stages draw from: what is drawn belongs together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from conclvd.paint.scene.attributes import Attributes
from conclvd.pretrain.autoencoder import new_autoencoder
from conclvd.pretrain.clip_folder import ClipFolder
from conclvd.pretrain.directions import BOAT, LEFT, directions
from conclvd.pretrain.latent_store import LatentStore, emphasised, encode_frames
from conclvd.pretrain.painting import PaintedSample, PaintOrder, paint_sample
from conclvd.pretrain.sizes import TOY
from conclvd.pretrain.tokenizer import train_tokenizer
from conclvd.train.text import encode_captions

ORDER = PaintOrder(frames=3, fps=2.0, size=64, interest=True)


@pytest.fixture(scope="module")
def samples() -> list[PaintedSample]:
    return [paint_sample(10_000_000 + seed, ORDER) for seed in range(4)]


def store_of(samples: list[PaintedSample], folder: Path, capacity: int = 4) -> LatentStore:
    captions = [caption for sample in samples for caption in sample.captions]
    store = LatentStore(
        ClipFolder(folder, ORDER),
        new_autoencoder(TOY).eval(),
        train_tokenizer(captions, vocabulary=600, max_tokens=TOY.text_tokens),
        frames=3,
        capacity=capacity,
        device=torch.device("cpu"),
    )
    store.put(samples)
    return store


def test_clips_with_a_boat_that_goes_somewhere_come_more_often(
    samples: list[PaintedSample], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    still = {"elements": [], "camera": "still"}
    boat = {"elements": [{"kind": "boat", "motion": "left"}], "camera": "still"}
    mixed = [replace(s, attributes=boat if i == 2 else still) for i, s in enumerate(samples)]
    store = store_of(mixed, tmp_path)
    drawn = store.clips(2000, boats=3.0).directions[:, BOAT] == LEFT
    assert drawn.float().mean().item() == pytest.approx(3 / 6, abs=0.05)
    drawn = store.clips(2000).directions[:, BOAT] == LEFT
    assert drawn.float().mean().item() == pytest.approx(1 / 4, abs=0.05)


def test_what_is_drawn_is_of_one_clip(samples: list[PaintedSample], tmp_path: Path) -> None:
    store = store_of(samples, tmp_path)
    frames = torch.stack([torch.from_numpy(sample.frames) for sample in samples])
    latents = encode_frames(store._autoencoder, frames).bfloat16().float()
    for batch in (store.clips(20), store.pictures(20)):
        for number in range(20):
            found = batch.latents[number]
            same = (latents == found).flatten(-3).all(-1)  # [clip frame]
            clip = int(same.any(1).nonzero())
            sample = samples[clip]
            tokens = encode_captions(store._tokenizer, sample.captions)
            assert (tokens == batch.tokens[number]).all(1).any()
            assert tuple(batch.directions[number].tolist()) == directions(sample.attributes)
            assert sample.interest is not None
            assert batch.interest is not None
            wanted = torch.from_numpy(sample.interest)[same[clip]].float() / 255
            assert torch.equal(batch.interest[number].view_as(wanted), wanted)


def test_the_oldest_clips_are_replaced(samples: list[PaintedSample], tmp_path: Path) -> None:
    store = store_of(samples, tmp_path, capacity=2)
    assert (store.painted, len(store)) == (4, 2)
    kept = encode_frames(store._autoencoder, torch.from_numpy(samples[2].frames)[None])
    drawn = store.clips(40).latents
    assert len(drawn.unique(dim=0)) == 2
    assert (drawn == kept.bfloat16().float()).flatten(1).all(1).any()


def test_clips_that_do_not_tell_have_no_interest(
    samples: list[PaintedSample], tmp_path: Path
) -> None:
    silent = [replace(sample, interest=None) for sample in samples]
    assert store_of(silent, tmp_path).clips(2).interest is None


def test_what_was_not_told_weighs_no_more() -> None:
    interest = torch.zeros(2, 3, 4, 4)
    interest[:, 1, 2, 2] = 0.5
    places = emphasised(interest, 4.0, torch.tensor([[False], [True]]))
    assert places is not None
    assert places.shape == (2, 3, 1, 4, 4)
    assert places[0, 1, 0, 2, 2] == 3
    assert places.sum() == 2 * 3 * 16 + 2
    assert emphasised(interest, 0.0, torch.tensor([[False], [True]])) is None
    assert emphasised(None, 4.0, torch.tensor([[False]])) is None


def test_half_precision_weights_encode_nearly_the_same(samples: list[PaintedSample]) -> None:
    torch.manual_seed(0)
    frames = torch.stack([torch.from_numpy(sample.frames) for sample in samples])
    autoencoder = new_autoencoder(TOY).eval()
    exact = encode_frames(autoencoder, frames)
    half = encode_frames(autoencoder.to(dtype=torch.bfloat16), frames)
    assert half.dtype == torch.float32
    assert ((half - exact).norm() / exact.norm()).item() < 0.03


def test_clips_that_arrive_come_with_their_mirror_image(
    samples: list[PaintedSample], tmp_path: Path
) -> None:
    store = store_of(samples[:1], tmp_path, capacity=8)
    fresh: list[PaintedSample] = []
    store._sort(samples[0], fresh, [])
    own, mirrored = fresh
    assert own is samples[0]
    assert np.array_equal(mirrored.frames, own.frames[:, :, ::-1])
    assert own.interest is not None
    assert mirrored.interest is not None
    assert np.array_equal(mirrored.interest, own.interest[:, :, ::-1])
    seen = Attributes.from_dict(own.attributes)
    assert Attributes.from_dict(mirrored.attributes) == seen.mirrored()
    assert len(mirrored.captions) == len(own.captions)
    told = directions(own.attributes)
    assert directions(mirrored.attributes) == tuple(1 - d if d in (0, 1) else d for d in told)
    store.put(fresh)
    assert len(store) == 3
