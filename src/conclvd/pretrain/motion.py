"""Training the motion module on a frozen base, with the contrastive loss of the predicted noise.

Algorithm 1 of the paper (sections 3.4.3 and 4.1.1): L = L_diff + 0.07 L_con, Eqs. (10) to (13).
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel, UNetMotionModel
from transformers import CLIPTextModel, CLIPTokenizer

from conclvd.files import sha256_of
from conclvd.models.attention import SPARSE_CAUSAL, VERSATILE
from conclvd.models.motion import MotionModule, attach
from conclvd.models.noise_adapter import NoiseAdapter
from conclvd.models.weights import save_motion_module
from conclvd.pretrain.base import new_scheduler
from conclvd.pretrain.latent_store import LatentIntake, LatentStore, frozen_autoencoder
from conclvd.pretrain.motion_step import MotionInputs, MotionStep
from conclvd.pretrain.painting import PaintOrder
from conclvd.pretrain.sizes import ModelSizes
from conclvd.pretrain.stage import Stage, StageRun
from conclvd.train.ema import MovingAverage
from conclvd.train.losses import LAMBDA_CON
from conclvd.train.masters import Masters
from conclvd.train.text import encode_captions
from conclvd.train.video_denoiser import VideoDenoiser, freeze


@dataclass(frozen=True, kw_only=True)
class MotionRun(StageRun):
    """Settings of a run on the base in `model`.

    `weights` holds a motion_adapter to go on from; one clip in `long_every` has twice the frames.
    L_con counts `lambda_con` up to `contrast_time` of the time and nothing after it: what it
    rewards by itself, a colour that changes from frame to frame (`frame_offset`), is unlearned.
    A clip with a boat that goes left or right, one in six, comes `boats` times as often as another.
    Every clip's L_diff is weighed to be the error of v (`losses.velocity_weights`).
    `intake` clips are encoded every ten steps: with 96 that took as long as the steps did.
    """

    sizes: ModelSizes
    model: Path
    batch: int = 48
    peak_rate: float = 4e-4
    capacity: int = 60_000
    first_clips: int = 120
    frames: int = 8
    fps: float = 6.0
    long_every: int = 5
    intake: int = 32
    caption_dropout: float = 0.1
    lambda_con: float = LAMBDA_CON
    contrast_time: float = 0.3
    boats: float = 4.0
    attention_kinds: tuple[str, str] = (VERSATILE, SPARSE_CAUSAL)


def new_motion_module(sizes: ModelSizes, kinds: tuple[str, str]) -> MotionModule:
    """An untrained motion module for ink-mini's U-Net."""
    module: MotionModule = MotionModule(
        block_out_channels=sizes.unet,
        motion_layers_per_block=1,
        motion_num_attention_heads=sizes.motion_heads,
        motion_norm_num_groups=sizes.unet_groups,
        motion_max_seq_length=32,
        attention_kinds=kinds,
    )
    return module


def collect_motion(unet: UNetMotionModel, module: MotionModule) -> MotionModule:
    """Copy the motion weights out of a video U-Net into a module of the same shape."""
    weights = {k: v for k, v in unet.state_dict().items() if "motion_modules." in k}
    module.load_state_dict(weights)
    return module


def train_motion(run: MotionRun) -> dict[str, float]:
    """Train until the time is spent and write `out/motion_adapter`; returns the last losses."""
    stage = Stage("motion", run)
    device = stage.device
    tokenizer = CLIPTokenizer.from_pretrained(run.model / "tokenizer")
    autoencoder = frozen_autoencoder(run.model / "vae", device)
    half = autoencoder.dtype  # in half precision no autocast is needed
    text_encoder = CLIPTextModel.from_pretrained(run.model / "text_encoder", dtype=half)
    text_encoder.requires_grad_(False).to(device)
    base = UNet2DConditionModel.from_pretrained(run.model / "unet", torch_dtype=torch.float32)
    module = new_motion_module(run.sizes, run.attention_kinds)
    if run.weights is not None:
        module = MotionModule.from_pretrained(
            run.weights / "motion_adapter", torch_dtype=torch.float32
        )
    unet = attach(base, module).to(device)
    adapter = NoiseAdapter(math.prod(run.sizes.latent(run.sizes.square))).to(device)
    freeze(unet, run.attention_kinds)
    model = VideoDenoiser(unet, adapter)
    masters = Masters(model, half)
    learning = list(masters.weights.values())
    average = MovingAverage(learning, decay=0.999)
    optimizer = stage.adamw(learning, betas=(0.9, 0.99), weight_decay=0.01)
    alphas = new_scheduler().alphas_cumprod.to(device)
    autocast = stage.accelerator.autocast if half == torch.float32 else nullcontext
    gradients = MotionStep(model, masters, text_encoder, alphas, autocast)
    empty = encode_captions(tokenizer, [""]).to(device)
    torch.manual_seed(1 + stage.accelerator.process_index)
    order = PaintOrder(
        frames=run.frames,
        fps=run.fps,
        sizes=(run.sizes.square,),
        long_every=run.long_every,
    )
    result: dict[str, float] = {}
    with stage.clips(order) as pool:
        store, long_store = (
            LatentStore(autoencoder, tokenizer, frames=frames, capacity=capacity, device=device)
            for frames, capacity in (
                (run.frames, run.capacity),
                (2 * run.frames, run.capacity // 4),
            )
        )
        intake = LatentIntake(
            pool,
            lambda sample: store if len(sample.frames) == run.frames else long_store,
            at_once=run.intake,
        )
        for step in stage.steps(intake, optimizer, average, warmup=200, decay_from=0.6):
            is_long = step % 5 == 4 and len(long_store) > 0
            size = max(1, run.batch // 2) if is_long else run.batch
            drawn = (long_store if is_long else store).clips(size, boats=run.boats)
            dropped = torch.rand(size, 1, device=device) < run.caption_dropout
            weight = run.lambda_con if stage.clock.fraction < run.contrast_time else 0.0
            inputs = MotionInputs(
                clean=drawn.latents,
                noise=torch.randn_like(drawn.latents),  # independent in every frame
                steps=torch.randint(len(alphas), (size,), device=device),  # one a clip
                tokens=torch.where(dropped, empty, drawn.tokens),
                lambda_con=torch.full((), weight, device=device),
            )
            losses = gradients(inputs)
            masters.step(optimizer, 1.0)
            if step % 50 == 0:
                result = {
                    "loss_diff": losses.diff.item(),
                    "loss_velocity": losses.velocity.item(),
                    "loss_con": losses.con.item(),
                    "contrastive_accuracy": losses.accuracy.item(),
                    "frame_offset": losses.offset.item(),
                }
                stage.log.write(
                    step=step,
                    clips=intake.painted,
                    failure=gradients.failure,
                    **result,
                )
    average.swap()
    masters.settle()
    stage.log.write(step=stage.step, clips=intake.painted)
    if stage.main:
        save_motion_module(
            collect_motion(unet, module),
            run.out / "motion_adapter",
            base_hash=sha256_of(*sorted((run.model / "unet").glob("*.safetensors"))),
            dtype=torch.float16,
        )
    return result
