"""The store of latents that the stages draw from: what is drawn belongs together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from conclvd.paint.scene.attributes import Attributes
from conclvd.pretrain.autoencoder import new_autoencoder
from conclvd.pretrain.clip_folder import ClipFolder, write_clip
from conclvd.pretrain.directions import BOAT, LEFT, directions
from conclvd.pretrain.latent_store import LatentIntake, LatentStore, encode_frames
from conclvd.pretrain.painting import PaintedSample, PaintOrder, mirror_image, paint_sample
from conclvd.pretrain.sizes import TOY
from conclvd.pretrain.tokenizer import train_tokenizer
from conclvd.train.text import encode_captions

ORDER = PaintOrder(frames=3, fps=2.0, sizes=((64, 64),))


@pytest.fixture(scope="module")
def samples() -> list[PaintedSample]:
    return [paint_sample(10_000_000 + seed, ORDER) for seed in range(4)]


def store_of(samples: list[PaintedSample], capacity: int = 4) -> LatentStore:
    captions = [caption for sample in samples for caption in sample.captions] or ["a boat"] * 4
    store = LatentStore(
        new_autoencoder(TOY).eval(),
        train_tokenizer(captions, vocabulary=600, max_tokens=TOY.text_tokens),
        frames=3,
        capacity=capacity,
        device=torch.device("cpu"),
    )
    store.put(samples)
    return store


def test_clips_with_a_boat_that_goes_somewhere_come_more_often(
    samples: list[PaintedSample],
) -> None:
    torch.manual_seed(0)
    still = {"elements": [], "camera": "still"}
    boat = {"elements": [{"kind": "boat", "motion": "left"}], "camera": "still"}
    mixed = [replace(s, attributes=boat if i == 2 else still) for i, s in enumerate(samples)]
    store = store_of(mixed)
    drawn = store.clips(2000, boats=3.0).directions[:, BOAT] == LEFT
    assert drawn.float().mean().item() == pytest.approx(3 / 6, abs=0.05)
    drawn = store.clips(2000).directions[:, BOAT] == LEFT
    assert drawn.float().mean().item() == pytest.approx(1 / 4, abs=0.05)


def test_what_is_drawn_is_of_one_clip(samples: list[PaintedSample]) -> None:
    store = store_of(samples)
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


def test_the_oldest_clips_are_replaced(samples: list[PaintedSample]) -> None:
    store = store_of(samples, capacity=2)
    assert (store.painted, len(store)) == (4, 2)
    kept = encode_frames(store._autoencoder, torch.from_numpy(samples[2].frames)[None])
    drawn = store.clips(40).latents
    assert len(drawn.unique(dim=0)) == 2
    assert (drawn == kept.bfloat16().float()).flatten(1).all(1).any()


def test_half_precision_weights_encode_nearly_the_same(samples: list[PaintedSample]) -> None:
    torch.manual_seed(0)
    frames = torch.stack([torch.from_numpy(sample.frames) for sample in samples])
    autoencoder = new_autoencoder(TOY).eval()
    exact = encode_frames(autoencoder, frames)
    half = encode_frames(autoencoder.to(dtype=torch.bfloat16), frames)
    assert half.dtype == torch.float32
    assert ((half - exact).norm() / exact.norm()).item() < 0.03


def test_clips_that_arrive_come_with_their_mirror_image(samples: list[PaintedSample]) -> None:
    own, mirrored = samples[0], mirror_image(samples[0])
    assert np.array_equal(mirrored.frames, own.frames[:, :, ::-1])
    seen = Attributes.from_dict(own.attributes)
    assert Attributes.from_dict(mirrored.attributes) == seen.mirrored()
    assert len(mirrored.captions) == len(own.captions)
    told = directions(own.attributes)
    assert directions(mirrored.attributes) == tuple(1 - d if d in (0, 1) else d for d in told)


def test_clips_go_to_the_store_of_their_size(samples: list[PaintedSample], tmp_path: Path) -> None:
    wide = replace(ORDER, sizes=((96, 64),))
    others = [paint_sample(10_000_004 + seed, wide) for seed in range(2)]
    for sample in (*samples, *others, paint_sample(10_000_009, replace(ORDER, sizes=((64, 96),)))):
        write_clip(tmp_path, sample)
    order = replace(ORDER, sizes=((64, 64), (96, 64)))
    squares, wides = store_of([], capacity=20), store_of([], capacity=20)
    with ClipFolder(tmp_path, order) as folder:  # which passes the tall one over
        intake = LatentIntake(folder, lambda s: squares if s.size == (64, 64) else wides)
        intake.refresh(at_least=2 * len([*samples, *others]))
    assert (len(squares), len(wides), intake.painted) == (8, 4, 12)
    assert squares.pictures(3).latents.shape == (3, 8, 8, 8)
    assert wides.pictures(3).latents.shape == (3, 8, 8, 12)
