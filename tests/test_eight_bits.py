"""Weights in 8 bits: small, near, and whole again."""

import json

import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file

from conclvd.errors import ModelError
from conclvd.models import eight_bits
from conclvd.models.eight_bits import SCALE, pack, pack_folder, unpack, unpack_folder
from conclvd.pretrain.autoencoder import new_autoencoder
from conclvd.pretrain.saving import save_part
from conclvd.pretrain.sizes import TOY
from naming import named


def test_a_weight_is_off_by_half_a_step_of_its_row_at_most():
    torch.manual_seed(0)
    weight = torch.randn(64, 8, 3, 3) * torch.logspace(-6, 3, 64).view(-1, 1, 1, 1)
    packed = pack({"w": weight})
    assert packed["w"].dtype == torch.int8
    assert packed["w"].shape == weight.shape
    assert packed["w"].flatten(1).abs().amax(1).tolist() == [127] * 64
    (found,) = unpack(packed, torch.float32).values()
    step = weight.flatten(1).abs().amax(1) / 127
    assert ((found - weight).flatten(1).abs().amax(1) <= 0.501 * step).all()


def test_rows_of_nothing_stay_nothing_and_small_weights_stay_exact():
    weights = {
        "rows": torch.zeros(64, 64),
        "bias": torch.randn(5000),
        "few": torch.randn(3, 3),
        "ids": torch.arange(4),
    }
    again = unpack(pack(weights), torch.float32)
    assert list(again) == list(weights)
    for name, weight in weights.items():
        assert torch.equal(again[name], weight)


def test_a_lost_scale_is_named():
    packed = pack({"w": torch.randn(64, 64)})
    del packed["w" + SCALE]
    with pytest.raises(ModelError, match=named("w scale")):
        unpack(packed)


def test_a_packed_model_is_an_ordinary_one_again(tmp_path, monkeypatch):
    monkeypatch.setattr(eight_bits, "SHARD_BYTES", 30_000)
    monkeypatch.setattr(eight_bits, "FEWEST", 100)
    torch.manual_seed(0)
    vae = new_autoencoder(TOY)
    save_part(vae, tmp_path / "model" / "vae")
    (tmp_path / "model" / "model_index.json").write_text("{}")
    pack_folder(tmp_path / "model", tmp_path / "packed")
    stored = list((tmp_path / "packed" / "vae").glob("*.safetensors"))
    assert len(stored) > 1
    assert {t.dtype for f in stored for t in load_file(f).values()} == {torch.int8, torch.float32}
    unpack_folder(tmp_path / "packed", tmp_path / "again")
    assert json.loads((tmp_path / "again" / "model_index.json").read_text()) == {}
    again = AutoencoderKL.from_pretrained(tmp_path / "again" / "vae").eval()
    pictures = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        found, wanted = (each.decode(each.encode(pictures).latent_dist.mean).sample
                         for each in (again, vae.eval()))  # fmt: skip
    assert ((found - wanted).norm() / wanted.norm()).item() == pytest.approx(0, abs=0.1)
    files = [f for f in (tmp_path / "packed").rglob("*") if f.is_file()]
    before = [f for f in (tmp_path / "model").rglob("*") if f.is_file()]
    assert sum(f.stat().st_size for f in files) < 0.75 * sum(f.stat().st_size for f in before)
