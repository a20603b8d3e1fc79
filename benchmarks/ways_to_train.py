"""Does every way to train run on this machine, and go on where it was stopped?

    python benchmarks/ways_to_train.py --out DIR [--steps 8] [--ways fp16 "8-bit AdamW"]

The tests of the trainer run on CPUs; half precision with a scaler, CUDA graphs and 8-bit moments of
a GPU do not. A few clips are painted; each way trains ink-mini on them straight through, and once
more with a stop in the middle. `apart` is the distance between the weights of the two, as a share
of how far the straight run went: 0, but for kernels whose sums come in any order. The exit code is
1 when a way fails or comes to more than a tenth.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import torch
from accelerate.state import AcceleratorState
from safetensors.torch import load_file
from torch import Tensor

from ablation_run import from_store, paint, store
from conclvd.train.checkpoint import TENSORS, checkpoints
from conclvd.train.journal import read_log
from conclvd.train.loop import train
from conclvd.train.settings import TrainSettings, read_settings
from report import report

MOST = 0.1
LORA = {"rank": 8, "motion_module_name_or_path": "ink-mini"}
WAYS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "no graph": {"cuda_graph": False},
    "fp16": {"mixed_precision": "fp16"},
    "fp16, no graph": {"mixed_precision": "fp16", "cuda_graph": False},
    "float32": {"mixed_precision": "no"},
    "accumulation": {"gradient_accumulation_steps": 2},
    "fp16, accumulation": {"mixed_precision": "fp16", "gradient_accumulation_steps": 2},
    "checkpointing": {"gradient_checkpointing": True},
    "8-bit AdamW": {"use_8bit_adam": True},
    "fp16, 8-bit AdamW": {"mixed_precision": "fp16", "use_8bit_adam": True},
    "LoRA": LORA,
    "fp16, LoRA, 8-bit AdamW, checkpointing": LORA | {
        "mixed_precision": "fp16", "use_8bit_adam": True, "gradient_checkpointing": True
    },
    "no average, min-SNR, no contrast": {"use_ema": False, "snr_gamma": 5.0, "lambda_con": 0.0},
}  # fmt: skip


def settings_of(
    arguments: argparse.Namespace, output: Path, change: dict[str, Any]
) -> TrainSettings:
    return read_settings(
        "ink-mini",
        {
            "train_data_dir": arguments.work,
            "output_dir": output,
            "resolution": 64,
            "sample_stride": 1,
            "train_batch_size": 2,
            "max_train_steps": arguments.steps,
            "learning_rate": 1e-3,
            "lr_scheduler": "constant",
            "lr_warmup_steps": 0,
            "logging_steps": 1,
            "checkpointing_steps": arguments.steps,
            "contrastive_until": 1.0,  # a share of the steps, which a stop makes others
            "validation_prompt": [],
            "report_to": "none",
            **change,
        },
    )


def weights(settings: TrainSettings) -> dict[str, Tensor]:
    """What the newest checkpoint holds of them."""
    state = load_file(checkpoints(settings.output_dir)[-1] / TENSORS)
    return {name: value for name, value in state.items() if name.startswith("weights/")}


def distance(left: dict[str, Tensor], right: dict[str, Tensor]) -> float:
    return float(torch.stack([(left[name] - right[name]).norm() for name in left]).norm())


def figures_of(
    arguments: argparse.Namespace, name: str, change: dict[str, Any]
) -> dict[str, float]:
    """Of one way: seconds, first and last loss, and `apart`."""

    def run(folder: str, *stops: int) -> TrainSettings:
        settings = settings_of(arguments, arguments.out / name.replace(" ", "-") / folder, change)
        for stop in stops:
            AcceleratorState._reset_state(True)  # a format of its own, as in a process of its own
            part = settings.model_copy(update={"max_train_steps": stop})
            train(part, prepare=from_store(arguments.work))
        return settings

    started = time.monotonic()
    straight = run("straight", arguments.steps)
    seconds = time.monotonic() - started
    stopped = run("stopped", arguments.steps // 2, arguments.steps)
    start = run("start", 1)
    losses = [row["loss_diff"] for row in read_log(straight.output_dir) if "loss_diff" in row]
    went = distance(weights(straight), weights(start))
    return {
        "s": seconds,
        "first loss": losses[0],
        "last loss": losses[-1],
        "apart": distance(weights(straight), weights(stopped)) / went,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    arguments = parser.parse_args()
    arguments.work = arguments.out / "clips"
    arguments.work.mkdir(parents=True, exist_ok=True)
    if not (arguments.work / "facts.json").is_file():
        few = {"side": 64, "workers": 2, "held_out": 1, "paint": 60, "clips": 4}
        store(*paint(argparse.Namespace(**few)), arguments.work)
    figures: dict[str, object] = {"steps": arguments.steps}
    failed = []
    for name in arguments.ways:
        change = WAYS[name]
        needs_gpu = change.get("mixed_precision") == "fp16" or "cuda_graph" in change
        if needs_gpu and not torch.cuda.is_available():
            continue
        try:
            found = figures_of(arguments, name, change)
        except Exception as error:  # the other ways go on
            found = {}
            figures[f"{name}, failed"] = f"{type(error).__name__}: {error}"
        figures |= {f"{name}, {what}": value for what, value in found.items()}
        if not found.get("apart", 1.0) <= MOST:
            failed.append(name)
        report("ways_to_train", figures)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
