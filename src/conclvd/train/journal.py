"""What a run says of itself: log.jsonl, one JSON object a line, and TensorBoard and wandb."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module, util
from pathlib import Path

from accelerate import Accelerator

from conclvd.errors import TrainingError
from conclvd.train.checkpoint import disk_errors
from conclvd.train.log import Log, Row, read_rows, write_rows
from conclvd.train.settings import TrainSettings

LOG = "log.jsonl"


def trackers(report_to: str) -> list[str]:
    """The trackers that a run reports to: TensorBoard always, but for "none".

    Raises TrainingError for one that is not installed.
    """
    names = {"none": [], "tensorboard": ["tensorboard"]}.get(report_to, ["tensorboard", "wandb"])
    for name in names:
        if util.find_spec(name) is None:
            raise TrainingError(
                f"report_to {report_to} needs {name}: pip install {name}, or choose "
                "--report-to none (log.jsonl is written anyway)"
            )
    return names


def log_in(settings: TrainSettings) -> None:
    """Log in to wandb where the run reports to it; in a terminal wandb asks for a key it lacks.

    Raises TrainingError when it gets none and is not told to stay offline.
    """
    if "wandb" in trackers(settings.report_to):
        with _wandb_errors(settings):
            import_module("wandb").login()


@contextmanager
def _wandb_errors(settings: TrainSettings) -> Iterator[None]:
    wandb = "wandb" in trackers(settings.report_to)
    kinds = (import_module("wandb").Error,) if wandb else ()
    try:
        yield
    except kinds as error:
        reason = str(error).rstrip(".")
        raise TrainingError(
            f"wandb does not start: {reason}; run `wandb login`, set WANDB_MODE=offline, or "
            "choose --report-to tensorboard"
        ) from error


class Journal:
    """Appends to `output_dir/log.jsonl` and to the trackers, on the main process alone.

    A run that goes on from the checkpoint `resumed`, of `first_step`, has the lines up to it. Later
    ones will be made again; `others`, the checkpoints of a branch that is left, keep that branch's
    log, with which a run goes on from there.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        settings: TrainSettings,
        resumed: Path | None,
        others: Sequence[Path],
        *,
        first_step: int,
    ) -> None:
        output = settings.output_dir
        self._accelerator = accelerator
        if not accelerator.is_main_process:
            return
        kept, back = list[Row](), False
        if resumed:
            for other in others:
                if not (other / LOG).is_file():
                    write_rows(other / LOG, read_log(output))
            back = (resumed / LOG).is_file()
            rows = read_log(resumed if back else output)
            # what changed with an earlier start from this checkpoint, this start tells anew
            kept = [r for r in rows if r["step"] < first_step + ("settings" not in r)]
        self._log = Log(output / LOG, kept)
        if accelerator.log_with:
            self._start_trackers(settings, 0 if back else first_step + 1)
            for row in kept if back else []:
                figures = {k: v for k, v in row.items() if isinstance(v, float) and k != "seconds"}
                accelerator.log(figures, step=row["step"])

    def _start_trackers(self, settings: TrainSettings, purge_step: int) -> None:
        flat = json.loads(settings.model_dump_json())
        plain = {k: v if isinstance(v, int | float | str) else str(v) for k, v in flat.items()}
        output = settings.output_dir
        with _wandb_errors(settings), disk_errors(output):
            self._accelerator.init_trackers(
                "conclvd",
                config=plain,
                init_kwargs={
                    "tensorboard": {"purge_step": purge_step},
                    # its own choice is the current folder, and a name out of two random words
                    "wandb": {"dir": str(output), "name": output.name},
                },
            )

    def write(self, step: int, values: dict[str, float], **text: str | list[str]) -> None:
        """Log the figures of a step, and texts such as names of files beside them."""
        if not self._accelerator.is_main_process:
            return
        self._log.write(step=step, **values, **text)
        if self._accelerator.log_with:
            with disk_errors(self._log.path):
                self._accelerator.log(values, step=step)


def read_log(output: Path) -> list[Row]:
    """The lines of the log of the run in `output`."""
    return read_rows(output / LOG)


def missing(output: Path, step: int) -> tuple[bool, bool]:
    """Whether the log lacks the held-out figures, and the clips, of a step that had to have them.

    Of step 0, from which a log begins, there are none yet, and clips are never made.
    """
    if step == 0:
        return True, False
    rows = [row for row in read_log(output) if row["step"] == step]
    measured = any(name.startswith("held_out_") for row in rows for name in row)
    return not measured, not any("clips" in row for row in rows)
