"""The small parts of training: clock, moving average, fidelity, tokenizer, autoencoder helpers."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from conclvd.pretrain.autoencoder import new_autoencoder, normalize_latents
from conclvd.pretrain.fidelity import psnr, ssim
from conclvd.pretrain.motion import new_motion_module
from conclvd.pretrain.sizes import INK_MINI, TOY
from conclvd.pretrain.text_encoder import new_text_encoder
from conclvd.pretrain.tokenizer import train_tokenizer
from conclvd.train.clock import learning_rate
from conclvd.train.ema import MovingAverage
from conclvd.train.log import Log
from conclvd.train.text import KnownCaptions, encode_captions
from conclvd.train.video_denoiser import freeze, learning

CAPTIONS = [
    "a boat drifts to the left",
    "a boat on the misty lake",
    "一叶扁舟向左漂去，远山含雾",
] * 4


def test_learning_rate_warms_up_stays_and_falls_to_zero():
    rate = {"warmup": 10, "decay_from": 0.5}
    assert learning_rate(1.0, 0, 0.0, **rate) == pytest.approx(0.1)
    assert learning_rate(1.0, 100, 0.4, **rate) == 1.0
    assert learning_rate(1.0, 100, 0.75, **rate) == pytest.approx(0.5)
    assert learning_rate(1.0, 100, 1.0, **rate) == 0.0


def test_moving_average_follows_and_swaps_back():
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(0.0)
    average = MovingAverage(layer.parameters(), decay=0.9)
    layer.weight.data.fill_(1.0)
    for _ in range(200):
        average.update()
    layer.weight.data.fill_(5.0)
    average.swap()
    assert layer.weight.item() == pytest.approx(1.0, abs=1e-3)
    average.swap()
    assert layer.weight.item() == 5.0


def test_psnr_of_a_known_error():
    wanted = torch.zeros(2, 3, 8, 8)
    found = wanted.clone()
    found[1] += 0.1
    assert psnr(found, wanted)[1].item() == pytest.approx(20.0, abs=1e-4)
    assert psnr(found, wanted)[0].item() == pytest.approx(100.0)


def test_ssim_is_one_for_equal_and_small_for_unrelated():
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 32, 32)
    assert ssim(picture, picture).item() == pytest.approx(1.0, abs=1e-5)
    assert ssim(picture, torch.rand(1, 3, 32, 32)).item() < 0.1
    assert ssim(picture, picture * 0.5 + 0.25).item() < 0.95


def test_tokenizer_encodes_any_text_and_keeps_words_whole():
    tokenizer = train_tokenizer(CAPTIONS, vocabulary=700, max_tokens=64)
    assert tokenizer("boat").input_ids[1:-1] == [tokenizer.get_vocab()["boat</w>"]]
    for text in ("a boat on the misty lake", "远山含雾", "zebra ☂ 龘"):
        ids = tokenizer(text).input_ids
        assert ids[0] == tokenizer.bos_token_id
        assert ids[-1] == tokenizer.eos_token_id
        assert tokenizer.eos_token_id not in ids[1:-1]
    assert len(tokenizer("远山含雾").input_ids) < 2 + 3 * 4


def test_tokenizer_survives_its_folder(tmp_path):
    from transformers import CLIPTokenizer

    tokenizer = train_tokenizer(CAPTIONS, vocabulary=700, max_tokens=64)
    tokenizer.save_pretrained(tmp_path)
    again = CLIPTokenizer.from_pretrained(tmp_path)
    assert again.model_max_length == 64
    assert again(CAPTIONS).input_ids == tokenizer(CAPTIONS).input_ids


def test_captions_become_padded_tokens_the_text_encoder_takes():
    tokenizer = train_tokenizer(CAPTIONS, vocabulary=700, max_tokens=64)
    tokens = encode_captions(tokenizer, [*CAPTIONS[:2], "boat " * 100])
    assert tokens.shape == (3, 64)
    states = new_text_encoder(TOY, tokenizer)(tokens).last_hidden_state
    assert states.shape == (3, 64, TOY.text_width)


def test_known_captions_are_encoded_as_new_ones_are():
    tokenizer = train_tokenizer(CAPTIONS, vocabulary=700, max_tokens=64)
    known = KnownCaptions(tokenizer)
    for captions in (CAPTIONS[:2], [CAPTIONS[1], "a pagoda", CAPTIONS[2], CAPTIONS[1]]):
        assert torch.equal(known.encode(captions), encode_captions(tokenizer, captions))


def test_normalized_latents_are_standard_and_decode_the_same():
    torch.manual_seed(0)
    vae = new_autoencoder(TOY).eval().requires_grad_(False)
    vae.quant_conv.weight.mul_(7.0)
    vae.quant_conv.bias.add_(3.0)
    pictures = torch.rand(6, 3, 64, 64) * 2 - 1
    before = vae.encode(pictures).latent_dist
    decoded = vae.decode(before.mean).sample
    normalize_latents(vae, pictures)
    after = vae.encode(pictures).latent_dist
    assert after.mean.mean((0, 2, 3)).abs().max() < 1e-3
    assert (after.mean.std((0, 2, 3)) - 1).abs().max() < 1e-3
    assert torch.allclose(vae.decode(after.mean).sample, decoded, atol=1e-3)
    ratio = before.std / before.mean.std((0, 2, 3), keepdim=True)
    assert torch.allclose(after.std, ratio, rtol=1e-2)


def test_sparse_causal_queries_and_keys_are_not_trained():
    from conclvd.models.motion import attach
    from conclvd.pretrain.base import new_unet

    kinds = ("versatile", "sparse_causal")
    unet = attach(new_unet(TOY), new_motion_module(TOY, kinds))
    freeze(unet, kinds)
    names = set(learning(unet))
    assert names
    assert all("motion_modules." in name for name in names)
    assert not [n for n in names if "attn2.to_q" in n or "attn2.to_k" in n]
    freeze(unet, ("versatile", "versatile"))
    assert len(learning(unet)) == len(names) + 2 * 12


def test_run_log_is_json_lines_and_silent_on_other_ranks(tmp_path):
    screen = io.StringIO()
    log = Log(tmp_path / "toy.jsonl", shown_as="toy", stream=screen)
    log.write(step=1, loss=0.12345678)
    Log(tmp_path / "other.jsonl", main=False, shown_as="other", stream=screen).write(step=2)
    row = json.loads((tmp_path / "toy.jsonl").read_text())
    assert row["loss"] == 0.123457
    assert not (tmp_path / "other.jsonl").exists()
    assert screen.getvalue().startswith("toy {")


def test_sizes_fit_their_groups_and_heads():
    for sizes in (INK_MINI, TOY, replace(TOY, picture=128)):
        assert all(width % sizes.unet_groups == 0 for width in sizes.unet)
        assert all(w % sizes.autoencoder_groups == 0 for w in sizes.autoencoder)
        assert all(w % h == 0 for w, h in zip(sizes.unet, sizes.unet_heads, strict=True))
        assert np.mod(sizes.judge_picture, sizes.judge_patch) == 0
