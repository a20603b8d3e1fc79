"""The ablations of Table 2 from equal budgets, and the table that compares them.

Every variant is a run of its own with the same clips, samples, noise and steps; they differ in
their attentions and in the weight of the contrastive loss alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conclvd.errors import InvalidRequest
from conclvd.train.trainer.journal import read_log
from conclvd.train.trainer.loop import train
from conclvd.train.trainer.prepare import Report
from conclvd.train.trainer.settings import TrainSettings
from conclvd.train.trainer.validation import validation_folder

VARIANTS: dict[str, dict[str, Any]] = {
    "ConCLVD": {"attention_kinds": ["versatile", "sparse_causal"]},
    "without SC-Attn": {"attention_kinds": ["versatile", "none"]},
    "without CLofNoise": {"attention_kinds": ["versatile", "sparse_causal"], "lambda_con": 0.0},
    "AnimateDiff": {"attention_kinds": ["versatile", "versatile"], "lambda_con": 0.0},
}


@dataclass(frozen=True)
class AblationRow:
    """What one variant came to, and the videos of its last validation."""

    name: str
    steps: int
    held_out_loss: float
    contrastive_accuracy: float | None
    frame_offset: float
    videos: tuple[Path, ...]


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
    rows = []
    for name in VARIANTS:
        tell(f"training {name}")
        given = variant_settings(settings, name)
        outcome = train(given, report, tell)
        if not outcome.finished:
            break
        rows.append(measure(name, given))
    return rows


def measure(name: str, settings: TrainSettings) -> AblationRow:
    """The figures of a finished run, out of its log."""
    log = read_log(settings.output_dir)
    last = [row for row in log if "held_out_loss_diff" in row]
    if not last:
        raise InvalidRequest(
            "ablations are compared by held-out loss; give --num-held-out-clips, at least 1"
        )
    step = last[-1]["step"]
    return AblationRow(
        name=name,
        steps=step,
        held_out_loss=last[-1]["held_out_loss_diff"],
        contrastive_accuracy=last[-1].get("held_out_contrastive_accuracy"),
        frame_offset=last[-1]["held_out_frame_offset"],
        videos=tuple(sorted(validation_folder(settings.output_dir, step).iterdir())),
    )


def table(rows: Sequence[AblationRow]) -> str:
    """The comparison as Markdown."""
    lines = [
        "| variant | steps | held-out L_diff | contrastive accuracy | frame offset |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        accuracy = row.contrastive_accuracy
        shown = "-" if accuracy is None else f"{accuracy:.4f}"
        lines.append(
            f"| {row.name} | {row.steps:,} | {row.held_out_loss:.4f} | {shown} "
            f"| {row.frame_offset:.4f} |"
        )
    return "\n".join(lines)
