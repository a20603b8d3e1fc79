"""The settings of a training run: a TOML file, and any of them as a flag beside it.

Names are those of diffusers' training scripts where they have one. Defaults are the paper's
(section 4.1.1; docs/method.md section 4).
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from conclvd.errors import InvalidRequest

PRESETS = "presets"
KINDS = Literal["versatile", "sparse_causal", "none"]
# What may differ when a run goes on: it changes how long it goes and what is seen of it.
FREE_ON_RESUME = frozenset(
    {
        *("max_train_steps", "checkpointing_steps", "checkpoints_total_limit", "logging_steps"),
        *("validation_prompt", "validation_steps", "validation_seed", "report_to"),
        *("validation_inference_steps", "validation_guidance_scale", "resume_from_checkpoint"),
        *("dataloader_num_workers", "gradient_checkpointing", "cuda_graph"),
        *("cache_dir", "output_dir", "train_data_dir", "pretrained_model_name_or_path"),
    }
)
# What may differ too, and is told: how the rest of the run learns. A run that diverged needs it.
TOLD_ON_RESUME = frozenset(
    {
        *("learning_rate", "lr_scheduler", "lr_warmup_steps", "max_grad_norm"),
        *("mixed_precision", "lambda_con", "contrastive_until"),
    }
)


class TrainSettings(BaseModel):
    """Every setting of a run; unknown keys are errors. Steps are updates of the weights."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    # --- what is trained, on what ---
    pretrained_model_name_or_path: str = Field(
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        description="The frozen base: a folder, a checkpoint file or a Hub id.",
    )
    motion_module_name_or_path: str | None = Field(
        None,
        description="Go on from this motion module: ours, AnimateDiff's v1 to v3, or a .ckpt.",
    )
    attention_kinds: list[KINDS] | None = Field(
        None,
        description="The attentions of a block, two, or three to add a sparse-causal one. "
        "[default: versatile sparse_causal; with a motion module: its own, and one added]",
    )
    motion_num_attention_heads: int = Field(8, ge=1, description="Heads of a new motion module.")
    motion_max_seq_length: int = Field(
        32, ge=1, le=256, description="Frame positions of a new one."
    )
    rank: int = Field(
        0, ge=0, description="Train a motion LoRA of this rank instead of the module; 0 for none."
    )
    train_data_dir: Path = Field(description="The folder of clips and captions, or a CSV file.")
    caption_column: list[str] = Field(
        ["caption", "text"],
        min_length=1,
        description="Captions in the metadata; of several, each draw takes one.",
    )
    output_dir: Path = Field(Path("conclvd-run"), description="Everything the run writes.")
    cache_dir: Path | None = Field(
        None, description="Latents and text embeddings, shared by runs. [default: OUTPUT/cache]"
    )
    num_held_out_clips: int | None = Field(
        None,
        ge=0,
        description="Clips kept from training to measure on. [default: one in 20, at most 32]",
    )

    # --- clips ---
    resolution: int = Field(256, ge=16, le=2048, description="Pixels of the centre-cropped square.")
    sample_stride: int = Field(4, ge=1, description="Every n-th frame of a clip.")
    num_frames: int = Field(8, ge=2, description="Frames of a sample.")
    windows_per_clip: int = Field(
        4, ge=1, description="Samples taken from a long clip, at even distances."
    )

    # --- the loop ---
    seed: int = Field(0, ge=0, lt=2**32, description="The same seed, the same run.")
    max_train_steps: int = Field(40_000, ge=1, description="Updates of the weights.")
    train_batch_size: int = Field(1, ge=1, description="Clips in a batch of one process.")
    gradient_accumulation_steps: int = Field(1, ge=1, description="Batches in an update.")
    gradient_checkpointing: bool = Field(False, description="Less memory, more time.")
    mixed_precision: Literal["auto", "no", "fp16", "bf16"] = Field(
        "auto", description="auto, no, fp16 or bf16; auto is half precision on a GPU."
    )
    cuda_graph: bool | None = Field(
        None, description="Replay a batch's kernels as one graph. [default: on an NVIDIA GPU]"
    )
    dataloader_num_workers: int = Field(0, ge=0, description="Processes that prepare samples.")
    learning_rate: float = Field(1e-5, gt=0, description="The highest of the run.")
    lr_scheduler: Literal["constant", "linear", "cosine"] = Field(
        "constant", description="constant, linear or cosine, after the warm-up."
    )
    lr_warmup_steps: int = Field(0, ge=0, description="Steps from zero to the learning rate.")
    use_8bit_adam: bool = Field(False, description="AdamW with 8-bit states; needs bitsandbytes.")
    adam_beta1: float = Field(0.9, ge=0, lt=1, description="Decay of the gradients' mean.")
    adam_beta2: float = Field(0.999, ge=0, lt=1, description="Decay of their squares' mean.")
    adam_weight_decay: float = Field(0.01, ge=0, description="Pull of all weights to zero.")
    adam_epsilon: float = Field(1e-8, gt=0, description="Keeps AdamW from dividing by zero.")
    max_grad_norm: float = Field(1.0, gt=0, description="Longer gradients are scaled down to it.")
    use_ema: bool = Field(True, description="Keep a moving average of the weights, and save it.")
    ema_decay: float = Field(0.999, gt=0, lt=1, description="How slowly the average follows.")

    # --- the losses ---
    snr_gamma: float | None = Field(
        None, gt=0, description="Min-SNR weighting of the steps, 5 as a rule. [default: none]"
    )
    lambda_con: float = Field(0.07, ge=0, description="Weight of the contrastive loss, Eq. (13).")
    contrastive_until: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Share of the run after which the contrastive loss counts no more. Below 1, "
        "colours that it makes drift within a clip come right.",
    )
    contrastive_temperature: float = Field(0.07, gt=0, description="tau of Eq. (10).")
    negative_distance: int = Field(4, ge=1, description="m of Eq. (10), in frames.")
    adapter_hidden_size: int = Field(512, ge=1, description="Width of the noise adapter.")
    adapter_embedding_size: int = Field(128, ge=1, description="Width of what is compared.")
    proportion_empty_prompts: float = Field(
        0.1, ge=0, le=1, description="Captions dropped, for classifier-free guidance."
    )

    # --- what is kept and shown ---
    checkpointing_steps: int = Field(500, ge=1, description="Steps between two checkpoints.")
    checkpoints_total_limit: int = Field(2, ge=1, description="Checkpoints kept.")
    resume_from_checkpoint: str = Field(
        "latest", description="latest (from the start if there is none), or a checkpoint's folder."
    )
    logging_steps: int = Field(10, ge=1, description="Steps between two lines of the log.")
    validation_prompt: list[str] = Field([], description="Sentences to make clips of.")
    validation_steps: int = Field(500, ge=1, description="Steps between two validations.")
    validation_seed: int = Field(0, ge=0, lt=2**32, description="Seed of the validation clips.")
    validation_inference_steps: int = Field(25, ge=1, le=1000, description="DDIM steps.")
    validation_guidance_scale: float = Field(8.0, ge=0, description="Guidance of the clips.")
    report_to: Literal["tensorboard", "wandb", "all", "none"] = Field(
        "tensorboard",
        description="tensorboard; wandb or all (both of them); none. log.jsonl is always written.",
    )

    @field_validator("attention_kinds")
    @classmethod
    def _known(cls, kinds: list[str] | None) -> list[str] | None:
        if kinds is not None:
            two, added = kinds[:2], kinds[2:]
            if len(two) != 2 or two[0] == "none" or added not in ([], ["sparse_causal"]):
                raise ValueError(
                    "name two attentions, the first not none, and sparse_causal to add one"
                )
        return kinds

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.resolution % 8:
            lower = self.resolution // 8 * 8
            raise ValueError(
                f"resolution must be a multiple of 8, found {self.resolution}; use {lower} or "
                f"{lower + 8}"
            )
        if self.lr_warmup_steps >= self.max_train_steps and self.lr_warmup_steps:
            raise ValueError(
                f"lr_warmup_steps ({self.lr_warmup_steps}) must be fewer than max_train_steps "
                f"({self.max_train_steps}); lower it, to 0 for no warm-up"
            )
        return self

    @property
    def span(self) -> int:
        """Frames of a clip that one sample covers."""
        return (self.num_frames - 1) * self.sample_stride + 1

    @property
    def cache(self) -> Path:
        """Where latents and text embeddings are kept."""
        return self.cache_dir or self.output_dir / "cache"


def preset_names() -> list[str]:
    """The presets that ship with the package."""
    folder = resources.files(__package__) / PRESETS
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir())


def read_settings(config: str, given: Mapping[str, Any]) -> TrainSettings:
    """The settings in a TOML file, or in the preset of that name, with those `given` on top.

    Raises InvalidRequest, which names the key and what to do, for a file that is missing or no
    TOML, an unknown key, or a value that does not fit.
    """
    return check_settings({**_read_toml(config), **given}, config, given)


def check_settings(
    values: Mapping[str, Any], origin: str, flags: Collection[str] = ()
) -> TrainSettings:
    """Settings out of plain values; `origin` names them in errors, but those given as `flags`."""
    try:
        return TrainSettings.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            near = get_close_matches(key, TrainSettings.model_fields, 1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise InvalidRequest(
                f"{origin}: unknown setting {key!r}; {meant}`conclvd train --help` lists them"
            ) from error
        if first["type"] == "missing":
            raise InvalidRequest(
                f"{origin}: {key} is missing; write it there or give --{key.replace('_', '-')}"
            ) from error
        message = first["msg"].removeprefix("Value error, ")
        found = "" if not key else f" (found {first['input']!r})"
        where = f"{origin}: {key or 'the settings'}"
        if key and first["loc"][0] in flags:
            where = f"--{str(first['loc'][0]).replace('_', '-')}"
        raise InvalidRequest(f"{where}: {message}{found}") from error


def _read_toml(config: str) -> dict[str, Any]:
    path = Path(config)
    if path.is_file():
        try:
            return tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            raise InvalidRequest(f"cannot read {config} as TOML: {error}") from error
    if config in preset_names():
        preset = resources.files(__package__) / PRESETS / f"{config}.toml"
        return tomllib.loads(preset.read_text(encoding="utf-8"))
    raise InvalidRequest(
        f"there is no file {config!r}, and no preset of that name; the presets are "
        f"{', '.join(preset_names())}"
    )
