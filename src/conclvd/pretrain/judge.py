"""Training the judge: a small CLIP on painted frames and their captions, English and Chinese.

Its text tower starts ink-mini's text encoder, its image tower judges generated pictures offline.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

from conclvd.pretrain.frame_store import FrameStore, random_crop
from conclvd.pretrain.painting import PaintOrder
from conclvd.pretrain.saving import save_part
from conclvd.pretrain.sizes import ModelSizes
from conclvd.pretrain.stage import Stage, StageRun
from conclvd.pretrain.text_encoder import text_config
from conclvd.train.ema import MovingAverage
from conclvd.train.losses import caption_contrast_loss
from conclvd.train.text import KnownCaptions


@dataclass(frozen=True, kw_only=True)
class JudgeRun(StageRun):
    """Settings of a run; `tokenizer` is the folder of a trained tokenizer, `weights` holds a
    `judge` to go on from."""

    sizes: ModelSizes
    tokenizer: Path
    batch: int = 384
    peak_rate: float = 8e-4
    capacity: int = 40_000
    first_clips: int = 300
    frames: int = 3
    compile: bool = True


def new_judge(sizes: ModelSizes, tokenizer: CLIPTokenizer) -> CLIPModel:
    """An untrained CLIP of ink-mini's sizes; pictures enter at `sizes.judge_picture` pixels."""
    text = text_config(sizes, tokenizer).to_dict()
    vision = {
        "hidden_size": sizes.judge_width,
        "intermediate_size": 4 * sizes.judge_width,
        "num_hidden_layers": sizes.judge_layers,
        "num_attention_heads": sizes.judge_heads,
        "image_size": sizes.judge_picture,
        "patch_size": sizes.judge_patch,
        "projection_dim": sizes.judge_width,
    }
    return CLIPModel(
        CLIPConfig(text_config=text, vision_config=vision, projection_dim=sizes.judge_width)
    )


class Similarity(nn.Module):
    """Scaled cosines between a batch of frames and their captions."""

    def __init__(self, judge: CLIPModel) -> None:
        super().__init__()
        self.judge = judge

    def forward(
        self, pictures: Float[Tensor, "b 3 h w"], tokens: Int[Tensor, "b l"]
    ) -> Float[Tensor, "b b"]:
        """Logits; rows are pictures. Pictures are resized to the judge's input."""
        side = self.judge.config.vision_config.image_size
        pictures = functional.interpolate(pictures, size=(side, side), mode="area")
        seen = self.judge(input_ids=tokens, pixel_values=pictures)
        logits: Tensor = seen.logits_per_image.float()
        return logits


def train_judge(run: JudgeRun) -> dict[str, float]:
    """Train until the time is spent and write `out/judge`; returns the last loss and accuracy."""
    random.seed(0)
    stage = Stage("judge", run)
    tokenizer = CLIPTokenizer.from_pretrained(run.tokenizer)
    judge = new_judge(run.sizes, tokenizer)
    if run.weights is not None:
        judge = CLIPModel.from_pretrained(run.weights / "judge", dtype=torch.float32).train()
    judge.to(stage.device)
    average = MovingAverage(judge.parameters())
    optimizer = stage.adamw(judge.parameters(), betas=(0.9, 0.98), weight_decay=0.1)
    model, optimizer = stage.accelerator.prepare(Similarity(judge), optimizer)
    if run.compile:
        model = torch.compile(model)
    known = KnownCaptions(tokenizer)
    order = PaintOrder(frames=run.frames, fps=2.0, sizes=(run.sizes.square,), captions=2)
    result: dict[str, float] = {}
    with stage.clips(order) as pool:
        store = FrameStore(pool, run.capacity, stage.device)
        for step in stage.steps(store, optimizer, average, warmup=300, decay_from=0.4):
            pictures, samples = store.batch(run.batch)
            tokens = known.encode([random.choice(s.captions) for s in samples])
            logits = model(random_crop(pictures), tokens.to(stage.device))
            loss = caption_contrast_loss(logits)
            stage.descend(loss, judge.parameters(), optimizer)
            with torch.no_grad():
                judge.logit_scale.clamp_(max=4.6)  # CLIP's own limit, 100
            if step % 100 == 0:
                right = logits.argmax(1) == torch.arange(len(logits), device=logits.device)
                result = {"loss": loss.item(), "accuracy": right.float().mean().item()}
                stage.log.write(step=step, clips=store.painted, **result)
    average.swap()
    stage.log.write(step=stage.step, clips=store.painted, pairs=stage.step * run.batch, **result)
    if stage.main:
        save_part(judge, run.out / "judge")
    return result
