"""The ablations of Table 2 from equal budgets, and the table that compares them.

Every variant is a run of its own with the same clips, samples, noise and steps; they differ in
their attentions and in the weight of the contrastive loss alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from conclvd.errors import InvalidRequest, TrainingError
from conclvd.files import read_text
from conclvd.train.journal import read_log
from conclvd.train.loop import train
from conclvd.train.prepare import Materials, prepare
from conclvd.train.resume import RESOLVED
from conclvd.train.settings import TrainSettings
from conclvd.train.start import Report
from conclvd.train.validation import validation_folder

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
    """The settings of a variant: its own folder, one cache for all, the losses of the paper."""
    folder = name.lower().replace(" ", "-")
    shared = {
        "cache_dir": settings.cache,
        "output_dir": settings.output_dir / folder,
        "contrastive_until": 1.0,
    }
    return settings.model_copy(update={**shared, **VARIANTS[name]})


def run_ablations(
    settings: TrainSettings, report: Report, tell: Callable[[str], None]
) -> list[AblationRow]:
    """Train every variant (those that are finished stay as they are) and measure it.

    Raises InvalidRequest, before anything is trained, when the settings leave nothing to compare
    by, with several processes, and when finished variants have clips of other prompts.
    """
    if not settings.validation_prompt:
        raise InvalidRequest("ablations are compared by clips; give --validation-prompt")
    if settings.lambda_con == 0 or settings.rank or settings.motion_module_name_or_path:
        raise InvalidRequest(
            "ablations start from new modules with the contrastive loss on; leave out "
            "lambda_con 0, rank and motion_module_name_or_path"
        )
    variants = {name: variant_settings(settings, name) for name in VARIANTS}
    for name, given in variants.items():
        check_prompts(name, given)
    rows = []
    for name, given in variants.items():
        tell(f"training {name}")
        outcome = train(given, report, tell, prepare_comparable)
        if not outcome.finished:
            break
        rows.append(measure(name, given))
    return rows


def prepare_comparable(
    settings: TrainSettings, accelerator: Accelerator, report: Report
) -> Materials:
    """What `prepare` gives. Raises InvalidRequest when the runs could not be compared."""
    if accelerator.num_processes > 1:  # the end of the first run takes their group down
        raise InvalidRequest(
            f"ablations run on one process, found {accelerator.num_processes}; leave out "
            "accelerate launch"
        )
    materials = prepare(settings, accelerator, report)
    if not materials.held_out:
        raise InvalidRequest(
            f"ablations are compared by held-out loss, but of {len(materials.clips.clips)} clips "
            "none is held out; give --num-held-out-clips, at least 1"
        )
    return materials


def check_prompts(name: str, settings: TrainSettings) -> None:
    """Raise InvalidRequest when a finished run, which makes no more clips, has other prompts'."""
    log, path = read_log(settings.output_dir), settings.output_dir / RESOLVED
    made = [row["step"] for row in log if row.get("clips")]
    if not path.is_file() or not made or made[-1] < settings.max_train_steps:
        return
    found = json.loads(read_text(path, TrainingError))["validation_prompt"]
    if found != settings.validation_prompt:
        raise InvalidRequest(
            f"{name} in {settings.output_dir} is finished, with the validation prompts {found}; "
            "give those, or choose another output_dir"
        )


def measure(name: str, settings: TrainSettings) -> AblationRow:
    """The figures of a finished run, out of its log.

    Raises InvalidRequest when it was not measured, or did not make one clip a prompt.
    """
    log = read_log(settings.output_dir)
    last = [row for row in log if "held_out_loss_diff" in row]
    if not last:
        raise InvalidRequest(
            f"{name} in {settings.output_dir} was trained without held-out clips, so there is "
            "nothing to compare; choose another output_dir"
        )
    step = last[-1]["step"]
    made = [row["clips"].split(" ") for row in log if row["step"] == step and row.get("clips")]
    paths = [settings.output_dir / name for names in made[-1:] for name in names]
    videos = tuple(path for path in paths if path.is_file())
    if len(videos) != len(settings.validation_prompt):
        folder = validation_folder(settings.output_dir, step)
        raise InvalidRequest(
            f"{folder} has {len(videos)} clips for {len(settings.validation_prompt)} validation "
            "prompts; give those it was made with, or choose another output_dir"
        )
    return AblationRow(
        name=name,
        steps=step,
        held_out_loss=last[-1]["held_out_loss_diff"],
        contrastive_accuracy=last[-1].get("held_out_contrastive_accuracy"),
        frame_offset=last[-1]["held_out_frame_offset"],
        videos=videos,
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
