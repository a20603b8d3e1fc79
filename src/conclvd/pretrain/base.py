"""Training ink-mini's base: the U-Net and its text encoder together, on single frames."""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import CLIPModel, CLIPTextModel, CLIPTokenizer

from conclvd.errors import TrainingError
from conclvd.pretrain.directions import GOING, NEITHER, DirectionHeads, direction_accuracy
from conclvd.pretrain.gradient_step import GradientStep, StepInputs
from conclvd.pretrain.latent_store import LatentIntake, LatentStore, frozen_autoencoder
from conclvd.pretrain.painting import PaintOrder
from conclvd.pretrain.saving import save_part
from conclvd.pretrain.sizes import ModelSizes, Size
from conclvd.pretrain.stage import Stage, StageRun
from conclvd.pretrain.step_form import default_form, step_form
from conclvd.pretrain.text_encoder import new_text_encoder
from conclvd.train.ema import MovingAverage
from conclvd.train.masters import Masters
from conclvd.train.text import encode_captions

FLAT = 0.55  # part of a run at the full learning rate; it falls to zero in the rest


@dataclass(frozen=True, kw_only=True)
class BaseRun(StageRun):
    """Settings of a run. `model` holds vae, tokenizer and (with `judge_start`) the judge, whose
    text tower then starts the text encoder. `weights` holds unet and text_encoder to go on from.
    `direction_weight` is that of what tells left from right in the U-Net's features
    (pretrain.directions); without weight nothing is asked. So little of the error hangs on the
    words that at 0.1, and asked of the text itself, it gave the text encoder 150 times the gradient
    that the pictures give, and palettes were unlearned.
    `batch` is that of square pictures; other formats come in batches of as many latents.
    `form` is one of STEP_FORMS, None the best for the device. What it compiles and captures is made
    before the first look at `model`, so that a run may be started while the autoencoder still
    trains; it then waits so many seconds for it (`patience`).
    """

    sizes: ModelSizes
    model: Path
    batch: int = 512
    peak_rate: float = 6e-4
    capacity: int = 60_000
    first_clips: int = 300
    frames: int = 2
    caption_dropout: float = 0.1
    judge_start: bool = True
    direction_weight: float = 0.0
    form: str | None = None
    patience: float = 0.0


def new_unet(sizes: ModelSizes) -> UNet2DConditionModel:
    """An untrained U-Net: Stable Diffusion's, with attention at 1/2 and 1/4 of the latent side.

    Attention over the full latent costs half of all time on a CPU and is left out, as SDXL does.
    """
    return UNet2DConditionModel(
        sample_size=sizes.picture // sizes.cell,
        in_channels=sizes.latent_channels,
        out_channels=sizes.latent_channels,
        down_block_types=(
            "DownBlock2D",
            "CrossAttnDownBlock2D",
            "CrossAttnDownBlock2D",
            "DownBlock2D",
        ),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=sizes.unet,
        layers_per_block=1,
        cross_attention_dim=sizes.text_width,
        attention_head_dim=sizes.unet_heads,
        norm_num_groups=sizes.unet_groups,
    )


def new_scheduler() -> DDIMScheduler:
    """The linear schedule (docs/method.md section 1): beta 0.00085 to 0.012 in 1,000 steps."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="linear",
        steps_offset=1,
        clip_sample=False,
    )


class Denoiser(nn.Module):
    """Text encoder and U-Net in one call, so that both train together on many GPUs."""

    def __init__(
        self, text_encoder: CLIPTextModel, unet: UNet2DConditionModel, *, directions: bool = False
    ) -> None:
        super().__init__()
        self.text_encoder, self.unet = text_encoder, unet
        self.directions = DirectionHeads(unet) if directions else None

    def forward(
        self, noisy: Float[Tensor, "b c h w"], steps: Int[Tensor, b], tokens: Int[Tensor, "b l"]
    ) -> tuple[Float[Tensor, "b c h w"], list[Float[Tensor, "b k y x"]]]:
        """The predicted noise, and logits of the directions by each block's features, if asked."""
        states = self.text_encoder(tokens).last_hidden_state
        predicted: Tensor = self.unet(noisy, steps, encoder_hidden_states=states).sample
        return predicted, [] if self.directions is None else self.directions()


def starting_text_encoder(run: BaseRun, tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """A text encoder with the judge's text tower in it, or an untrained one."""
    text_encoder = new_text_encoder(run.sizes, tokenizer)
    if run.judge_start:
        judge = CLIPModel.from_pretrained(run.model / "judge", dtype=torch.float32)
        own = text_encoder.state_dict()
        tower = {
            key: judge.state_dict()[f"text_model.{key.removeprefix('text_model.')}"] for key in own
        }
        text_encoder.load_state_dict(tower)
    return text_encoder


def starting_denoiser(run: BaseRun, tokenizer: CLIPTokenizer) -> Denoiser:
    """What a run starts from: earlier weights, or new ones (with the judge's text tower)."""
    if run.weights is None:
        text_encoder, unet = starting_text_encoder(run, tokenizer), new_unet(run.sizes)
        return Denoiser(text_encoder, unet, directions=run.direction_weight > 0)
    full = torch.float32
    text_encoder = CLIPTextModel.from_pretrained(run.weights / "text_encoder", dtype=full)
    unet = UNet2DConditionModel.from_pretrained(run.weights / "unet", torch_dtype=full)
    return Denoiser(text_encoder, unet, directions=run.direction_weight > 0)


def batch_of(size: Size, run: BaseRun) -> int:
    """Pictures of a size in a batch: as many latents as `run.batch` square pictures have."""
    square, other = (math.prod(run.sizes.latent(each)) for each in (run.sizes.square, size))
    return max(1, round(run.batch * square / other / 8) * 8) if run.batch >= 8 else run.batch


def draw(
    store: LatentStore, count: int, run: BaseRun, empty: Int[Tensor, "1 l"], timesteps: int
) -> StepInputs:
    """What a step of `count` pictures starts from."""
    drawn = store.pictures(count)
    device = drawn.latents.device
    dropped = torch.rand(count, 1, device=device) < run.caption_dropout
    return StepInputs(
        clean=drawn.latents,
        noise=torch.randn_like(drawn.latents),
        steps=torch.randint(timesteps, (count,), device=device),
        tokens=torch.where(dropped, empty, drawn.tokens),
        told=torch.where(dropped, NEITHER, drawn.directions),
    )


def prepare(
    gradients: GradientStep, run: BaseRun, empty: Int[Tensor, "1 l"], timesteps: int
) -> None:
    """Have a step compiled and captured for every format, on noise."""
    for size in run.sizes.pictures:
        count = batch_of(size, run)
        clean = torch.randn(count, *run.sizes.latent(size), device=empty.device)
        gradients(
            StepInputs(
                clean=clean,
                noise=torch.randn_like(clean),
                steps=torch.randint(timesteps, (count,), device=empty.device),
                tokens=empty.expand(count, -1).contiguous(),
                told=torch.full((count, len(GOING)), NEITHER, device=empty.device),
            )
        )


def wait_for(part: Path, seconds: float) -> None:
    """Wait until a part of a model is there. Raises TrainingError when it does not come."""
    until = time.monotonic() + seconds
    while not part.is_dir():
        if time.monotonic() > until:
            raise TrainingError(f"there is no {part}; train it first, or wait for it: --patience")
        time.sleep(0.5)


def write_index(folder: Path) -> None:
    """Make `folder` a pipeline folder: diffusers' list of the parts and their classes."""
    parts = {
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    absent = {"feature_extractor": [None, None], "safety_checker": [None, None]}
    index = {"_class_name": "StableDiffusionPipeline", **parts, **absent}
    text = json.dumps({**index, "requires_safety_checker": False}, indent=2)
    (folder / "model_index.json").write_text(text + "\n", encoding="utf-8")


def train_base(run: BaseRun) -> dict[str, float]:
    """Train until the time is spent; writes unet, text_encoder and scheduler into `out`."""
    stage = Stage("base", run)
    device = stage.device
    tokenizer = CLIPTokenizer.from_pretrained(run.model / "tokenizer")
    denoiser = starting_denoiser(run, tokenizer).to(device)
    form = step_form(run.form or default_form(device))
    # gradients in float32, as processes exchange them
    masters = Masters(denoiser, form.dtype, accumulates=True, channels_last=form.channels_last)
    masters.share()
    average = MovingAverage(masters.weights.values(), decay=0.9995)
    optimizer = stage.adamw(masters.weights.values(), betas=(0.9, 0.99), weight_decay=0.01)
    scheduler = new_scheduler()
    alphas = scheduler.alphas_cumprod.to(device)
    gradients = GradientStep(
        denoiser,
        masters,
        alphas,
        form,
        autocast=stage.accelerator.autocast,
        direction_weight=run.direction_weight,
    )
    empty = encode_captions(tokenizer, [""]).to(device)
    prepare(gradients, run, empty, len(alphas))
    masters.clear()
    form_name = run.form or default_form(device)
    stage.clock.sync()
    stage.log.write(form=form_name, failure=gradients.failure, seconds=stage.clock.elapsed)
    wait_for(run.model / "vae", run.patience)
    autoencoder = frozen_autoencoder(run.model / "vae", device)
    torch.manual_seed(1 + stage.accelerator.process_index)  # each GPU draws its own pictures
    order = PaintOrder(frames=run.frames, fps=2.0, sizes=run.sizes.painted)
    stores = {
        size: LatentStore(
            autoencoder, tokenizer, frames=run.frames, capacity=run.capacity, device=device
        )
        for size in run.sizes.pictures
    }
    result: dict[str, float] = {}
    running = 0.0
    with stage.clips(order) as pool:
        intake = LatentIntake(pool, lambda sample: stores[sample.size])
        for step in stage.steps(intake, optimizer, average, warmup=500, decay_from=FLAT):
            weights = [len(store) for store in stores.values()]
            (size,) = random.choices(list(stores), weights)  # as often as it is painted
            drawn = draw(stores[size], batch_of(size, run), run, empty, len(alphas))
            losses = gradients(drawn)
            masters.collect()
            masters.step(optimizer, 1.0)
            if step % 100 == 0:
                error = losses.mse.item()
                running = error if step == 0 else 0.7 * running + 0.3 * error
                result = {"loss": losses.loss.item(), "mse": running}
                if run.direction_weight:
                    right = direction_accuracy(losses.logits, drawn.told)
                    result["direction_accuracy"] = right.item()
                stage.log.write(step=step, clips=intake.painted, **result)
    average.swap()
    masters.settle()
    stage.log.write(step=stage.step, clips=intake.painted)
    if stage.main:
        save_part(denoiser.text_encoder, run.out / "text_encoder")
        save_part(denoiser.unet, run.out / "unet")
        save_part(scheduler, run.out / "scheduler")
        write_index(run.out)
    return result
