"""The cache of latents and embeddings, and the samples drawn from it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from conclvd.errors import TrainingError
from conclvd.models.base import Base
from conclvd.train.cache import (
    Cache,
    encode,
    fill_latents,
    fill_text,
    open_latents,
    open_text,
)
from conclvd.train.clips import find_clips
from conclvd.train.samples import (
    Samples,
    Window,
    batches,
    draw_latents,
    generator_of,
    join,
    sample_numbers,
)
from conclvd.train.text import encode_captions
from conclvd.train.windows import read_windows
from training_clips import square_dataset, tiny_settings


@pytest.fixture
def settings(base_folder: Path, tmp_path: Path):
    data = square_dataset(tmp_path / "data", 3)
    return tiny_settings(base_folder, data, tmp_path / "out")


def silent(done: int, total: int) -> None: ...


def test_latents_are_the_autoencoders_mean_and_deviation(base: Base, settings) -> None:
    clip = find_clips(settings).clips[0]
    cache = Cache.of(base, settings)
    fill_latents(cache, [clip], base.vae, settings, silent)
    stored = open_latents(cache, clip)
    assert str(cache.latent_file(clip)) in Path("/proc/self/maps").read_text()  # not read
    assert stored.shape == (4, 2, 6, 4, 8, 8)  # 16 frames, windows of 11
    window = read_windows(clip, settings)[2]
    pixels = torch.from_numpy(window).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        found = base.vae.encode(pixels).latent_dist
    torch.testing.assert_close(torch.tensor(stored[2, 0]).float(), found.mean, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(torch.tensor(stored[2, 1]).float(), found.std, rtol=1e-3, atol=1e-3)


def test_more_files_are_mapped_than_may_be_open(base: Base, settings) -> None:
    import resource

    clip = find_clips(settings).clips[0]
    cache = Cache.of(base, settings)
    fill_latents(cache, [clip], base.vae, settings, silent)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = len(os.listdir("/proc/self/fd")) + 20
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        stored = [open_latents(cache, clip) for _ in range(most)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert all(np.array_equal(one, np.load(cache.latent_file(clip))) for one in stored)


@pytest.mark.parametrize("left", [5, 100, 300])
def test_a_file_that_is_cut_off_is_named(base: Base, settings, left: int) -> None:
    clip = find_clips(settings).clips[0]
    cache = Cache.of(base, settings)
    fill_latents(cache, [clip], base.vae, settings, silent)
    os.truncate(cache.latent_file(clip), left)
    with pytest.raises(TrainingError, match=rf"{clip.sha256}\.npy"):
        open_latents(cache, clip)


def test_what_is_there_is_not_made_again(base: Base, settings) -> None:
    clips = find_clips(settings).clips
    cache = Cache.of(base, settings)
    told: list[tuple[int, int]] = []
    fill_latents(cache, clips[:1], base.vae, settings, silent)
    before = os.stat(cache.latent_file(clips[0])).st_mtime_ns
    fill_latents(cache, clips, base.vae, settings, lambda *x: told.append(x))
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert os.stat(cache.latent_file(clips[0])).st_mtime_ns == before
    assert not list(cache.latents.glob("*.part"))


def test_other_settings_or_weights_are_another_cache(base: Base, settings) -> None:
    from dataclasses import replace

    cache = Cache.of(base, settings)
    for change in ({"resolution": 72}, {"num_frames": 5}, {"sample_stride": 1}):
        assert Cache.of(base, settings.model_copy(update=change)).latents != cache.latents
    assert Cache.of(base, settings.model_copy(update={"learning_rate": 1.0})) == cache
    other = replace(base, hashes={**base.hashes, "vae": "0"})
    assert Cache.of(other, settings).latents != cache.latents
    assert Cache.of(other, settings).text == cache.text


def test_a_clip_that_cannot_be_decoded_is_noted_once(base: Base, settings) -> None:
    from dataclasses import replace

    clip = replace(find_clips(settings).clips[0], frames=40)
    cache = Cache.of(base, settings)
    fill_latents(cache, [clip], base.vae, settings, silent)
    there, broken = cache.sort([clip])
    assert there == []
    assert "breaks off" in broken[0].reason
    told: list[tuple[int, int]] = []
    fill_latents(cache, [clip], base.vae, settings, lambda *x: told.append(x))
    assert told == []


def test_an_autoencoder_that_overflows_is_an_error(base: Base, settings) -> None:
    import copy

    vae = copy.deepcopy(base.vae)
    vae.quant_conv.weight.data.fill_(float("nan"))
    with pytest.raises(TrainingError, match="not finite"):
        encode(vae, np.zeros((1, 64, 64, 3), np.uint8))


def test_embeddings_are_the_text_encoders(base: Base, settings) -> None:
    cache = Cache.of(base, settings)
    fill_text(cache, ["a boat", "a boat", ""], base.tokenizer, base.text_encoder, silent)
    assert len(list(cache.text.iterdir())) == 2
    (stored,) = open_text(cache, base.tokenizer, ["a boat"])
    tokens = encode_captions(base.tokenizer, ["a boat"])
    with torch.no_grad():
        found = base.text_encoder(tokens).last_hidden_state[0]
    torch.testing.assert_close(torch.tensor(stored).float(), found, rtol=1e-3, atol=1e-3)


def windows(count: int) -> list[Window]:
    rng = np.random.default_rng(0)
    return [
        Window(
            np.stack([np.full((6, 4, 8, 8), i), np.full((6, 4, 8, 8), 0.5)]).astype(np.float16),
            (rng.normal(size=(3, 5)).astype(np.float16), np.full((3, 5), 9, np.float16)),
        )
        for i in range(count)
    ]


def samples(settings, count: int = 5) -> Samples:
    empty = np.zeros((3, 5), np.float16)
    return Samples(windows(count), empty, settings, diffusion_steps=1000, scaling_factor=2.0)


def test_a_sample_depends_on_its_number_alone(settings) -> None:
    first, again = samples(settings), samples(settings)
    _ = again[3], again[99]
    for name in ("latents", "noise", "steps", "states"):
        assert torch.equal(getattr(first[7], name), getattr(again[7], name))
    assert not torch.equal(first[7].noise, first[8].noise)
    other = samples(settings.model_copy(update={"seed": 1}))
    assert not torch.equal(first[7].noise, other[7].noise)


def test_every_window_comes_once_an_epoch_in_changing_order(settings) -> None:
    drawn = samples(settings)
    seen = [round(float(drawn[i].latents.mean()) / 2) for i in range(15)]
    epochs = [seen[0:5], seen[5:10], seen[10:15]]
    assert [sorted(epoch) for epoch in epochs] == [[0, 1, 2, 3, 4]] * 3
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_latents_are_drawn_anew_and_captions_dropped(settings) -> None:
    always = samples(settings.model_copy(update={"proportion_empty_prompts": 1.0}))
    assert all(torch.equal(always[i].states, torch.zeros(1, 3, 5)) for i in range(5))
    drawn = samples(settings.model_copy(update={"proportion_empty_prompts": 0.0}), 1)
    parts = [drawn[i] for i in range(40)]
    second = sum(float(part.states.max()) == 9 for part in parts)
    assert 8 < second < 32  # either caption
    assert torch.stack([part.latents for part in parts]).std() == pytest.approx(1.0, abs=0.05)
    assert {int(part.steps) // 250 for part in parts} == {0, 1, 2, 3}


def test_noise_is_independent_in_every_frame(settings) -> None:
    noise = samples(settings)[0].noise[0].flatten(1)
    unit = noise / noise.norm(dim=1, keepdim=True)
    off = unit @ unit.T - torch.eye(len(unit))
    assert off.abs().max() < 0.3


def test_batches_of_all_processes_are_the_samples_of_a_step(settings) -> None:
    spread = settings.model_copy(
        update={"train_batch_size": 2, "gradient_accumulation_steps": 3, "max_train_steps": 4}
    )
    one = settings.model_copy(update={"train_batch_size": 12, "max_train_steps": 4})
    parts = [list(sample_numbers(spread, 1, rank=rank, ranks=2)) for rank in (0, 1)]
    whole = list(sample_numbers(one, 1, rank=0, ranks=1))
    assert len(parts[0]) == 9
    for step in range(3):
        together = [n for part in parts for batch in part[3 * step : 3 * step + 3] for n in batch]
        assert sorted(together) == whole[step]


@pytest.mark.slow
def test_worker_processes_change_nothing(settings) -> None:
    given = settings.model_copy(update={"dataloader_num_workers": 1, "train_batch_size": 2})
    drawn = samples(given)
    found = list(batches(drawn, 1, rank=0, ranks=1, pin_memory=False))
    assert len(found) == 2
    assert torch.equal(found[0].noise, join([drawn[2], drawn[3]]).noise)


def test_drawing_is_mean_plus_deviation() -> None:
    window = windows(2)[1]
    noise = torch.randn((6, 4, 8, 8), generator=generator_of(0, "x"))
    assert torch.allclose(draw_latents(window, generator_of(0, "x")), 1 + 0.5 * noise)
