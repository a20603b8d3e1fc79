"""The ablations of Table 2 from equal budgets, and the table that compares them.

Every variant is a run of its own with the same clips, samples, noise and steps; they differ in
their attentions and in the weight of the contrastive loss alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import CLIPModel

from conclvd.errors import InvalidRequest
from conclvd.interpolation.flow import DisFlow
from conclvd.models.source import resolve
from conclvd.tensors import Frames
from conclvd.train.frame_store import to_model_range
from conclvd.train.trainer.journal import read_log
from conclvd.train.trainer.loop import train
from conclvd.train.trainer.prepare import Report
from conclvd.train.trainer.settings import TrainSettings
from conclvd.train.trainer.validation import validation_folder
from conclvd.video.read import read_frames

VARIANTS: dict[str, dict[str, Any]] = {
    "ConCLVD": {"attention_kinds": ["versatile", "sparse_causal"]},
    "without SC-Attn": {"attention_kinds": ["versatile", "none"]},
    "without CLofNoise": {"attention_kinds": ["versatile", "sparse_causal"], "lambda_con": 0.0},
    "AnimateDiff": {"attention_kinds": ["versatile", "versatile"], "lambda_con": 0.0},
}
DYNAMIC_AT = 6 / 256  # of the smaller side: how far the fastest 5 % of a moving pair go (VBench)


@dataclass(frozen=True)
class AblationRow:
    """What one variant came to. `clip_temp` is the mean cosine of neighbouring frames in `clip`,
    None without a CLIP; never read it without `dynamic_degree`: a still video has 1."""

    name: str
    steps: int
    held_out_loss: float
    contrastive_accuracy: float | None
    clip_temp: float | None
    dynamic_degree: float
    mean_flow: float


def variant_settings(settings: TrainSettings, name: str) -> TrainSettings:
    """The settings of a variant: its own folder, one cache for all."""
    folder = name.lower().replace(" ", "-")
    shared = {"cache_dir": settings.cache, "output_dir": settings.output_dir / folder}
    return settings.model_copy(update={**shared, **VARIANTS[name]})


def run_ablations(
    settings: TrainSettings, report: Report, tell: Callable[[str], None]
) -> list[AblationRow]:
    """Train every variant (those that are finished stay as they are) and measure it.

    Raises InvalidRequest when the settings leave nothing to compare by.
    """
    if not settings.validation_prompt:
        raise InvalidRequest("ablations are compared by clips; give --validation-prompt")
    if settings.lambda_con == 0 or settings.rank or settings.motion_module_name_or_path:
        raise InvalidRequest(
            "ablations start from new modules with the contrastive loss on; leave out "
            "lambda_con 0, rank and motion_module_name_or_path"
        )
    clip = find_clip(settings.pretrained_model_name_or_path)
    rows = []
    for name in VARIANTS:
        tell(f"training {name}")
        given = variant_settings(settings, name)
        outcome = train(given, report, tell)
        if not outcome.finished:
            break
        rows.append(measure(name, given, clip))
    return rows


def find_clip(model: str) -> CLIPModel | None:
    """The CLIP that comes with an embedded model (its judge), None where there is none."""
    folder = resolve(model, hub_files=("model_index.json",)).path / "judge"
    if not folder.is_dir():
        return None
    return CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()


def measure(name: str, settings: TrainSettings, clip: CLIPModel | None) -> AblationRow:
    """The figures of a finished run, out of its log and its last clips."""
    log = read_log(settings.output_dir)
    last = [row for row in log if "held_out_loss_diff" in row]
    if not last:
        raise InvalidRequest(
            "ablations are compared by held-out loss; give --num-held-out-clips, at least 1"
        )
    step = last[-1]["step"]
    videos = [
        np.stack(list(read_frames(path)))
        for path in sorted(validation_folder(settings.output_dir, step).glob("*.mp4"))
    ]
    fastest, flow = motion(videos)
    return AblationRow(
        name=name,
        steps=step,
        held_out_loss=last[-1]["held_out_loss_diff"],
        contrastive_accuracy=last[-1].get("held_out_contrastive_accuracy"),
        clip_temp=None if clip is None else clip_temp(clip, videos),
        dynamic_degree=fastest,
        mean_flow=flow,
    )


def motion(videos: Sequence[Frames]) -> tuple[float, float]:
    """Dynamic degree (part of the frame pairs whose fastest 5 % of pixels move by more than
    6 / 256 of the smaller side) and the mean flow in pixels a frame."""
    estimate = DisFlow()
    moving, lengths = [], []
    for video in videos:
        for before, after in pairwise(video):
            length = np.linalg.norm(estimate(before, after), axis=-1)
            fast = np.sort(length.ravel())[-max(1, length.size // 20) :]
            moving.append(fast.mean() > DYNAMIC_AT * min(length.shape))
            lengths.append(length.mean())
    return float(np.mean(moving)), float(np.mean(lengths))


@torch.no_grad()
def clip_temp(clip: CLIPModel, videos: Sequence[Frames]) -> float:
    """Mean cosine of the image embeddings of neighbouring frames."""
    side = clip.config.vision_config.image_size
    cosines = []
    for video in videos:
        pixels = to_model_range(torch.from_numpy(video))
        small = torch.nn.functional.interpolate(pixels, size=(side, side), mode="area")
        pooled = clip.vision_model(pixel_values=small).pooler_output
        unit = torch.nn.functional.normalize(clip.visual_projection(pooled), dim=-1)
        cosines.append((unit[:-1] * unit[1:]).sum(-1).mean())
    return float(torch.stack(cosines).mean())


def table(rows: Sequence[AblationRow], clip_name: str) -> str:
    """The comparison as Markdown."""
    head = (
        f"| variant | steps | held-out L_diff | contrastive accuracy | CLIP-temp ({clip_name}) | "
        "dynamic degree | mean flow, pixels |\n| --- | --- | --- | --- | --- | --- | --- |"
    )

    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.4f}"

    lines = [
        f"| {r.name} | {r.steps:,} | {shown(r.held_out_loss)} | {shown(r.contrastive_accuracy)} | "
        f"{shown(r.clip_temp)} | {r.dynamic_degree:.2f} | {r.mean_flow:.2f} |"
        for r in rows
    ]
    return "\n".join([head, *lines])


def write_table(rows: Sequence[AblationRow], folder: Path, clip_name: str) -> str:
    """Write `folder/ablations.md`; returns the table."""
    text = table(rows, clip_name)
    (folder / "ablations.md").write_text(text + "\n", encoding="utf-8")
    return text
