"""How fast a training step of ink-mini's base is, in each form it can be computed in.

    python benchmarks/base_step.py [--batch 512] [--steps 30] [--limit 170] [--toy]
    python benchmarks/base_step.py --limit 400 --forms graph compiled compiled-last

Random latents and tokens; text encoder, U-Net, loss, backward, clipping, AdamW and the moving
average, as `python -m conclvd.pretrain base` does them. Every form runs in a process of its own:
one that fails, or takes too long, is reported and leaves the others alone. "start s": the first
three steps, with choosing, compiling and capturing. "host ms": what the processor needs to start a
step; where it is near "ms", the GPU waits for the processor. "loss": of the last step, from equal
weights and pictures: it should hardly differ. Then what the GPU does in a step, and encoding 96
clips.
"""

from __future__ import annotations

import argparse
import multiprocessing
import queue
import time
from collections.abc import Callable
from typing import Any

from conclvd.pretrain.sizes import INK_MINI, TOY
from conclvd.pretrain.step_form import STEP_FORMS
from report import report

Figures = dict[str, object]
FAST = [name for name, form in STEP_FORMS.items() if not form.compile]


def measure_form(name: str, given: argparse.Namespace, tell: Callable[[Figures], None]) -> None:
    """Time a form, then tell what its kernels are."""
    import torch

    from kernel_times import kernels_of
    from step_run import StepRun, wait_for_gpu

    step = StepRun(name, given.batch, TOY if given.toy else INK_MINI)
    began = time.perf_counter()
    for _ in range(3):
        step()
    wait_for_gpu()
    figures: Figures = {"start s": time.perf_counter() - began}
    began = time.perf_counter()
    for _ in range(given.steps):
        losses = step()
    figures["host ms"] = 1000 * (time.perf_counter() - began) / given.steps
    wait_for_gpu()
    figures["ms"] = 1000 * (time.perf_counter() - began) / given.steps
    figures["loss"] = losses.loss.item()
    if torch.cuda.is_available():
        figures["peak GiB"] = torch.cuda.max_memory_reserved() / 2**30
    if step.gradients.failure:
        figures["failure"] = step.gradients.failure
    tell(figures)
    tell(figures | {"kernels": kernels_of(step, wait_for_gpu)})


def measure_encoding(name: str, given: argparse.Namespace, tell: Callable[[Figures], None]) -> None:
    """Time the encoding of clips as a refresh does it."""
    from step_run import encoding

    tell(encoding(TOY if given.toy else INK_MINI, half=name.endswith("bf16")))


def work_apart(name: str, given: argparse.Namespace, said: Any) -> None:
    """In a process of its own: measure; a failure is told like a figure. Ends with None."""
    measure = measure_encoding if name.startswith("encoding") else measure_form
    last: Figures = {}

    def tell(figures: Figures) -> None:
        last.update(figures)
        said.put(figures)

    try:
        measure(name, given, tell)
    except Exception as error:  # whatever it is, the other forms go on
        said.put(last | {"failure": f"{type(error).__name__}: {error}"[:300]})
    said.put(None)


def measured(name: str, given: argparse.Namespace, seconds: float) -> Figures:
    """The last figures that a process of its own tells within so many seconds."""
    context = multiprocessing.get_context("spawn")  # a fork could not use the GPU
    said: Any = context.Queue()
    process = context.Process(target=work_apart, args=(name, given, said), daemon=True)
    process.start()
    row: Figures = {}
    until = time.monotonic() + seconds
    while True:
        try:
            told = said.get(timeout=1)
        except queue.Empty:
            if not process.is_alive():
                row["failure"] = f"its process ended with code {process.exitcode}"
            elif time.monotonic() > until:
                row["failure"] = f"stopped after {seconds:.0f} s"
            else:
                continue
            break
        if told is None:
            break
        row = told
    process.kill()
    process.join()
    return row


def show(name: str, row: Figures) -> None:
    """Print a form's row, and its kernels under it."""
    flat = {key: value for key, value in row.items() if key != "kernels"}
    shown = (f"{k} {v:.4g}" if isinstance(v, float) else f"{k}: {v}" for k, v in flat.items())
    print(f"{name:>18}  " + "  ".join(shown), flush=True)
    kernels = row.get("kernels")
    if isinstance(kernels, dict):
        told = (f"{k} {v}" for k, v in kernels.items() if k != "longest")
        print(" " * 20 + "; ".join(told), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--forms", nargs="+", choices=STEP_FORMS, default=FAST)
    parser.add_argument("--limit", type=float, default=170, help="seconds for all of it")
    parser.add_argument("--toy", action="store_true", help="tiny sizes, for a CPU")
    given = parser.parse_args()
    until = time.monotonic() + given.limit
    rows: dict[str, object] = {"batch": given.batch}
    for name in ("encoding, autocast", "encoding, bf16", *given.forms):
        row = measured(name, given, max(1.0, until - time.monotonic()))
        show(name, row)
        rows[name] = row
    report("base_step", rows)


if __name__ == "__main__":
    main()
