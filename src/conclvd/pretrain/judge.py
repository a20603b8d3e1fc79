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

from conclvd.pretrain.clip_folder import clip_source
from conclvd.pretrain.frame_store import FrameStore, random_crop
from conclvd.pretrain.launch import start
from conclvd.pretrain.painting import PaintOrder
from conclvd.pretrain.runlog import RunLog
from conclvd.pretrain.saving import save_part
from conclvd.pretrain.sizes import ModelSizes
from conclvd.pretrain.text_encoder import text_config
from conclvd.train.clock import Clock, learning_rate, set_learning_rate
from conclvd.train.ema import MovingAverage
from conclvd.train.losses import caption_contrast_loss
from conclvd.train.text import KnownCaptions


@dataclass(frozen=True)
class JudgeRun:
    """Settings of a run; `tokenizer` is the folder of a trained tokenizer, `start` holds a `judge`
    to go on from."""

    sizes: ModelSizes
    tokenizer: Path
    out: Path
    seconds: float
    workers: int
    clips: Path | None = None
    batch: int = 384
    peak_rate: float = 8e-4
    frames: int = 3
    capacity: int = 40_000
    first_clips: int = 300
    start: Path | None = None
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
    accelerator = start()
    log = RunLog(run.out, "judge", main=accelerator.is_main_process)
    tokenizer = CLIPTokenizer.from_pretrained(run.tokenizer)
    judge = new_judge(run.sizes, tokenizer)
    if run.start is not None:
        judge = CLIPModel.from_pretrained(run.start / "judge", dtype=torch.float32).train()
    judge.to(accelerator.device)
    average = MovingAverage(judge.parameters())
    optimizer = torch.optim.AdamW(
        judge.parameters(),
        lr=0,
        betas=(0.9, 0.98),
        weight_decay=0.1,
        fused=accelerator.device.type == "cuda",
    )
    model, optimizer = accelerator.prepare(Similarity(judge), optimizer)
    if run.compile:
        model = torch.compile(model)
    known = KnownCaptions(tokenizer)
    order = PaintOrder(frames=run.frames, fps=2.0, size=run.sizes.picture, captions=2)
    pool = clip_source(
        order,
        run.workers,
        run.clips,
        rank=accelerator.process_index,
        ranks=accelerator.num_processes,
    )
    result: dict[str, float] = {}
    with pool:
        store = FrameStore(pool, run.capacity, accelerator.device)
        store.refresh(at_least=run.first_clips)
        clock = Clock(accelerator, run.seconds)
        step = 0
        while True:
            if step % 10 == 0:
                clock.sync()
                store.refresh()
            if clock.over:
                break
            rate = learning_rate(run.peak_rate, step, clock.fraction, warmup=300, decay_from=0.4)
            set_learning_rate(optimizer, rate)
            pictures, samples = store.batch(run.batch)
            tokens = known.encode([random.choice(s.captions) for s in samples])
            logits = model(random_crop(pictures), tokens.to(accelerator.device))
            loss = caption_contrast_loss(logits)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(judge.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            with torch.no_grad():
                judge.logit_scale.clamp_(max=4.6)  # CLIP's own limit, 100
            average.update()
            if step % 100 == 0:
                right = logits.argmax(1) == torch.arange(len(logits), device=logits.device)
                result = {"loss": loss.item(), "accuracy": right.float().mean().item()}
                log.write(step=step, clips=store.painted, **result)
            step += 1
    average.swap()
    log.write(step=step, clips=store.painted, pairs=step * run.batch, **result)
    if accelerator.is_main_process:
        save_part(judge, run.out / "judge")
    return result
