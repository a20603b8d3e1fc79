"""Warm starts from other motion modules, and motion LoRAs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor

from conclvd.errors import InvalidRequest
from conclvd.generate.pipeline import ConCLVDPipeline
from conclvd.models.attention import ABSENT, SPARSE_CAUSAL, VERSATILE, AddedSparseCausal
from conclvd.models.base import Base
from conclvd.models.motion import (
    ANIMATEDIFF,
    MotionModule,
    attach,
    attention_kinds,
    motion_transformers,
)
from conclvd.models.weights import load_motion_module, save_motion_module
from conclvd.train.loop import train
from conclvd.train.model import build_model
from conclvd.train.plan import plan
from conclvd.train.settings import read_settings
from conclvd.train.video_denoiser import learning
from conclvd.train.warm_start import PAPERS, starting_module
from test_weights import original_layout
from tiny import TEXT_WIDTH, TOKENS, tiny_motion, tiny_unet
from training_clips import square_dataset, tiny_settings

pytestmark = pytest.mark.slow

ADDED = (VERSATILE, VERSATILE, SPARSE_CAUSAL)
FRAMES = 5


def animatediff_file(folder: Path, module: MotionModule, kind: str) -> Path:
    """`module` as AnimateDiff's own file, safetensors or the pickle of the authors' release."""
    weights = original_layout(module)
    path = folder / f"mm.{kind}"
    if kind == "ckpt":
        torch.save({"state_dict": {f"module.{k}": v for k, v in weights.items()}, "step": 1}, path)
    else:
        save_file(weights, path)
    return path


@torch.no_grad()
def predict(unet: UNet2DConditionModel, module: MotionModule) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    latents = torch.randn(1, 4, FRAMES, 8, 8, generator=generator)
    text = torch.randn(FRAMES, TOKENS, TEXT_WIDTH, generator=generator)
    return attach(unet, module).eval()(latents, 10, text).sample


@pytest.fixture
def settings(base_folder: Path, tmp_path: Path):
    def make(source: object, **given: object):
        data = tmp_path / "data"
        if not data.exists():
            square_dataset(data, 2)
        source = None if source is None else str(source)
        return tiny_settings(
            base_folder, data, tmp_path / "run", motion_module_name_or_path=source, **given
        )

    return make


@pytest.mark.parametrize("kind", ["safetensors", "ckpt"])
@pytest.mark.parametrize(("positions", "middle"), [(24, False), (32, True)], ids=["v1", "v2"])
def test_with_the_attention_added_step_0_is_exactly_the_source(
    settings, tmp_path: Path, kind: str, positions: int, middle: bool
) -> None:
    """With AnimateDiff's 8 heads and 32 groups, which its files do not tell."""
    torch.manual_seed(0)
    channels = (32, 32, 64, 64)
    unet = tiny_unet(channels=channels)
    source = MotionModule(
        channels, 1, motion_max_seq_length=positions, use_motion_mid_block=middle,
        attention_kinds=ANIMATEDIFF,
    )  # fmt: skip
    for transformer in motion_transformers(source):
        torch.nn.init.normal_(transformer.proj_out.weight, std=0.2)
    started = starting_module(unet, settings(animatediff_file(tmp_path, source, kind)))
    assert attention_kinds(started) == ADDED
    assert torch.equal(predict(unet, started), predict(unet, source))
    assert not torch.equal(predict(unet, source), predict(unet, MotionModule(channels, 1)))


def test_the_added_attention_acts_once_its_output_is_not_zero(base: Base, tmp_path: Path) -> None:
    module = tiny_motion(ADDED)
    before = predict(base.unet, module)
    for transformer in motion_transformers(module):
        assert isinstance(transformer.transformer_blocks[-1], AddedSparseCausal)
        transformer.transformer_blocks[-1].to_out.weight.data.fill_(0.05)
    after = predict(base.unet, module)
    assert (after - before).abs().max() > 1e-3
    save_motion_module(module, tmp_path)
    assert torch.equal(predict(base.unet, load_motion_module(tmp_path)), after)


def test_the_added_attention_reads_the_previous_frame() -> None:
    block = AddedSparseCausal(4)
    torch.nn.init.normal_(block.to_out.weight)
    tokens = torch.randn(2, 5, 4)
    found = block(tokens)
    changed = tokens.clone()
    changed[:, 2] += 1.0  # of norm's four channels each alike: use a direction
    changed[:, 2, 0] += 1.0
    differs = (block(changed) - found).abs().amax((0, 2)) > 1e-6
    assert differs.tolist() == [False, False, True, True, False]
    first = block.to_out(block.to_v(block.norm(tokens[:, :1])))
    torch.testing.assert_close(found[:, :1], tokens[:, :1] + first)


def test_it_gets_gradients_from_the_first_step_on(base: Base, settings) -> None:
    model = build_model(
        base.unet, tiny_motion(ADDED), settings(None), noise_size=256, frozen_dtype=torch.float32
    )
    names = [name for name in learning(model) if ".transformer_blocks.1." in name]
    assert len(names) == 5 * 12  # norm, to_v and to_out in each of the twelve modules


@pytest.mark.parametrize(
    ("source", "asked", "expected"),
    [
        (ANIMATEDIFF, None, ADDED),
        (ANIMATEDIFF, [VERSATILE, SPARSE_CAUSAL], (VERSATILE, SPARSE_CAUSAL)),
        (ANIMATEDIFF, [VERSATILE, VERSATILE], ANIMATEDIFF),
        (ANIMATEDIFF, [VERSATILE, ABSENT], (VERSATILE, ABSENT)),
        ((VERSATILE, SPARSE_CAUSAL), None, (VERSATILE, SPARSE_CAUSAL)),
        (ADDED, None, ADDED),
    ],
)
def test_what_a_source_becomes(
    base: Base, settings, tmp_path: Path, source: tuple[str, ...], asked, expected
) -> None:
    module = tiny_motion(source)
    save_motion_module(module, tmp_path / "source")
    started = starting_module(base.unet, settings(tmp_path / "source", attention_kinds=asked))
    assert attention_kinds(started) == expected
    weights = started.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in module.state_dict().items())


@pytest.mark.parametrize(
    ("preset", "source", "expected"),
    [
        ("paper", ANIMATEDIFF, ADDED),
        ("ink-mini", ANIMATEDIFF, ADDED),
        ("without-clofnoise", ANIMATEDIFF, ADDED),
        ("paper", None, PAPERS),
        ("sd15-8gb", ANIMATEDIFF, ANIMATEDIFF),
        ("sd15-8gb", PAPERS, PAPERS),
    ],
)
def test_a_preset_keeps_the_attentions_of_a_source(
    base: Base, settings, tmp_path: Path, preset: str, source, expected
) -> None:
    chosen = read_settings(preset, {"train_data_dir": "clips"})
    given = {"attention_kinds": chosen.attention_kinds, "rank": chosen.rank}
    if source is not None:
        save_motion_module(tiny_motion(source), tmp_path / "source")
    origin = None if source is None else tmp_path / "source"
    lines: list[str] = []
    started = starting_module(base.unet, settings(origin, **given), lines.append)
    assert attention_kinds(started) == expected
    assert lines == []


def test_a_trained_attention_that_is_replaced_is_told(base: Base, settings, tmp_path: Path) -> None:
    save_motion_module(tiny_motion(ANIMATEDIFF), tmp_path / "source")
    asked = settings(tmp_path / "source", attention_kinds=list(PAPERS))
    lines: list[str] = []
    starting_module(base.unet, asked, lines.append)
    (line,) = lines
    assert "attention 2 of " in line
    assert "trained as versatile, becomes sparse_causal" in line
    shown = plan(asked, lambda stage, done, total: None).lines
    assert shown[[row.startswith("motion module: ") for row in shown].index(True) + 1] == line


@pytest.mark.parametrize("asked", [ANIMATEDIFF, ADDED])
def test_queries_that_never_learned_are_not_put_to_work(
    base: Base, settings, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    save_motion_module(tiny_motion(PAPERS), tmp_path / "source")
    with pytest.raises(InvalidRequest, match="sparse_causal"):
        starting_module(base.unet, settings(tmp_path / "source", attention_kinds=list(asked)))


def test_a_trained_attention_is_not_thrown_away(base: Base, settings, tmp_path: Path) -> None:
    save_motion_module(tiny_motion(ADDED), tmp_path / "source")
    asked = settings(tmp_path / "source", attention_kinds=[VERSATILE, VERSATILE])
    with pytest.raises(InvalidRequest, match="versatile"):
        starting_module(base.unet, asked)


def test_a_new_module_is_the_same_for_the_same_seed(base: Base, settings) -> None:
    one, two, other = (starting_module(base.unet, settings(None, seed=s)) for s in (1, 1, 2))
    name = "down_blocks.0.motion_modules.0.proj_in.weight"
    assert torch.equal(one.state_dict()[name], two.state_dict()[name])
    assert not torch.equal(one.state_dict()[name], other.state_dict()[name])


def test_a_pipeline_keeps_the_added_attention(base: Base, tmp_path: Path) -> None:
    module = tiny_motion(ADDED)
    for transformer in motion_transformers(module):
        transformer.transformer_blocks[-1].to_out.weight.data.fill_(0.05)
    parts = {
        "vae": base.vae,
        "text_encoder": base.text_encoder,
        "tokenizer": base.tokenizer,
        "scheduler": base.scheduler,
    }
    pipeline = ConCLVDPipeline(unet=base.unet, motion_adapter=module, **parts)
    first = attach(base.unet, module).state_dict()
    assert pipeline.unet.state_dict().keys() == first.keys()


def test_a_lora_needs_a_module(base: Base, settings) -> None:
    with pytest.raises(InvalidRequest, match="--motion-module-name-or-path"):
        starting_module(base.unet, settings(None, rank=4))


def test_a_lora_trains_alone_and_is_worked_in(base: Base, settings, base_folder: Path) -> None:
    pytest.importorskip("peft")
    source = base_folder / "motion_adapter"
    given = settings(source, rank=2, max_train_steps=2, learning_rate=0.1, use_ema=False)
    model = build_model(
        base.unet, load_motion_module(source), given, noise_size=256, frozen_dtype=torch.float32
    )
    names = set(learning(model))
    assert all("lora" in name or name.startswith("adapter.") for name in names)
    assert not any("attn2.to_q" in name for name in names)  # cannot act
    outcome = train(given)
    assert outcome.module is not None
    tuned, before = load_motion_module(outcome.module), load_motion_module(source)
    changed = {
        name
        for name, value in tuned.state_dict().items()
        if not torch.allclose(value, before.state_dict()[name], atol=2e-3)
    }
    assert changed
    assert all(name.split(".")[-2] in ("to_q", "to_k", "to_v", "0") for name in changed)
    lora = load_file(outcome.module / "pytorch_lora_weights.safetensors")
    assert all(name.startswith("unet.") and "lora" in name for name in lora)
    assert "pipeline.load_lora_weights(folder)" in (outcome.module / "README.md").read_text()

    def painted(module: Path, lora: Path | None = None) -> Tensor:
        pipeline = ConCLVDPipeline.from_pretrained(
            base_folder, motion_adapter=load_motion_module(module)
        )
        if lora is not None:
            pipeline.load_lora_weights(lora)
        latents = torch.randn(1, 4, 6, 8, 8, generator=torch.Generator().manual_seed(0))
        size = {"num_frames": 6, "height": 64, "width": 64, "num_inference_steps": 1}
        return pipeline("a boat", latents=latents, output_type="latent", **size).frames

    alone, worked_in, beside = (
        painted(source), painted(outcome.module), painted(source, outcome.module)
    )  # fmt: skip
    change = (worked_in - alone).abs().max()
    assert (beside - worked_in).abs().max() < 0.1 * change  # what is worked in is saved in fp16
